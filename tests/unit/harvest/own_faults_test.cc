// Faults of our own disk and ledger: what they cost, what they must never do to the account, and that it goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using ledger::Outcome;
using ::testing::HasSubstr;

// Most of it empty, so that a sample is asked; every other chunk has a single empty one, and is done by its settlement.
struct MostlyEmpty {
  static constexpr std::uint64_t kSources = 4000, kChunk = 10, kBlocks = kSources / kChunk;

  explicit MostlyEmpty(bool comes_later) {
    stage.make_harvest("most", kSources, kChunk, {"RVS"});
    for (std::uint64_t i = 0; i < kSources; ++i) {
      const bool one_of_its_chunk = i / kChunk % 2 == 0;
      if (one_of_its_chunk && i % kChunk != 0) continue;
      if (comes_later)
        late.insert(SourceId{1000 + i});
      else
        stage.truth.missing.insert({"RVS", SourceId{1000 + i}});
    }
    stage.truth.leaves_out = [this](const Truth::Key& key, int time) { return time == 1 && late.contains(key.second); };
  }

  Stage stage;
  std::set<SourceId> late;  // only the first answer leaves them out
};

// The state directory fills up at the n-th write of the second look.
TEST(OwnFaults, ASampleThatIsSettledInPartCountsItsChunksOnce) {
  for (const bool comes_later : {false, true}) {
    for (std::uint64_t n = 1; n <= 24; ++n) {
      MostlyEmpty sky(comes_later);
      Stage& stage = sky.stage;
      std::uint64_t settled = 0;
      stage.ledger.fail_settles_when([&] { return ++settled == MostlyEmpty::kBlocks + n; });
      stage.start_engine();
      ASSERT_TRUE(stage.run_until_state("most", "finished")) << "failed at write " << n;
      const auto status = stage.status("most");
      EXPECT_EQ(status.pending, 0U) << "failed at write " << n;
      EXPECT_EQ(status.absent, stage.truth.missing.size()) << "failed at write " << n;
      EXPECT_EQ(status.delivered, MostlyEmpty::kSources - stage.truth.missing.size()) << "failed at write " << n;
      EXPECT_EQ(status.chunks_done, MostlyEmpty::kBlocks) << "failed at write " << n;
    }
  }
}

TEST(OwnFaults, NothingPendingIsRecordedAsFinished) {
  Stage stage;
  stage.make_harvest("lied", 400, 100, {"RVS"});
  stage.ledger_door.touch_states = [](ledger::BlockStates& states) { states.done.flip(); };
  stage.start_engine();
  EXPECT_TRUE(stage.engine->find("lied")->complete()) << "so it seems";
  stage.ledger_door.touch_states = {};
  ASSERT_TRUE(stage.run_until_state("lied", "finished"));
  EXPECT_EQ(stage.status("lied").delivered, 400U) << "the ledger's truth was read anew";
}

TEST(OwnFaults, ALedgerThatContradictsItselfIsToldAndNotAskedForEver) {
  Stage stage;
  stage.make_harvest("lies", 400, 100, {"RVS"});
  stage.ledger_door.touch_states = [](ledger::BlockStates& states) { states.done.flip(); };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("lies", "blocked", 1h));
  EXPECT_THAT(stage.status("lies").waiting_for, HasSubstr("garner retry lies"));
  stage.ledger_door.touch_states = {};
  ASSERT_TRUE(stage.await(stage.engine->retry("lies", Outcome::Pending)));
  ASSERT_TRUE(stage.run_until_state("lies", "finished"));
  EXPECT_EQ(stage.status("lies").delivered, 400U);
}

// A night on a disk that says no, until it is put right; how many requests that cost, and when the last one left.
struct NightOnABadDisk {
  explicit NightOnABadDisk(bool a_trial_tells, Kind kind = Kind::Internal) {
    stage.make_harvest("p", 200'000, 500, {"RVS"});
    stage.truth.counts_asked = false;
    stage.start_engine();
    stage.loop.run_for(10s);
    const int before = stage.archive->requests;
    const auto fault = [this, kind]() -> std::optional<Error> {
      if (well) return std::nullopt;
      return Error{kind, "Read-only file system", std::nullopt};
    };
    stage.disk.publish_fault = fault;
    if (a_trial_tells) stage.disk.trial_fault = fault;
    stage.loop.run_for(10h);
    requests = stage.archive->requests - before;
  }

  Stage stage;
  bool well = false;
  int requests = 0;
};

TEST(OwnFaults, ADiskThatSaysNoAllNightCostsNoMoreThanWhatWasInFlight) {
  NightOnABadDisk night(true);
  EXPECT_LE(night.requests, 8);
  EXPECT_GE(night.stage.disk.trials, 500) << "every minute";
  EXPECT_EQ(night.stage.status("p").state, "waiting");
  EXPECT_THAT(night.stage.status("p").waiting_for, HasSubstr("Read-only file system"));
  EXPECT_FALSE(night.stage.engine->activity().forgotten);
  night.well = true;
  const auto delivered = night.stage.status("p").delivered;
  night.stage.loop.run_for(2min);
  EXPECT_GT(night.stage.status("p").delivered, delivered) << "within a minute, by itself";
  ASSERT_TRUE(night.stage.run_until_state("p", "finished"));
  EXPECT_EQ(night.stage.status("p").delivered, 200'000U);
}

TEST(OwnFaults, WhereATrialDoesNotTellOneChunkIsAskedForNowAndThen) {
  for (const Kind kind : {Kind::Internal, Kind::DiskFull}) {
    NightOnABadDisk night(false, kind);
    EXPECT_LE(night.requests, 60);
    EXPECT_GE(night.requests, 35);
    night.well = true;
    night.stage.loop.run_for(16min);
    ASSERT_TRUE(night.stage.run_until_state("p", "finished", 1h));
    EXPECT_EQ(night.stage.status("p").delivered, 200'000U);
  }
}

TEST(OwnFaults, ALedgerThatTakesNoWritesAllNightIsTriedInsteadOfTheArchive) {
  Stage stage;
  stage.make_harvest("p", 200'000, 500, {"RVS"});
  stage.truth.counts_asked = false;
  stage.start_engine();
  stage.loop.run_for(10s);
  const int before = stage.archive->requests;
  bool well = false;
  stage.ledger.fail_settles_when([&] { return !well; });
  stage.ledger_door.fail_update = [&] { return !well; };
  stage.loop.run_for(10h);
  EXPECT_LE(stage.archive->requests - before, 8);
  well = true;
  ASSERT_TRUE(stage.run_until_state("p", "finished", 1h));
  EXPECT_EQ(stage.status("p").delivered, 200'000U);
}

TEST(OwnFaults, AnOperatorWhoPutTheDiskRightNeedNotWait) {
  for (const bool by_retry : {false, true}) {
    NightOnABadDisk night(false);
    night.well = true;
    if (by_retry)
      ASSERT_TRUE(night.stage.await(night.stage.engine->retry("p", Outcome::Pending)));
    else
      ASSERT_TRUE(night.stage.await(night.stage.engine->resume("p")));
    const auto delivered = night.stage.status("p").delivered;
    night.stage.loop.run_for(10s);
    EXPECT_GT(night.stage.status("p").delivered, delivered);
  }
}

TEST(OwnFaults, WhateverOurDiskCallsItNoSourceFailsForIt) {
  for (const Kind kind : {Kind::Corrupt, Kind::Malformed, Kind::Suspect, Kind::NotFound, Kind::Unsupported, Kind::Auth,
                          Kind::Overloaded, Kind::TooLarge, Kind::Internal, Kind::DiskFull}) {
    Stage stage;
    stage.make_harvest("moved", 400, 100, {"RVS"});
    const SteadyTime back = stage.loop.now() + 5h;
    stage.disk.publish_fault = [&]() -> std::optional<Error> {
      if (stage.loop.now() >= back) return std::nullopt;
      return Error{kind, "/out/moved/RVS: is not a folder, or is a symbolic link", std::nullopt};
    };
    stage.start_engine();
    stage.loop.run_for(4h);
    const auto status = stage.status("moved");
    EXPECT_EQ(status.failed, 0U) << kind_name(kind);
    EXPECT_EQ(status.chunks_blocked, 0U) << kind_name(kind);
    EXPECT_EQ(status.types[0].blocked, "") << kind_name(kind);
    EXPECT_EQ(stage.ledger.chunk({1, 0, 0})->attempts, 0U) << kind_name(kind);
    EXPECT_EQ(status.archive_status->breaker, "closed") << kind_name(kind);
    ASSERT_TRUE(stage.run_until_state("moved", "finished")) << kind_name(kind);
    EXPECT_EQ(stage.status("moved").delivered, 400U) << kind_name(kind);
  }
}

TEST(OwnFaults, IndexesListAllThatIsSettledAndHoldNoScanOpenMeanwhile) {
  Stage stage;
  stage.make_harvest("packs", 2500, 1, {"RVS"});  // more than a batch
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("packs", "finished"));
  EXPECT_EQ(stage.disk.indexes["/out/packs"].size(), 2500U);
}

TEST(OwnFaults, TileIndexesListAllThatIsSettledAndHoldNoScanOpenMeanwhile) {
  Stage stage;
  stage.make_harvest("tiles", 10, 1, {"RVS"}, "table");
  for (std::uint64_t tile = 0; tile < 2500; ++tile)
    ASSERT_TRUE(stage.ledger.settle_tile({1, 0, tile * 3}, ledger::TileRecord{}));
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("tiles", "finished"));
  EXPECT_EQ(stage.tiles.listed, 2500 * stage.indexes_written);
}

// An hour's work, as millions of packs are.
TEST(OwnFaults, ARemovalDoesNotWaitForTheIndexes) {
  Stage stage;
  stage.make_harvest("packs", 3500, 1, {"RVS"});
  int listed = 0;
  stage.visits = [&] {
    if (++listed == 10) stage.fire(stage.engine->remove("packs"));
  };
  stage.start_engine();
  stage.loop.run_until([&] { return stage.engine->find("packs") == nullptr; });
  EXPECT_EQ(listed, 1000) << "a batch";
  EXPECT_FALSE(stage.disk.indexes.contains("/out/packs"));
  stage.loop.run_for(1h);
  EXPECT_EQ(listed, 1000);
}

TEST(OwnFaults, TheDaemonsEndDoesNotWaitForTheIndexes) {
  Stage stage;
  stage.make_harvest("packs", 3500, 1, {"RVS"});
  int listed = 0;
  stage.visits = [&] {
    if (++listed == 10) stage.engine->find("packs")->index_stop.request_stop();
  };
  stage.start_engine();
  stage.loop.run_for(5h);
  EXPECT_EQ(listed, 1000);
  EXPECT_EQ(stage.status("packs").state, "running") << "not finished, and nothing begins anew";
  stage.end_engine();
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("packs", "finished"));
  EXPECT_EQ(stage.disk.indexes["/out/packs"].size(), 3500U);
}

}  // namespace
}  // namespace garner::testing
