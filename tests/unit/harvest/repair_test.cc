// What is lost on disk goes back to pending and is fetched again, and that alone, whenever we are killed meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harvest/account/repair.h"
#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using ledger::ChunkRecord;
using ledger::Outcome;

ChunkRecord record_of(std::vector<Outcome> outcomes, std::vector<std::uint32_t> pack_of, std::uint32_t packs) {
  ChunkRecord record;
  record.outcomes = std::move(outcomes);
  record.pack_of = std::move(pack_of);
  for (std::uint32_t i = 0; i < packs; ++i) record.packs.push_back({i, {}, 100, 1});
  return record;
}

TEST(Repair, PutsSomePlacesBackAndForgetsWhatWasAskedOfTheOthers) {
  ChunkRecord record = record_of({Outcome::Delivered, Outcome::Absent, Outcome::Delivered}, {}, 1);
  record.attempts = 3;
  record.blocked = true;
  record.query = {"https://a/job", 7, 2, 5, 11, true};
  const std::array<std::uint32_t, 1> places{2};
  const ChunkRecord after = harvest::with_pending(record, places, 3, false);
  EXPECT_THAT(after.outcomes, ::testing::ElementsAre(Outcome::Delivered, Outcome::Absent, Outcome::Pending));
  EXPECT_EQ(after.attempts, 0u);
  EXPECT_FALSE(after.blocked);
  EXPECT_EQ(after.query, (ledger::QueryProgress{"", 0, 0, 0, 11, true}));
  EXPECT_EQ(harvest::with_pending(record, places, 3, true).query.rows, 0u);
  EXPECT_EQ(harvest::with_pending(record, {}, 3, false), record);
}

TEST(Repair, APackThatGoesLeavesTheOthersWhereTheyAre) {
  const ChunkRecord record = record_of({Outcome::Delivered, Outcome::Pending, Outcome::Delivered}, {0, 1, 2}, 3);
  const ChunkRecord after = harvest::without_pack(record, 1);
  ASSERT_EQ(after.packs.size(), 2u);
  EXPECT_EQ(after.packs[1].generation, 2u);
  EXPECT_EQ(after.pack_of[0], 0u);
  EXPECT_EQ(after.pack_of[2], 1u);
  EXPECT_EQ(harvest::next_generation(after), 1u) << "the next one takes the place of the lost one";
  EXPECT_TRUE(harvest::without_pack(after, 0).pack_of.empty());
  EXPECT_EQ(harvest::next_generation(harvest::without_pack(after, 0)), 0u);
}

struct RepairStage : ::testing::Test {
  Stage stage;
  // Two types × four chunks, all there.
  void finish() {
    stage.make_harvest("rvs", 400, 100);
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
    stage.truth.asked.clear();
  }
  void lose(const std::string& type, std::uint32_t block) {
    ASSERT_EQ(stage.disk.packs.erase({"/out/rvs", type, block, 0}), 1u);
  }
  static harvest::Suspects everything() {
    harvest::Suspects suspects;
    for (std::uint16_t type = 0; type < 2; ++type) {
      for (std::uint32_t block = 0; block < 4; ++block) suspects.chunks.push_back({1, type, block});
    }
    return suspects;
  }
  void expect_all_there() {
    EXPECT_EQ(stage.disk.packs.size(), 8u);
    for (const auto& [key, ids] : stage.disk.packs) EXPECT_EQ(ids.size(), 100u);
    EXPECT_EQ(stage.disk.indexes["/out/rvs"].size(), 8u);
    EXPECT_EQ(stage.status("rvs").delivered, 800u);
    for (const auto& counters : *stage.ledger.counters(1)) EXPECT_EQ(counters.delivered, 400u);
  }
};

TEST_F(RepairStage, AFinishedHarvestGoesOnForWhatIsLostAndNothingElse) {
  finish();
  lose("RVS", 1);
  lose("XP_SAMPLED", 3);
  const auto put_back = stage.await(stage.engine->repair("rvs", everything(), "ada"));
  ASSERT_TRUE(put_back) << put_back.error().detail;
  EXPECT_EQ(*put_back, 200u);
  EXPECT_NE(stage.status("rvs").state, "finished");
  ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
  EXPECT_EQ(stage.truth.asked.size(), 200u);
  EXPECT_TRUE(stage.truth.asked.contains({"RVS", SourceId{1100}}));
  EXPECT_FALSE(stage.truth.asked.contains({"RVS", SourceId{1000}}));
  expect_all_there();
}

TEST_F(RepairStage, WithoutDamageAFinishedHarvestStaysFinished) {
  finish();
  const auto finished_s = stage.status("rvs").finished_s;
  stage.loop.run_for(1min);
  EXPECT_EQ(*stage.await(stage.engine->repair("rvs", everything(), "ada")), 0u);
  EXPECT_EQ(stage.status("rvs").state, "finished");
  EXPECT_EQ(stage.status("rvs").finished_s, finished_s);
  EXPECT_TRUE(stage.truth.asked.empty());
}

TEST_F(RepairStage, WhereTheDirectoryIsAwayNothingIsPutBack) {
  finish();
  lose("RVS", 1);
  stage.prepare = [] { return Result<void>(fail(Kind::NotFound, "is its disk mounted?")); };
  const auto put_back = stage.await(stage.engine->repair("rvs", everything(), "ada"));
  ASSERT_FALSE(put_back);
  EXPECT_NE(put_back.error().detail.find("mounted"), std::string::npos);
  EXPECT_EQ(stage.status("rvs").state, "finished");
  EXPECT_EQ(stage.status("rvs").delivered, 800u);
}

TEST_F(RepairStage, APausedHarvestStaysPausedAndItsIndexesListWhatIsThere) {
  finish();
  lose("RVS", 1);
  ASSERT_TRUE(stage.await(stage.engine->repair("rvs", {{{1, 0, 1}}, {}}, "ada")));
  ASSERT_TRUE(stage.await(stage.engine->pause("rvs", "ada")));
  stage.loop.run_for(1h);
  EXPECT_EQ(stage.status("rvs").state, "paused");
  ASSERT_TRUE(stage.await(stage.engine->resume("rvs")));
  ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
  expect_all_there();
}

TEST_F(RepairStage, ACancelledHarvestIsLeftAlone) {
  stage.make_harvest("rvs", 400, 100);
  stage.start_engine();
  ASSERT_TRUE(stage.await(stage.engine->cancel("rvs", "ada")));
  EXPECT_EQ(stage.await(stage.engine->repair("rvs", everything(), "ada")).error().kind, Kind::Conflict);
}

TEST(Repair, AKillAtAnyDurableStepNeitherLosesNorDoubles) {
  bool done_before_the_cut = false;
  for (std::uint64_t steps = 0; !done_before_the_cut; ++steps) {
    ASSERT_LT(steps, 100u);
    Stage stage;
    stage.make_harvest("rvs", 400, 100);
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
    for (const char* type : {"RVS", "XP_SAMPLED"}) stage.disk.packs.erase({"/out/rvs", type, 1, 0});
    stage.truth.asked.clear();
    stage.disk.power.cut_after(steps);
    stage.fire(stage.engine->repair("rvs", RepairStage::everything(), "ada"));
    stage.loop.run_for(10min);
    done_before_the_cut = !stage.disk.power.is_cut();
    stage.kill_engine();
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("rvs", "finished")) << steps;
    // What the kill kept from being put back is found by the next look.
    ASSERT_TRUE(stage.await(stage.engine->repair("rvs", RepairStage::everything(), "ada"))) << steps;
    ASSERT_TRUE(stage.run_until_state("rvs", "finished")) << steps;
    EXPECT_EQ(stage.disk.packs.size(), 8u) << steps;
    EXPECT_EQ(stage.disk.indexes["/out/rvs"].size(), 8u) << steps;
    EXPECT_EQ(stage.status("rvs").delivered, 800u) << steps;
    for (const auto& [key, times] : stage.truth.asked)
      EXPECT_TRUE(key.second >= SourceId{1100} && key.second < SourceId{1200}) << steps;
  }
}

}  // namespace
}  // namespace garner::testing
