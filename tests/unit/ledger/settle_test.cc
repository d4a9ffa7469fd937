// Settling under load, on a full disk, and across SIGKILL.
#include <gmock/gmock.h>
#include <latch>
#include <thread>

#include "child_process.h"
#include "ledger_fixture.h"

namespace garner::ledger {
namespace {

const std::vector<SourceId> kIds = samples::sky(40'000, samples::kSkyPixels, 1);

// Settles blocks worker, worker + step, … of a type, each several times, with any outcomes.
void settle_some(Ledger& ledger, const HarvestRecord& harvest, std::uint32_t worker, std::uint32_t step, int rounds) {
  std::mt19937_64 random(worker);
  for (int round = 0; round < rounds; ++round) {
    for (std::uint32_t block = worker; block < harvest.blocks; block += step) {
      const auto type = static_cast<std::uint16_t>(random() % 2);
      const auto moved =
          move_chunk(ledger, harvest, {harvest.no, type, block}, samples::record(ids_in(harvest, block), random));
      ASSERT_TRUE(moved) << moved.error().detail;
    }
  }
}

TEST_F(LedgerTest, CountersEqualARecountAfterSettlingFromEightThreads) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  {
    std::vector<std::jthread> workers;
    for (std::uint32_t worker = 0; worker < 8; ++worker)
      workers.emplace_back([&, worker] { settle_some(*ledger, harvest, worker, 8, 3); });
  }
  for (int round = 0; round < 2; ++round) {
    const auto counters = ledger->counters(harvest.no).value();
    for (const std::uint16_t type : {std::uint16_t{0}, std::uint16_t{1}})
      EXPECT_EQ(counters[type], recount(*ledger, harvest, type));
    EXPECT_GT(counters[0].delivered, 0U);
    reopen();
  }
}

TEST_F(LedgerTest, SettlesManyChunksAtOnceAsIfOneByOne) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  std::mt19937_64 random(7);
  std::vector<ChunkChange> batch;
  for (std::uint32_t block = 0; block < harvest.blocks; ++block) {
    const auto record = samples::record(ids_in(harvest, block), random);
    batch.push_back({{harvest.no, 0, block}, record, delta_between({}, record, ids_in(harvest, block))});
  }
  batch[3].job_left = "https://archive/async/1";
  ASSERT_TRUE(ledger->settle_together(batch, {}));
  ASSERT_TRUE(ledger->settle_together({}, {}));
  reopen();
  for (const auto& one : batch) EXPECT_EQ(ledger->chunk(one.key).value(), one.record);
  EXPECT_EQ(ledger->counters(harvest.no).value()[0], recount(*ledger, harvest, 0));
  EXPECT_EQ(ledger->jobs_left(harvest.no, 10).value(), std::vector<std::string>{"https://archive/async/1"});
  batch[1].key.block = harvest.blocks;
  EXPECT_FALSE(ledger->settle_together(batch, {})) << "one that is not there";
}

TEST_F(LedgerTest, LosesNothingWhenHarvestsComeAndGoWhileChunksSettle) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  {
    std::vector<std::jthread> workers;
    for (std::uint32_t worker = 0; worker < 4; ++worker)
      workers.emplace_back([&, worker] { settle_some(*ledger, harvest, worker, 4, 1); });
    for (int i = 0; i < 5; ++i) {
      const auto other = add_harvest(*ledger, fmt::format("other-{}", i), kIds);
      ASSERT_TRUE(move_chunk(*ledger, other, {other.no, 0, 1}, samples::delivered(100, 1)));
      ASSERT_TRUE(ledger->remove(other.no));
    }
  }
  reopen();
  EXPECT_EQ(ledger->harvests()->size(), 1U);
  EXPECT_EQ(ledger->counters(harvest.no).value()[0], recount(*ledger, harvest, 0));
}

TEST_F(LedgerTest, ForgetsJobsWhileChunksSettle) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  {
    std::vector<std::jthread> workers;
    for (std::uint32_t worker = 0; worker < 4; ++worker) {
      workers.emplace_back([&, worker] {
        for (std::uint32_t block = worker; block < harvest.blocks; block += 4) {
          const std::string job = fmt::format("https://a.example/async/{}", block);
          ASSERT_TRUE(ledger->settle({harvest.no, 0, block}, {}, {}, job));
          if (block % 3 != 0) ASSERT_TRUE(ledger->job_forgotten(harvest.no, job));
        }
      });
    }
  }
  reopen();
  const auto left = ledger->jobs_left(harvest.no, harvest.blocks).value();
  EXPECT_EQ(left.size(), (harvest.blocks + 2) / 3);
  EXPECT_THAT(left, ::testing::Each(::testing::StartsWith("https://a.example/async/")));
}

class LedgerOnWatchedDisk : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    ledger.reset();
    auto opened = open_rocks_ledger_on(folder.path(), std::make_shared<WatchedFiles>(disk));
    ASSERT_TRUE(opened) << opened.error().detail;
    ledger = std::move(*opened);
  }
  std::shared_ptr<DiskState> disk = std::make_shared<DiskState>();
  TemporaryFolder folder;
  std::unique_ptr<Ledger> ledger;
};

TEST_F(LedgerOnWatchedDisk, SettlesAThousandChunksWithOneSync) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  std::vector<ChunkChange> batch;
  for (std::uint32_t block = 0; block < harvest.blocks; ++block) {
    const auto record = samples::delivered(ids_in(harvest, block), 1);
    batch.push_back({{harvest.no, 0, block}, record, delta_between({}, record, ids_in(harvest, block))});
  }
  disk->wal_syncs = 0;
  ASSERT_TRUE(ledger->settle_together(batch, {}));
  EXPECT_LE(disk->wal_syncs, 2);
  EXPECT_GT(disk->wal_syncs, 0);
  disk->full = true;
  EXPECT_FALSE(ledger->settle_together(batch, {}));
  disk->full = false;
}

TEST_F(LedgerOnWatchedDisk, ConcurrentSettlesShareSyncs) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  disk->wal_syncs = 0;
  constexpr int kThreads = 16, kEach = 50;
  {
    ChunkRecord asked;
    asked.requests = 1;
    std::latch start(kThreads);
    std::vector<std::jthread> workers;
    for (std::uint32_t worker = 0; worker < kThreads; ++worker) {
      workers.emplace_back([&, worker] {
        start.arrive_and_wait();
        for (int i = 0; i < kEach; ++i) EXPECT_TRUE(ledger->settle({harvest.no, 0, worker}, asked, {}));
      });
    }
  }
  EXPECT_GT(disk->wal_syncs, 0);
  EXPECT_LT(disk->wal_syncs, kThreads * kEach / 2);
}

TEST_F(LedgerOnWatchedDisk, EverySettleIsSyncedBeforeItReturns) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  for (std::uint32_t block = 0; block < 20; ++block) {
    const int before = disk->wal_syncs;
    ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, block}, samples::delivered(100, block)));
    EXPECT_GT(disk->wal_syncs, before);
  }
}

// The directory as a power cut leaves it now.
void copy_what_is_synced(const std::filesystem::path& from, const std::filesystem::path& to, DiskState& disk) {
  std::lock_guard lock(disk.mutex);
  for (const auto& entry : std::filesystem::directory_iterator(from)) {
    const auto name = entry.path().filename();
    if (!entry.is_regular_file() || name == "LOCK") continue;
    std::filesystem::copy_file(entry.path(), to / name);
    if (const auto synced = disk.synced.find(name.string()); synced != disk.synced.end())
      std::filesystem::resize_file(to / name, synced->second);
  }
}

TEST_F(LedgerOnWatchedDisk, KeepsWhatIsSettledAcrossAPowerCut) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  for (std::uint32_t block = 0; block < 10; ++block) {
    ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, block}, samples::delivered(100, block)));
    const TemporaryFolder after;
    copy_what_is_synced(folder.path(), after.path(), *disk);
    auto reopened = open_rocks_ledger(after.path());
    ASSERT_TRUE(reopened) << reopened.error().detail;
    EXPECT_EQ((*reopened)->chunk({harvest.no, 0, block}).value(), samples::delivered(100, block));
    EXPECT_EQ((*reopened)->counters(harvest.no).value()[0].chunks_done, block + 1);
  }
}

TEST_F(LedgerOnWatchedDisk, AFullDiskIsSaidAndChangesNoCounterAndPasses) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 1}, samples::delivered(100, 1)));
  const auto before = ledger->counters(harvest.no).value();
  disk->full = true;
  for (std::uint32_t block = 2; block < 5; ++block) {
    const auto refused = move_chunk(*ledger, harvest, {harvest.no, 0, block}, samples::delivered(100, block));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Kind::DiskFull) << refused.error().detail;
  }
  EXPECT_EQ(ledger->counters(harvest.no).value(), before);
  disk->full = false;
  ASSERT_TRUE(move_chunk(*ledger, harvest, {harvest.no, 0, 5}, samples::delivered(100, 5)));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ledger->counters(harvest.no).value()[0], recount(*ledger, harvest, 0));
    EXPECT_EQ(ledger->counters(harvest.no).value()[0].chunks_done, 2U);
    open();
  }
}

TEST_F(LedgerOnWatchedDisk, AnIntakeOnAFullDiskLeavesNothing) {
  disk->full = true;
  {
    auto intake = ledger->begin_intake(100);
    if (intake) {
      const auto added = (*intake)->add(kIds);
      const auto committed = (*intake)->commit(record_named("bright"));
      EXPECT_FALSE(committed);
    } else {
      EXPECT_EQ(intake.error().kind, Kind::DiskFull);
    }
  }
  disk->full = false;
  {
    auto intake = ledger->begin_intake(100).value();
    disk->full = true;
    const auto added = intake->add(kIds);
    const auto committed = intake->commit(record_named("bright"));
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().kind, Kind::DiskFull) << committed.error().detail;
  }
  disk->full = false;
  open();
  EXPECT_TRUE(ledger->harvests()->empty());
  EXPECT_EQ(add_harvest(*ledger, "bright", kIds).sources, kIds.size());
}

TEST_F(LedgerTest, KeepsEverythingThatWasReportedAcrossSigkill) {
  const auto harvest = add_harvest(*ledger, "bright", kIds);
  std::mt19937_64 random(6);
  std::vector<bool> reported(harvest.blocks);
  for (int round = 0; round < 8; ++round) {
    ledger.reset();
    ChildProcess child("settle", folder.path());
    std::uint32_t block = 0;
    for (std::uint64_t wait = 5 + random() % 40; wait > 0 && child.read(block); --wait) reported[block] = true;
    child.kill();
    while (child.read(block)) reported[block] = true;
    EXPECT_TRUE(WIFSIGNALED(child.wait()));
    open();
    for (std::uint32_t i = 0; i < harvest.blocks; ++i) {
      if (reported[i]) {
        EXPECT_EQ(ledger->chunk({harvest.no, 0, i}).value(), samples::delivered(ids_in(harvest, i), i));
      }
    }
    EXPECT_EQ(ledger->counters(harvest.no).value()[0], recount(*ledger, harvest, 0));
  }
  EXPECT_GT(std::ranges::count(reported, true), 40);
}

}  // namespace
}  // namespace garner::ledger
