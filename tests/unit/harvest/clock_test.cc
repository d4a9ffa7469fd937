// Wall clocks that are put forward and back, machines that sleep: waits, rates and estimates go by the steady clock.
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;

// A harvest in bad weather; how long it takes when the wall clock jumps every minute by so much.
Duration played_with(std::chrono::hours jump) {
  Stage stage;
  stage.make_harvest("h", 20'000, 100, {"RVS"});
  int answers = 0;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    if (++answers % 40 == 0) return Error{Kind::RateLimited, "later", 600s};
    if (answers % 7 == 0) return Error{Kind::Suspect, "null", std::nullopt};
    return std::nullopt;
  };
  stage.start_engine();
  const SteadyTime begin = stage.loop.now();
  while (stage.status("h").state != "finished" && stage.loop.now() < begin + 1000h) {
    stage.loop.run_for(30s);
    const auto status = stage.status("h");
    EXPECT_GE(status.rate_sources_per_s, 0);
    EXPECT_GE(status.eta_s.value_or(0), 0);
    for (const auto& request : status.in_flight) EXPECT_GE(request.age_s, 0);
    stage.loop.run_for(30s);
    stage.executor.wall_shift += jump;
  }
  EXPECT_EQ(stage.status("h").delivered, 20'000U);
  return stage.loop.now() - begin;
}

TEST(Clock, JumpsOfTheWallClockCostNothing) {
  const Duration undisturbed = played_with(0h);
  EXPECT_GT(undisturbed, 10min);
  EXPECT_EQ(played_with(31h), undisturbed);
  EXPECT_EQ(played_with(-31h), undisturbed);
  EXPECT_EQ(played_with(-24h * 365), undisturbed);
}

TEST(Clock, AWindowIsMetWithinAMinuteOfAJump) {
  Stage stage;
  std::vector<SourceId> ids;
  for (std::uint64_t id = 1000; id < 3000; ++id) ids.push_back(SourceId{id});
  stage.make_harvest_of("h", ids, 100, {"RVS"},
                        "release: Gaia DR3\nsources: {file: ids.txt}\nretrieval_types: [RVS]\n"
                        "window: \"20:00-06:00\"\ntime_zone: UTC\n");
  stage.start_engine();  // at 8 in the morning
  stage.loop.run_for(10min);
  ASSERT_EQ(stage.archive->requests, 0) << stage.status("h").waiting_for;
  stage.executor.wall_shift = 13h;
  stage.loop.run_for(61s);
  const int asked = stage.archive->requests;
  EXPECT_GT(asked, 0);
  stage.executor.wall_shift = 0h;
  stage.loop.run_for(61s);
  const int until_seen = stage.archive->requests;
  stage.loop.run_for(1h);
  EXPECT_EQ(stage.archive->requests, until_seen) << "the window is closed again";
  stage.executor.wall_shift = 13h;
  EXPECT_TRUE(stage.run_until_state("h", "finished", 1h));
}

// The pump looks at the clock, and time goes on before it sets its timer: what falls due in between must not be lost.
TEST(Clock, NothingIsForgottenThatFallsDueWhileThePumpIsAtWork) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Stage stage(seed);
    stage.executor.creep = 1ms;
    stage.profile.manners.retry_first = 100ms;
    stage.profile.manners.retry_most = 100ms;
    for (const char* name : {"a", "b", "c"}) stage.make_harvest(name, 1500, 100, {"RVS"});
    int answers = 0;
    stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
      if (++answers % 3 == 0) return Error{Kind::Suspect, "null", std::nullopt};
      return std::nullopt;
    };
    stage.start_engine();
    for (const char* name : {"a", "b", "c"}) {
      ASSERT_TRUE(stage.run_until_state(name, "finished", 10h))
          << "seed " << seed << ": " << name << " " << stage.status(name).waiting_for;
    }
  }
}

}  // namespace
}  // namespace garner::testing
