// The ledger on a disk that forgets at a crash what was not synced: what was reported as written is there, whole, and
// the counters equal a recount.
#include "../support/forgetful_disk.h"
#include "ledger_fixture.h"

namespace garner::ledger {
namespace {

using testing::ForgetfulDisk;

// What the ledger said yes to, by harvest.
struct Reported {
  HarvestRecord record;
  std::map<std::pair<std::uint16_t, std::uint32_t>, ChunkRecord> chunks;
  std::map<std::uint64_t, TileRecord> tiles;
};

class LostWrites : public ::testing::Test {
 protected:
  void open() {
    ledger.reset();
    auto opened = open_rocks_ledger_on(folder.path(), disk.mount());
    ASSERT_TRUE(opened) << opened.error().detail;
    ledger = std::move(*opened);
  }
  void act(std::mt19937_64& random) {
    const auto roll = random() % 100;
    if (reported.empty() || roll < 5) return submit(random);
    auto at = std::next(reported.begin(), static_cast<std::ptrdiff_t>(random() % reported.size()));
    if (roll < 8) return remove(at->first);
    if (roll < 15) return rename_reason(at->second, random);
    if (roll < 25) return merge(at->second, random);
    settle(at->second, random);
  }
  void expect_what_was_reported() {
    const auto harvests = ledger->harvests();
    ASSERT_TRUE(harvests) << harvests.error().detail;
    ASSERT_EQ(harvests->size(), reported.size());
    for (const auto& record : *harvests) {
      ASSERT_TRUE(reported.contains(record.name));
      const Reported& expected = reported.at(record.name);
      EXPECT_EQ(record.reason, expected.record.reason);
      std::uint64_t ids = 0;
      for (std::uint32_t block = 0; block < record.blocks; ++block) ids += ledger->ids(record.no, block)->size();
      EXPECT_EQ(ids, record.sources);
      for (const auto& [place, chunk] : expected.chunks)
        EXPECT_EQ(ledger->chunk({record.no, place.first, place.second}).value(), chunk);
      for (const auto& [tile, merged] : expected.tiles) EXPECT_EQ(ledger->tile({record.no, 0, tile}).value(), merged);
      const auto counters = ledger->counters(record.no).value();
      for (const std::uint16_t type : {std::uint16_t{0}, std::uint16_t{1}})
        EXPECT_EQ(counters[type], recount(*ledger, record, type));
    }
  }

  TemporaryFolder folder;
  ForgetfulDisk disk{folder.path()};
  std::unique_ptr<Ledger> ledger;
  std::map<std::string, Reported> reported;
  int names = 0;

 private:
  void submit(std::mt19937_64& random) {
    const auto ids = samples::sky(50 + random() % 1500, samples::kSkyPixels, random());
    auto intake = ledger->begin_intake(100);
    ASSERT_TRUE(intake);
    ASSERT_TRUE((*intake)->add(ids));
    if (random() % 4 == 0) return;  // given up half way
    ASSERT_TRUE((*intake)->add_refused({"ids.txt line 3", "x", "no source_id"}));
    auto record = (*intake)->commit(record_named(fmt::format("harvest-{}", names++)));
    ASSERT_TRUE(record) << record.error().detail;
    reported[record->name].record = *record;
  }
  void remove(const std::string& name) {
    ASSERT_TRUE(ledger->remove(reported.at(name).record.no));
    reported.erase(name);
  }
  void rename_reason(Reported& harvest, std::mt19937_64& random) {
    auto record = harvest.record;
    record.reason = fmt::format("reason {}", random());
    ASSERT_TRUE(ledger->update(record));
    harvest.record = record;
  }
  void merge(Reported& harvest, std::mt19937_64& random) {
    TileRecord tile;
    tile.generation = static_cast<std::uint32_t>(random() % 1000);
    const std::uint64_t number = random() % 50;
    ASSERT_TRUE(ledger->settle_tile({harvest.record.no, 0, number}, tile));
    harvest.tiles[number] = tile;
  }
  void settle(Reported& harvest, std::mt19937_64& random) {
    const ChunkKey key{harvest.record.no, static_cast<std::uint16_t>(random() % 2),
                       static_cast<std::uint32_t>(random() % harvest.record.blocks)};
    const auto after = samples::record(ids_in(harvest.record, key.block), random);
    ASSERT_TRUE(move_chunk(*ledger, harvest.record, key, after));
    harvest.chunks[{key.type, key.block}] = after;
  }
};

TEST_F(LostWrites, WhatWasReportedIsThereAfterEveryCrash) {
  std::mt19937_64 random(17);
  open();
  for (int crash = 0; crash < 60 && !HasFailure(); ++crash) {
    for (auto acts = random() % 40; acts > 0 && !HasFailure(); --acts) act(random);
    if (random() % 2 == 0)
      disk.crash();
    else
      disk.crash(random);
    open();
    expect_what_was_reported();
  }
  EXPECT_GT(disk.syncs(), 500U);
}

}  // namespace
}  // namespace garner::ledger
