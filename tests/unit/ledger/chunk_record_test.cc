#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/rows.h"
#include "samples.h"

namespace garner::ledger {
namespace {

TEST(ChunkRecord, GivesBackWhatTheLedgerTakes) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 3000; ++round) {
    const auto ids = static_cast<std::uint32_t>(1 + random() % 600);
    const auto record = samples::record(ids, random);
    ASSERT_EQ(flaw_of(record, ids), "");
    const auto bytes = encode(record);
    const auto back = decode_chunk(bytes);
    ASSERT_TRUE(back) << back.error().detail;
    EXPECT_EQ(*back, record);
    EXPECT_EQ(is_done(bytes), record.done(ids));
    EXPECT_EQ(holds_only_empties(bytes), !record.blocked && record.only_empties(ids));
  }
}

TEST(ChunkRecord, GivesBackTheDefaultRecord) {
  EXPECT_EQ(decode_chunk(encode(ChunkRecord{})).value(), ChunkRecord{});
}

TEST(ChunkRecord, TakesSomeFiftyBytesWhenAllIsDelivered) {
  EXPECT_LE(encode(samples::delivered(500, 1)).size(), 50U);
}

// What nearly every chunk looks like between its first asking and its second look.
TEST(ChunkRecord, TakesNoByteForWhatCameBackEmptyWhereNothingElseIsPending) {
  auto record = samples::delivered(500, 1);
  for (std::uint32_t place = 0; place < 500; place += 17) record.outcomes[place] = Outcome::Pending;
  const auto plain = encode(record);
  for (std::uint32_t place = 0; place < 500; place += 17) record.empties.push_back(place);
  EXPECT_TRUE(record.only_empties(500));
  EXPECT_EQ(encode(record).size(), plain.size());
  EXPECT_EQ(decode_chunk(encode(record)).value(), record);
  record.empties.pop_back();
  EXPECT_FALSE(record.only_empties(500));
  EXPECT_EQ(decode_chunk(encode(record)).value(), record);
}

TEST(ChunkRecord, StoresARepeatedReasonOnce) {
  ChunkRecord record;
  record.outcomes.assign(500, Outcome::Failed);
  for (std::uint32_t i = 0; i < 500; ++i) record.failures[i] = std::string(200, 'r');
  EXPECT_LE(encode(record).size(), 1300U);
}

TEST(ChunkRecord, CountsPlacesWithoutOutcomeAsPending) {
  ChunkRecord record;
  EXPECT_EQ(record.count(Outcome::Pending, 7), 7U);
  EXPECT_FALSE(record.done(7));
  record.outcomes = {Outcome::Delivered, Outcome::Pending, Outcome::Absent};
  EXPECT_EQ(record.count(Outcome::Pending, 3), 1U);
  EXPECT_FALSE(record.done(3));
  record.outcomes[1] = Outcome::Failed;
  EXPECT_TRUE(record.done(3));
}

TEST(ChunkRecord, DeltaIsWhatATransitionAdds) {
  const ChunkRecord nothing;
  auto after = samples::delivered(10, 1);
  after.attempts = 1;
  after.requests = 2;
  const auto forth = delta_between(nothing, after, 10);
  EXPECT_EQ(forth.delivered, 10);
  EXPECT_EQ(forth.chunks_done, 1);
  EXPECT_EQ(forth.attempts, 2);
  EXPECT_EQ(forth.bytes_stored, static_cast<std::int64_t>(after.packs[0].bytes));
  EXPECT_EQ(forth.bytes_received, 0);
  const auto back = delta_between(after, nothing, 10);
  EXPECT_EQ(back.delivered, -10);
  EXPECT_EQ(back.chunks_done, -1);
}

TEST(ChunkRecord, IsRefusedWhenItDoesNotFitItsChunk) {
  auto record = samples::delivered(10, 1);
  EXPECT_NE(flaw_of(record, 11), "");
  record.pack_of.assign(10, 1);
  EXPECT_NE(flaw_of(record, 10), "");
  record.pack_of.assign(10, 0);
  EXPECT_EQ(flaw_of(record, 10), "");
  record.failures[10] = "beyond";
  EXPECT_NE(flaw_of(record, 10), "");
  record.failures.clear();
  record.blocked = true;
  EXPECT_NE(flaw_of(record, 10), "") << "nothing of it is pending";
  record.blocked = false;
  record.empties = {3};
  EXPECT_NE(flaw_of(record, 10), "") << "it is delivered";
  record.outcomes[3] = record.outcomes[7] = Outcome::Pending;
  EXPECT_EQ(flaw_of(record, 10), "");
  record.empties = {7, 3};
  EXPECT_NE(flaw_of(record, 10), "") << "they do not rise";
  record.empties.clear();
  record.found_again[10] = 1;
  EXPECT_NE(flaw_of(record, 10), "") << "beyond the last";
}

TEST(ChunkRecord, DeltaCountsWhatIsEmptySoFarAndWhatWasFoundAgain) {
  auto before = samples::delivered(10, 1);
  before.outcomes[3] = before.outcomes[7] = before.outcomes[8] = Outcome::Pending;
  before.empties = {3, 7};
  auto after = before;
  after.empties = {7};
  after.found_again[3] = 0;
  const auto delta = delta_between(before, after, 10);
  EXPECT_EQ(delta.empty, -1);
  EXPECT_EQ(delta.found_again, 1);
  EXPECT_EQ(delta.absent, 0);
  EXPECT_EQ(delta_between(after, ChunkRecord{}, 10).found_again, -1);
}

void expect_a_record_or_corrupt(const std::string& bytes) {
  const auto record = decode_chunk(bytes);
  if (!record) {
    EXPECT_EQ(record.error().kind, Kind::Corrupt);
    return;
  }
  EXPECT_EQ(flaw_of(*record, static_cast<std::uint32_t>(record->outcomes.size())), "");
  EXPECT_EQ(decode_chunk(encode(*record)).value(), *record);
}

TEST(ChunkRecord, NeverTrustsDamagedBytes) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 60; ++round) {
    const auto good = encode(samples::record(static_cast<std::uint32_t>(1 + random() % 30), random));
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (const int value : {0, 1, 2, 3, 0x20, 0x40, 0x7F, 0x80, 0xFF, static_cast<int>(random() % 256)}) {
        auto bytes = good;
        bytes[at] = static_cast<char>(value);
        expect_a_record_or_corrupt(bytes);
      }
      EXPECT_FALSE(decode_chunk(good.substr(0, at))) << "cut at " << at;
    }
    EXPECT_FALSE(decode_chunk(good + '\0'));
  }
}

TEST(ChunkRecord, NeverTrustsRandomBytes) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 50'000; ++round) {
    std::string bytes(random() % 120, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 3 != 0 ? random() % 8 : random());
    expect_a_record_or_corrupt(bytes);
  }
}

template <class Value>
void expect_corrupt_if_bad(const Result<Value>& value) {
  if (!value) {
    EXPECT_EQ(value.error().kind, Kind::Corrupt);
  }
}

TEST(Rows, AreCorruptAndNothingWorseWhenDamaged) {
  HarvestRecord record;
  record.name = "a";
  record.retrieval_types = {"RVS"};
  record.chunk_size = 500;
  record.blocks = 1;
  record.sources = 5;
  const auto refused = encode_refused({"ids.txt line 12", "12x", "not a number"});
  const auto counters = encode_counters({1, 2, 300, 4, 5, 6, 7, UINT64_MAX, 9, 10});
  EXPECT_EQ(decode_counters(counters)->attempts, UINT64_MAX);
  EXPECT_EQ(decode_counters(counters)->found_again, 10U);
  EXPECT_EQ(decode_counters(counters.substr(0, counters.size() - 2)).value(),
            (Counters{1, 2, 300, 4, 5, 6, 7, UINT64_MAX}))
      << "as a ledger of version 2 has them";
  const TileRecord tile{1, 17, {2, 2, 2, 0, 1}, 4, 5, {1, 2, 3}};
  EXPECT_EQ(decode_tile(encode(tile)).value(), tile);
  EXPECT_EQ(tile.packs_of(19), 2U);
  EXPECT_EQ(tile.packs_of(21), 1U);
  EXPECT_EQ(tile.packs_of(16) + tile.packs_of(22), 0U);
  EXPECT_EQ(decode_tile(encode(TileRecord{})).value(), TileRecord{});
  EXPECT_FALSE(decode_tile(encode(tile) + "x"));
  EXPECT_LT(encode(TileRecord{0, 0, std::vector<std::uint32_t>(200, 1), 100'000, 1u << 30, {}}).size(), 50U);
  for (std::string good : {refused, counters, encode_harvest(record).value(), encode(tile)}) {
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (int value = 0; value < 256; value += 3) {
        auto bytes = good;
        bytes[at] = static_cast<char>(value);
        expect_corrupt_if_bad(decode_refused(bytes));
        expect_corrupt_if_bad(decode_counters(bytes));
        expect_corrupt_if_bad(decode_tile(bytes));
        expect_corrupt_if_bad(decode_harvest(bytes, ""));
      }
    }
  }
}

TEST(Rows, HarvestNamesThatAreNotUtf8AreInvalid) {
  HarvestRecord record;
  record.name = "\xFF";
  EXPECT_EQ(encode_harvest(record).error().kind, Kind::Invalid);
}

}  // namespace
}  // namespace garner::ledger
