// The journal: bounded whatever comes, counted with what it belongs to, and there again after a restart.
#include <gmock/gmock.h>

#include "ledger_fixture.h"

namespace garner::ledger {
namespace {

const std::vector<SourceId> kIds = samples::sky(2'000, samples::kSkyPixels, 1);

JournalEntry failed(std::uint32_t block, const std::string& reason, std::int64_t at_s = 1'790'000'000) {
  JournalEntry entry;
  entry.at_s = at_s;
  entry.text = reason + " (in full)";
  entry.next = "tried again after 41 s";
  entry.attempt = Attempt{1, block, 100, SourceId{1000}, SourceId{1099}, Route::Job};
  entry.trouble = Trouble{"overloaded", Against::Archive, reason};
  return entry;
}

JournalEntry event(const std::string& text) {
  JournalEntry entry;
  entry.at_s = 1'790'000'000;
  entry.text = text;
  return entry;
}

std::vector<std::string> texts(const std::vector<JournalEntry>& entries) {
  std::vector<std::string> out;
  for (const auto& entry : entries) out.push_back(entry.text);
  return out;
}

TEST(Journal, EntriesAndReasonsSurviveTheirBytes) {
  for (const auto& entry : {failed(7, "pool empty"), event("paused by ada")}) {
    const auto back = decode_entry(encode(entry));
    ASSERT_TRUE(back) << back.error().detail;
    EXPECT_EQ(*back, entry);
  }
  const Reason reason{"suspect", "HTTP 500", Against::Chunk, 3, 1, 2, "HTTP 500: null", failed(1, "").attempt};
  EXPECT_EQ(decode_reason(encode(reason)).value(), reason);
}

TEST(Journal, CutOrChangedBytesAreCorruptAndNeverRead) {
  const std::string bytes = encode(failed(7, "pool empty"));
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_entry(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode_entry(bytes + "x"));
  std::string flags = bytes;
  flags[0] = 0x7F;
  EXPECT_FALSE(decode_entry(flags));
}

TEST(Journal, CountsOneReasonInOneRow) {
  Journal journal;
  for (int i = 0; i < 5; ++i) journal.add(failed(7, "pool empty", 100 + i));
  journal.add(failed(8, "no such file"));
  ASSERT_EQ(journal.reasons().size(), 2u);
  const Reason& first = journal.reasons()[0];
  EXPECT_EQ(first.count, 5u);
  EXPECT_EQ(first.first_s, 100);
  EXPECT_EQ(first.last_s, 104);
  EXPECT_EQ(first.text, "pool empty (in full)");
}

TEST(Journal, TheExampleOfAReasonIsWhoWasAskedForAlone) {
  Journal journal;
  journal.add(failed(7, "null"));
  auto alone = failed(8, "null");
  alone.attempt->ids = 1;
  alone.attempt->first = alone.attempt->last = SourceId{4711};
  alone.text = "null, of one";
  journal.add(alone);
  journal.add(failed(9, "null"));
  ASSERT_EQ(journal.reasons().size(), 1u);
  EXPECT_EQ(journal.reasons()[0].count, 3u);
  EXPECT_EQ(journal.reasons()[0].text, "null, of one");
  EXPECT_EQ(journal.reasons()[0].attempt, alone.attempt);
  alone.attempt->first = alone.attempt->last = SourceId{4712};
  journal.add(alone);
  EXPECT_EQ(journal.reasons()[0].attempt->first, SourceId{4711}) << "the first of them stays";
}

TEST(Journal, KeepsSoManyReasonsAndOneRowForAllOthers) {
  Journal journal;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 500; ++i) journal.add(failed(7, fmt::format("reason {}", i)));
  }
  ASSERT_EQ(journal.reasons().size(), Journal::kReasonsMost + 1);
  EXPECT_EQ(journal.reasons().front().count, 2u);
  EXPECT_EQ(journal.reasons().back().reason, "other reasons");
  EXPECT_EQ(journal.reasons().back().count, 2 * (500 - Journal::kReasonsMost));
}

TEST(Journal, LetsTheOldestRowsGo) {
  Journal journal;
  std::map<std::pair<Journal::Part, std::uint64_t>, std::string> rows;
  for (std::uint64_t i = 0; i < Journal::kAttemptsMost + 100; ++i) {
    for (auto& change : journal.add(failed(static_cast<std::uint32_t>(i), "pool empty"))) {
      if (change.bytes)
        rows[{change.part, change.row}] = *change.bytes;
      else
        rows.erase({change.part, change.row});
    }
  }
  EXPECT_EQ(rows.size(), Journal::kAttemptsMost + 1);  // and a reason
  EXPECT_EQ(rows.begin()->first.second, 100u);
}

TEST(Journal, BoundsEveryText) {
  Journal journal;
  auto entry = failed(7, std::string(100'000, 'x'));
  entry.text = std::string(100'000, 'y');
  std::size_t bytes = 0;
  for (const auto& change : journal.add(entry)) bytes += change.bytes->size();
  EXPECT_LT(bytes, 2000u);
}

TEST_F(LedgerTest, AnAttemptIsWrittenWithItsChunkAndReadBackAfterARestart) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  ChunkRecord record;
  record.requests = 1;
  record.last_error = "pool empty (in full)";
  const auto entry = failed(3, "pool empty");
  ASSERT_TRUE(ledger->settle({harvest.no, 1, 3}, record, delta_between({}, record, 100), {}, &entry));
  ASSERT_TRUE(ledger->note(harvest.no, event("paused by ada")));
  for (int round = 0; round < 2; ++round) {
    const auto all = ledger->journal(harvest.no, {});
    ASSERT_TRUE(all) << all.error().detail;
    EXPECT_THAT(texts(*all), testing::ElementsAre("pool empty (in full)", "paused by ada"));
    EXPECT_EQ((*all)[0].attempt, entry.attempt);
    const auto reasons = ledger->reasons(harvest.no);
    ASSERT_TRUE(reasons);
    ASSERT_EQ(reasons->size(), 1u);
    EXPECT_EQ((*reasons)[0].count, 1u);
    reopen();
  }
  ASSERT_TRUE(ledger->note(harvest.no, event("resumed by ada")));
  const auto newest = ledger->journal(harvest.no, {.block = {}, .type = {}, .most = 1});
  EXPECT_THAT(texts(*newest), testing::ElementsAre("resumed by ada"));
}

TEST_F(LedgerTest, TheJournalIsReadByChunkByTypeAndFromAPlaceOn) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  const auto other = add_harvest(*ledger, "other", kIds);
  for (std::uint32_t block = 0; block < 10; ++block)
    ASSERT_TRUE(ledger->note(harvest.no, failed(block % 2, fmt::format("reason {}", block))));
  ASSERT_TRUE(ledger->note(other.no, failed(0, "not ours")));
  EXPECT_EQ(ledger->journal(harvest.no, {.block = 1, .type = {}})->size(), 5u);
  EXPECT_EQ(ledger->journal(harvest.no, {.block = 1, .type = 0})->size(), 0u);
  const auto all = ledger->journal(harvest.no, {.block = {}, .type = 1, .most = 4}).value();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all.back().text, "reason 9 (in full)");
  EXPECT_EQ(ledger->journal(harvest.no, {.block = {}, .type = {}, .after = all[1].order})->size(), 2u);
}

TEST_F(LedgerTest, AFailedWriteCountsNothing) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  ChunkRecord wrong;
  wrong.outcomes.resize(3);  // not as many as the chunk has ids
  const auto entry = failed(3, "pool empty");
  EXPECT_FALSE(ledger->settle({harvest.no, 1, 3}, wrong, {}, {}, &entry));
  EXPECT_TRUE(ledger->reasons(harvest.no)->empty());
  EXPECT_TRUE(ledger->journal(harvest.no, {})->empty());
}

TEST_F(LedgerTest, AnAnnouncedHarvestKeepsItsJournalWhenItsSourcesCome) {
  HarvestRecord record;
  record.name = "by-query";
  record.manifest = "harvest: by-query";
  record.retrieval_types = {"RVS"};
  record.chunk_size = 100;
  const auto announced = ledger->announce(record).value();
  ASSERT_TRUE(ledger->note(announced.no, event("submitted")));
  ASSERT_TRUE(ledger->note(announced.no, failed(0, "pool empty")));
  auto intake = std::move(*ledger->begin_intake(100));
  ASSERT_TRUE(intake->add(kIds));
  const auto harvest = intake->commit(announced);
  ASSERT_TRUE(harvest) << harvest.error().detail;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ledger->journal(harvest->no, {})->size(), 2u);
    EXPECT_EQ(ledger->reasons(harvest->no)->size(), 1u);
    reopen();
  }
  ASSERT_TRUE(ledger->note(harvest->no, event("finished")));
  EXPECT_THAT(texts(*ledger->journal(harvest->no, {})),
              testing::ElementsAre("submitted", "pool empty (in full)", "finished"));
}

TEST_F(LedgerTest, ARemovedHarvestLeavesNoJournal) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  ASSERT_TRUE(ledger->note(harvest.no, failed(0, "pool empty")));
  ASSERT_TRUE(ledger->remove(harvest.no));
  EXPECT_EQ(ledger->note(harvest.no, event("too late")).error().kind, Kind::NotFound);
  EXPECT_EQ(ledger->journal(harvest.no, {}).error().kind, Kind::NotFound);
}

}  // namespace
}  // namespace garner::ledger
