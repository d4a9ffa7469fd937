// Disks that run low, vanish or do not answer: when nothing more is started, what is said, and that it goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using output::DiskSpace;
using ::testing::HasSubstr;

constexpr std::uint64_t kGB = 1'000'000'000;

DiskSpace space(std::uint64_t free, std::uint64_t total = 1000 * kGB) {
  return {free, total, 1'000'000, 2'000'000, true};
}

// A disk whose free space the test sets.
class EngineDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    stage.disk_space = [this](const std::filesystem::path& directory) -> Result<DiskSpace> {
      ++looks[directory];
      return seen.contains(directory) ? seen.at(directory) : Result<DiskSpace>(space(500 * kGB));
    };
  }
  Stage stage;
  std::map<std::filesystem::path, Result<DiskSpace>> seen;
  std::map<std::filesystem::path, int> looks;
};

TEST_F(EngineDisk, StartsNothingMoreOnALowDiskAndGoesOnByItself) {
  stage.make_harvest("low", 20'000, 100, {"RVS"});
  stage.make_harvest("other", 20'000, 100, {"RVS"});
  stage.start_engine();
  stage.loop.run_for(10s);
  seen.insert_or_assign("/out/low", space(kGB));
  stage.loop.run_for(40s);
  const auto low = stage.status("low");
  EXPECT_EQ(low.state, "waiting");
  EXPECT_EQ(low.waiting_for, "disk low on /out/low: 1.0 GB free, goes on at 3.2 GB");
  EXPECT_EQ(low.chunks_in_flight, 0U);
  const auto delivered = low.delivered;
  ASSERT_TRUE(stage.run_until_state("other", "finished"));
  stage.loop.run_for(1h);
  EXPECT_EQ(stage.status("low").delivered, delivered);
  EXPECT_LT(looks["/out/low"], 200) << "once in 30 s";
  seen.insert_or_assign("/out/low", space(3 * kGB));
  stage.loop.run_for(5min);
  EXPECT_EQ(stage.status("low").delivered, delivered) << "between the marks";
  seen.erase("/out/low");
  EXPECT_TRUE(stage.run_until_state("low", "finished", 1h));
  EXPECT_EQ(stage.status("low").waiting_for, "");
}

TEST_F(EngineDisk, HoldsAllHarvestsWhereTheStateDirectoryIsLow) {
  stage.make_harvest("one", 20'000, 100, {"RVS"});
  stage.start_engine();
  const auto state = std::filesystem::temp_directory_path();
  seen.insert_or_assign(state, space(kGB));
  stage.loop.run_for(1min);
  EXPECT_THAT(stage.status("one").waiting_for, HasSubstr("disk low on " + state.string()));
  seen.clear();
  EXPECT_TRUE(stage.run_until_state("one", "finished", 1h));
}

TEST_F(EngineDisk, WaitsForADiskThatIsNotThere) {
  stage.make_harvest("gone", 20'000, 100, {"RVS"});
  stage.start_engine();
  stage.loop.run_for(10s);
  seen.insert_or_assign("/out/gone", DiskSpace{500 * kGB, 1000 * kGB, 1, 1, false});
  stage.loop.run_for(1min);
  EXPECT_THAT(stage.status("gone").waiting_for, HasSubstr("is its disk mounted?"));
  seen.clear();
  EXPECT_TRUE(stage.run_until_state("gone", "finished", 1h));
}

TEST_F(EngineDisk, TellsOfADiskThatDoesNotAnswer) {
  stage.make_harvest("hung", 20'000, 100, {"RVS"});
  stage.make_harvest("other", 3000, 100, {"RVS"});
  stage.start_engine();
  stage.workers.jitter = 60s;  // whatever is asked of a worker
  ASSERT_TRUE(stage.loop.run_until([&] {
    const std::string reason = stage.status("hung").waiting_for;
    return reason == "disk trouble: the file system of /out/hung does not answer";
  }));
  stage.workers.jitter = 1ms;
  EXPECT_TRUE(stage.run_until_state("hung", "finished", 2h));
  EXPECT_TRUE(stage.run_until_state("other", "finished", 2h));
}

TEST_F(EngineDisk, NoLookOutlivesWhatIsDone) {
  stage.make_harvest("low", 20'000, 100, {"RVS"});
  stage.start_engine();
  stage.loop.run_for(1s);
  seen.insert_or_assign("/out/low", space(kGB));
  stage.loop.run_for(1min);
  ASSERT_TRUE(stage.await(stage.engine->cancel("low", "ada")));
  stage.loop.run_for(1min);
  EXPECT_TRUE(stage.loop.idle());
}

TEST_F(EngineDisk, ADirectoryThatIsBackIsFoundWithoutAnybody) {
  stage.make_harvest("back", 400, 100, {"RVS"});
  stage.prepare = [] { return Result<void>(fail(Kind::NotFound, "/out/back: is not there")); };
  stage.start_engine();
  stage.loop.run_for(1h);
  EXPECT_EQ(stage.status("back").state, "blocked");
  EXPECT_EQ(stage.archive->requests, 0);
  stage.prepare = [] { return Result<void>{}; };
  EXPECT_TRUE(stage.run_until_state("back", "finished", 5min));
}

}  // namespace
}  // namespace garner::testing
