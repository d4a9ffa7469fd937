// What the ledger keeps and gives back.
#include <gmock/gmock.h>

#include "ledger_fixture.h"

namespace garner::ledger {
namespace {

using ::testing::HasSubstr;

const std::vector<SourceId> kIds = samples::sky(1234, samples::kSkyPixels, 1);

TEST_F(LedgerTest, RemembersWhichArchivesRestUntilTheyAreWell) {
  EXPECT_TRUE(ledger->rests().value().empty());
  const ArchiveRest gaia{"gaia", 1'700'000'000, 1'700'003'600, "HTTP 429: later"};
  const ArchiveRest other{"other", 1'700'000'001, 0, "down"};
  ASSERT_TRUE(ledger->keep_rest({"gaia", 1, 2, "replaced"}));
  ASSERT_TRUE(ledger->keep_rest(gaia));
  ASSERT_TRUE(ledger->keep_rest(other));
  reopen();
  EXPECT_EQ(ledger->rests().value(), (std::vector{gaia, other}));
  ASSERT_TRUE(ledger->keep_rest({"gaia"}));
  ASSERT_TRUE(ledger->keep_rest({"never known"}));
  reopen();
  EXPECT_EQ(ledger->rests().value(), std::vector{other});
  EXPECT_TRUE(ledger->harvests().value().empty());
}

TEST_F(LedgerTest, GivesBackHarvestsIdsAndChunksAfterReopening) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  EXPECT_EQ(harvest.blocks, 13U);
  EXPECT_EQ(harvest.sources, kIds.size());
  auto updated = harvest;
  updated.state = HarvestState::Paused;
  updated.reason = "the user said so";
  updated.finished_s = 7;
  ASSERT_TRUE(ledger->update(updated));
  const auto settled = samples::delivered(100, 9);
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 1, 4}, settled));
  reopen();
  const auto harvests = ledger->harvests().value();
  ASSERT_EQ(harvests.size(), 1U);
  EXPECT_EQ(harvests[0].no, harvest.no);
  EXPECT_EQ(harvests[0].name, "bright");
  EXPECT_EQ(harvests[0].manifest, record_named("").manifest);
  EXPECT_EQ(harvests[0].manifest_hash, record_named("").manifest_hash);
  EXPECT_EQ(harvests[0].retrieval_types, record_named("").retrieval_types);
  EXPECT_EQ(harvests[0].output_directory, "/srv/data/x");
  EXPECT_EQ(harvests[0].duplicates, 3U);
  EXPECT_EQ(harvests[0].refused, 2U);
  EXPECT_EQ(harvests[0].submitter_uid, 1000U);
  EXPECT_EQ(harvests[0].submitter_gid, 100U);
  EXPECT_EQ(harvests[0].submitted_s, 1'700'000'000);
  EXPECT_EQ(harvests[0].finished_s, 7);
  EXPECT_EQ(harvests[0].state, HarvestState::Paused);
  EXPECT_EQ(harvests[0].reason, "the user said so");
  EXPECT_EQ(harvests[0].data_structure, "INDIVIDUAL");
  std::vector<SourceId> all;
  for (std::uint32_t block = 0; block < 13; ++block) {
    const auto ids = ledger->ids(harvest.no, block).value();
    EXPECT_EQ(ids.size(), ids_in(harvest, block));
    all.insert(all.end(), ids.begin(), ids.end());
  }
  EXPECT_EQ(all, kIds);
  EXPECT_EQ(ledger->chunk({harvest.no, 1, 4}).value(), settled);
  EXPECT_EQ(ledger->chunk({harvest.no, 0, 4}).value(), ChunkRecord{});
  EXPECT_EQ(ledger->counters(harvest.no).value()[1].delivered, 100U);
  EXPECT_EQ(ledger->counters(harvest.no).value()[0].requested, kIds.size());
}

HarvestRecord announced_named(const std::string& name) {
  auto record = record_named(name);
  record.chunk_size = 100;
  return record;
}

TEST_F(LedgerTest, AnAnnouncedHarvestIsThereWithoutIdsUntilAnIntakeTakesItsPlace) {
  auto announced = must_take(ledger->announce(announced_named("by-query")));
  announced.source_job = "http://tap/async/7";
  announced.source_job_last = 99;
  ASSERT_TRUE(ledger->update(announced));
  reopen();
  auto harvests = ledger->harvests().value();
  ASSERT_EQ(harvests.size(), 1U);
  EXPECT_TRUE(harvests[0].wants_sources());
  EXPECT_EQ(harvests[0].source_job, "http://tap/async/7");
  EXPECT_EQ(harvests[0].source_job_last, 99U);
  EXPECT_EQ(ledger->counters(announced.no).value()[0].requested, 0U);
  EXPECT_FALSE(ledger->announce(announced_named("by-query")));

  auto intake = ledger->begin_intake(100).value();
  ASSERT_TRUE(intake->add(kIds));
  const auto kept = must_take(intake->commit(harvests[0]));
  EXPECT_NE(kept.no, announced.no);
  EXPECT_FALSE(ledger->counters(announced.no));
  reopen();
  harvests = ledger->harvests().value();
  ASSERT_EQ(harvests.size(), 1U);
  EXPECT_EQ(harvests[0].no, kept.no);
  EXPECT_EQ(harvests[0].sources, kIds.size());
  EXPECT_EQ(ledger->counters(kept.no).value()[1].requested, kIds.size());
}

TEST_F(LedgerTest, AnIntakeThatIsNotCommittedLeavesTheAnnouncedHarvest) {
  const auto announced = must_take(ledger->announce(announced_named("by-query")));
  {
    auto intake = ledger->begin_intake(100).value();
    ASSERT_TRUE(intake->add(kIds));
  }
  reopen();
  const auto harvests = ledger->harvests().value();
  ASSERT_EQ(harvests.size(), 1U);
  EXPECT_EQ(harvests[0].no, announced.no);
  ASSERT_TRUE(ledger->remove(announced.no));
  EXPECT_TRUE(ledger->harvests().value().empty());
  // Removed while its ids were on their way: they come too late.
  auto late = ledger->begin_intake(100).value();
  ASSERT_TRUE(late->add(kIds));
  EXPECT_FALSE(late->commit(announced));
}

TEST_F(LedgerTest, CutsTheSameBlocksHoweverTheIdsCome) {
  const auto whole = add_harvest(*ledger, "whole", kIds);
  auto intake = ledger->begin_intake(100).value();
  std::mt19937_64 random(4);
  for (std::size_t at = 0; at < kIds.size();) {
    const auto part = std::min<std::size_t>(random() % 250, kIds.size() - at);
    ASSERT_TRUE(intake->add(std::span(kIds).subspan(at, part)));
    at += part;
  }
  const auto pieces = must_take(intake->commit(record_named("pieces")));
  for (std::uint32_t block = 0; block < whole.blocks; ++block)
    EXPECT_EQ(ledger->ids(whole.no, block).value(), ledger->ids(pieces.no, block).value());
}

TEST_F(LedgerTest, ForgetsAnIntakeThatIsDroppedAndNeverReusesItsNumber) {
  {
    auto intake = ledger->begin_intake(100).value();
    ASSERT_TRUE(intake->add(kIds));
    ASSERT_TRUE(intake->add_refused({"ids.txt line 1", "x", "no number"}));
  }
  EXPECT_TRUE(ledger->harvests()->empty());
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_THAT(entry.path().filename().string(), ::testing::Not(HasSubstr("intake-")));
  const auto second = add_harvest(*ledger, "second", kIds);
  EXPECT_EQ(second.no, 2U);
  EXPECT_FALSE(ledger->ids(1, 0));
  reopen();
  EXPECT_EQ(add_harvest(*ledger, "third", kIds).no, 3U);
}

TEST_F(LedgerTest, RefusesATakenNameAndKeepsTheFirst) {
  const auto first = add_harvest(*ledger, "bright", kIds);
  {
    auto intake = ledger->begin_intake(50).value();
    ASSERT_TRUE(intake->add(std::span(kIds).first(10)));
    const auto second = intake->commit(record_named("bright"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Kind::Conflict);
    EXPECT_THAT(second.error().detail, HasSubstr("bright"));
  }
  reopen();
  EXPECT_EQ(ledger->harvests()->size(), 1U);
  EXPECT_EQ(ledger->ids(first.no, 12)->size(), 34U);
}

TEST_F(LedgerTest, RefusesAnEmptyIdListAndChunkSizesOutOfRange) {
  auto intake = ledger->begin_intake(100).value();
  ASSERT_TRUE(intake->add({}));
  EXPECT_EQ(intake->commit(record_named("empty")).error().kind, Kind::Invalid);
  EXPECT_EQ(ledger->begin_intake(0).error().kind, Kind::Invalid);
  EXPECT_EQ(ledger->begin_intake(UINT32_MAX).error().kind, Kind::Invalid);
}

TEST_F(LedgerTest, RefusesIdsThatDoNotRise) {
  auto intake = ledger->begin_intake(100).value();
  ASSERT_TRUE(intake->add(std::vector<SourceId>{{5}, {6}}));
  EXPECT_EQ(intake->add(std::vector<SourceId>{{6}}).error().kind, Kind::Internal);
  EXPECT_EQ(ledger->begin_intake(9).value()->add(std::vector<SourceId>{{9}, {8}}).error().kind, Kind::Internal);
  EXPECT_EQ(ledger->begin_intake(9).value()->add(std::vector<SourceId>{{kMaxSourceId + 1}}).error().kind,
            Kind::Internal);
}

TEST_F(LedgerTest, CommitsNoListThatLostIdsOnItsWay) {
  auto intake = ledger->begin_intake(100).value();
  ASSERT_TRUE(intake->add(std::span(kIds).first(500)));
  EXPECT_FALSE(intake->add(std::span(kIds).first(1)));
  EXPECT_FALSE(intake->add(std::span(kIds).subspan(500)));
  EXPECT_EQ(intake->commit(record_named("bright")).error().kind, Kind::Internal);
}

TEST_F(LedgerTest, FindsTheBlockOfAnIdAndNoneForStrangers) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  for (std::size_t i = 0; i < kIds.size(); i += 7) EXPECT_EQ(ledger->find_block(harvest.no, kIds[i]).value(), i / 100);
  EXPECT_EQ(ledger->find_block(harvest.no, {kIds.front().value - 1}).value(), std::nullopt);
  EXPECT_EQ(ledger->find_block(harvest.no, {kIds[150].value + 1}).value(), std::nullopt);
  EXPECT_EQ(ledger->find_block(harvest.no, {kMaxSourceId}).value(), std::nullopt);
  EXPECT_EQ(ledger->find_block(99, kIds[0]).error().kind, Kind::NotFound);
}

TEST_F(LedgerTest, PagesThroughRefusedRows) {
  auto intake = ledger->begin_intake(100).value();
  for (int i = 0; i < 300; ++i)
    ASSERT_TRUE(intake->add_refused({fmt::format("ids.txt line {}", i), "abc", "not a number"}));
  ASSERT_TRUE(intake->add(kIds));
  const auto harvest = must_take(intake->commit(record_named("bright")));
  add_harvest(*ledger, "neighbour", kIds);
  std::vector<std::string> page;
  ASSERT_TRUE(ledger->refused(harvest.no, 256, [&](const RefusedRow& row) {
    page.push_back(row.where);
    return page.size() < 20;
  }));
  ASSERT_EQ(page.size(), 20U);
  EXPECT_EQ(page.front(), "ids.txt line 256");
  EXPECT_EQ(page.back(), "ids.txt line 275");
  int rest = 0;
  ASSERT_TRUE(ledger->refused(harvest.no, 290, [&](const RefusedRow&) { return ++rest > 0; }));
  EXPECT_EQ(rest, 10);
}

TEST_F(LedgerTest, RemoveForgetsEverythingOfOneHarvestOnly) {
  const auto first = add_harvest(*ledger, "first", kIds);
  const auto second = add_harvest(*ledger, "second", kIds);
  for (const auto& harvest : {first, second})
    ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 2}, samples::delivered(100, 2)));
  ASSERT_TRUE(ledger->remove(first.no));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ledger->harvests()->size(), 1U);
    EXPECT_EQ(ledger->ids(first.no, 0).error().kind, Kind::NotFound);
    EXPECT_EQ(ledger->chunk({first.no, 0, 2}).error().kind, Kind::NotFound);
    EXPECT_EQ(ledger->settle({first.no, 0, 2}, {}, {}).error().kind, Kind::NotFound);
    EXPECT_EQ(ledger->counters(first.no).error().kind, Kind::NotFound);
    EXPECT_EQ(ledger->remove(first.no).error().kind, Kind::NotFound);
    EXPECT_EQ(ledger->ids(second.no, 3).value(), (std::vector<SourceId>(kIds.begin() + 300, kIds.begin() + 400)));
    EXPECT_EQ(ledger->chunk({second.no, 0, 2}).value(), samples::delivered(100, 2));
    reopen();
  }
  EXPECT_EQ(add_harvest(*ledger, "first", kIds).no, 3U);
}

TEST_F(LedgerTest, ScansFromABlockOnInOrderUntilToldToStop) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  for (const std::uint32_t block : {9U, 2U, 5U, 12U})
    ASSERT_TRUE(
        move_chunk(*ledger, harvest, {harvest.no, 0, block}, samples::delivered(ids_in(harvest, block), block)));
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 1, 6}, samples::delivered(100, 6)));
  std::vector<std::uint32_t> seen;
  ASSERT_TRUE(ledger->scan(harvest.no, 0, 3, [&](std::uint32_t block, const ChunkRecord& record) {
    EXPECT_EQ(record, samples::delivered(ids_in(harvest, block), block));
    seen.push_back(block);
    return seen.size() < 2;
  }));
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{5, 9}));
}

TEST_F(LedgerTest, KnowsDoneBlocksFromHalfDoneOnesAndFromThoseThatHoldOnlyEmpties) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  auto half = samples::delivered(100, 1);
  half.outcomes[50] = Outcome::Pending;
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 1}, half));
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 2}, samples::delivered(100, 2)));
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 12}, samples::delivered(34, 3)));
  auto empty = half;
  empty.empties = {50};
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 4}, empty));
  empty.blocked = true;
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 5}, empty));
  std::vector<bool> done(13), only_empties(13);
  done[2] = done[12] = true;
  only_empties[4] = true;
  const auto states = ledger->block_states(harvest.no, 0, 13).value();
  EXPECT_EQ(states.done, done);
  EXPECT_EQ(states.only_empties, only_empties);
  EXPECT_EQ(ledger->block_states(harvest.no, 1, 13)->done, std::vector<bool>(13));
  EXPECT_EQ(ledger->counters(harvest.no).value()[0].empty, 2U);
  EXPECT_EQ(ledger->counters(harvest.no).value()[0].chunks_done, 2U);
}

TEST_F(LedgerTest, NamesTheJobsThatWereLeftUntilTheyAreForgotten) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  const auto other = add_harvest(*ledger, "other", kIds);
  for (const char* job : {"https://a.example/async/2", "https://a.example/async/1", "https://a.example/async/3"})
    ASSERT_TRUE(ledger->settle({harvest.no, 0, 0}, {}, {}, job));
  ASSERT_TRUE(ledger->settle({harvest.no, 1, 0}, {}, {}));
  ASSERT_TRUE(ledger->settle({other.no, 0, 0}, {}, {}, "https://a.example/async/4"));
  ASSERT_TRUE(ledger->job_forgotten(harvest.no, "https://a.example/async/2"));
  ASSERT_TRUE(ledger->job_forgotten(harvest.no, "https://a.example/async/unknown"));
  reopen();
  const std::vector<std::string> left = {"https://a.example/async/1", "https://a.example/async/3"};
  EXPECT_EQ(ledger->jobs_left(harvest.no, 10).value(), left);
  EXPECT_EQ(ledger->jobs_left(harvest.no, 1).value(), std::vector{left[0]});
  ASSERT_TRUE(ledger->remove(harvest.no));
  EXPECT_EQ(ledger->jobs_left(harvest.no, 10).error().kind, Kind::NotFound);
  EXPECT_EQ(ledger->jobs_left(other.no, 10).value().size(), 1U);
}

TEST_F(LedgerTest, SettlesChunksAndTilesTogetherOrNotAtAll) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  ChunkRecord record;
  record.attempts = 3;
  const ChunkChange chunk{{harvest.no, 1, 0}, record, {.bytes_stored = 500}, "https://example.org/async/7"};
  const TileChange tile{{harvest.no, 1, 4}, {.packs = {}, .rows = 2, .bytes = 300, .hash = {}}, -120};
  const TileChange nowhere{{harvest.no, 7, 4}, {}, 0};
  const TileChange too_much{{harvest.no, 1, 5}, {}, -1000};
  for (const auto& bad : {nowhere, too_much}) {
    const std::array tiles{tile, bad};
    EXPECT_EQ(ledger->settle_together({&chunk, 1}, tiles).error().kind, Kind::Internal);
    EXPECT_EQ(ledger->chunk(chunk.key).value(), ChunkRecord{});
    EXPECT_EQ(ledger->tile(tile.key).value(), std::nullopt);
    EXPECT_EQ(ledger->counters(harvest.no).value()[1].bytes_stored, 0U);
  }
  ASSERT_TRUE(ledger->settle_together({&chunk, 1}, {&tile, 1}));
  reopen();
  EXPECT_EQ(ledger->chunk(chunk.key).value(), record);
  EXPECT_EQ(ledger->tile(tile.key).value(), tile.record);
  EXPECT_EQ(ledger->counters(harvest.no).value()[1].bytes_stored, 380U);
  EXPECT_EQ(ledger->jobs_left(harvest.no, 5).value(), std::vector<std::string>{chunk.job_left});
}

TEST_F(LedgerTest, KeepsTheTilesOfEachTypeInOrder) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  const auto other = add_harvest(*ledger, "other", kIds);
  TileRecord record{.generation = 1,
                    .first_block = 3,
                    .packs = {1, 1, 2},
                    .rows = UINT32_MAX + 5ull,
                    .bytes = 1ull << 40,
                    .hash = {}};
  record.hash.fill(0xA5);
  EXPECT_EQ(ledger->tile({harvest.no, 1, 4}).value(), std::nullopt);
  for (const std::uint64_t tile : {196'607U, 4U, 300U}) ASSERT_TRUE(ledger->settle_tile({harvest.no, 1, tile}, record));
  ASSERT_TRUE(ledger->settle_tile({harvest.no, 0, 5}, record));
  ASSERT_TRUE(ledger->settle_tile({other.no, 1, 5}, record));
  record.generation = 2;
  ASSERT_TRUE(ledger->settle_tile({harvest.no, 1, 300}, record));
  EXPECT_EQ(ledger->settle_tile({harvest.no, 2, 0}, record).error().kind, Kind::Internal);
  reopen();
  std::vector<std::uint64_t> found;
  ASSERT_TRUE(ledger->scan_tiles(harvest.no, 1, 5, [&](std::uint64_t tile, const TileRecord& tiles_record) {
    found.push_back(tile);
    EXPECT_EQ(tiles_record.generation, tile == 300 ? 2U : 1U);
    return true;
  }));
  EXPECT_EQ(found, (std::vector<std::uint64_t>{300, 196'607}));
  EXPECT_EQ(ledger->tile({harvest.no, 1, 300}).value(), record);
  ASSERT_TRUE(ledger->remove(harvest.no));
  EXPECT_EQ(ledger->tile({harvest.no, 1, 300}).error().kind, Kind::NotFound);
  EXPECT_EQ(ledger->settle_tile({harvest.no, 1, 300}, record).error().kind, Kind::NotFound);
  EXPECT_TRUE(ledger->tile({other.no, 1, 5}).value().has_value());
}

TEST_F(LedgerTest, RefusesARecordOrAShareThatDoesNotFit) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  EXPECT_EQ(ledger->settle({harvest.no, 0, 1}, samples::delivered(99, 1), {}).error().kind, Kind::Internal);
  EXPECT_EQ(ledger->settle({harvest.no, 2, 1}, {}, {}).error().kind, Kind::Internal);
  EXPECT_EQ(ledger->settle({harvest.no, 0, 13}, {}, {}).error().kind, Kind::Internal);
  EXPECT_EQ(ledger->settle({harvest.no, 0, 1}, {}, {.delivered = -1}).error().kind, Kind::Internal);
  EXPECT_EQ(ledger->settle({harvest.no, 0, 1}, {}, {.delivered = 1235}).error().kind, Kind::Internal);
  EXPECT_EQ(ledger->counters(harvest.no).value()[0], (Counters{.requested = kIds.size()}));
}

TEST_F(LedgerTest, UpdateKeepsNameTypesAndIds) {
  auto harvest = add_harvest(*ledger, "bright", kIds);
  harvest.name = "other";
  EXPECT_EQ(ledger->update(harvest).error().kind, Kind::Internal);
  harvest.no = 77;
  EXPECT_EQ(ledger->update(harvest).error().kind, Kind::NotFound);
}

}  // namespace
}  // namespace garner::ledger
