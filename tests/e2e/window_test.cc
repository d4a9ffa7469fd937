// A window that is closed now, and a cap on requests, with a real daemon. What happens as one closes is played in
// virtual time (tests/unit/harvest/window_engine_test.cc).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "disk.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

// Hours that begin in `ahead` hours from now, on the clocks of UTC, and last one.
std::string window_in(int ahead) {
  const std::time_t now = std::time(nullptr);
  const int hour = std::gmtime(&now)->tm_hour;
  const auto clock = [&](int hours) { return std::to_string((hour + hours) % 24) + ":00"; };
  return "window: \"" + clock(ahead) + "-" + clock(ahead + 1) + "\"\ntime_zone: UTC\n";
}

class Window : public ::testing::Test {
 protected:
  Window() {
    rig.start_simulator();
    rig.start_daemon();
  }
  fs::path manifest(const std::string& name, std::size_t sources, const std::string& more) {
    return rig.write_manifest(name, rig.make_ids(sources), "retrieval_types: [XP_SAMPLED]\nchunk_size: 10\n" + more);
  }

  Rig rig;
};

TEST_F(Window, AHarvestOutsideItWaitsSaysWhyAndAsksNothing) {
  const auto path = manifest("night", 100, window_in(3));
  const Ran submitted = rig.garner({"submit", path.string()});
  EXPECT_EQ(submitted.exit_code, 0) << submitted.err;
  EXPECT_THAT(submitted.out, HasSubstr("starts at "));
  auto status = rig.status("night");
  EXPECT_EQ(status["state"], "waiting");
  EXPECT_THAT(status["waiting_for"].get<std::string>(), HasSubstr("window closed until "));
  EXPECT_GT(status["opens_s"].get<std::int64_t>(), std::time(nullptr) + 3600);
  EXPECT_THAT(rig.garner({"status"}).out, HasSubstr("waiting until "));

  EXPECT_EQ(rig.garner({"pause", "night"}).exit_code, 0);
  EXPECT_EQ(rig.status("night")["state"], "paused");
  EXPECT_EQ(rig.garner({"resume", "night"}).exit_code, 0);
  EXPECT_EQ(rig.status("night")["state"], "waiting");
  // Another one, without a window, is served meanwhile.
  rig.submit(manifest("day", 50, ""));
  ASSERT_TRUE(rig.wait_for_state("day", "finished"));
  EXPECT_EQ(rig.status("night")["delivered"], 0);
  EXPECT_EQ(rig.status("night")["attempts"], 0);

  EXPECT_EQ(rig.stop_daemon(), 0);
  rig.start_daemon();
  EXPECT_EQ(rig.status("night")["state"], "waiting");
  EXPECT_EQ(rig.garner({"cancel", "night"}).exit_code, 0);
  EXPECT_EQ(rig.status("night")["state"], "cancelled");
}

TEST_F(Window, AHarvestWithinItRuns) {
  rig.submit(manifest("now", 50, window_in(3) + "# now\n"));
  const auto path = manifest("open", 50, "window: [\"00:00-24:00\"]\ntime_zone: America/Santiago\n");
  rig.submit(path);
  ASSERT_TRUE(rig.wait_for_state("open", "finished"));
  expect_account(rig, "open");
  EXPECT_EQ(rig.status("now")["state"], "waiting");
}

TEST_F(Window, ADeadlineThatIsOverIsRefused) {
  const Ran late = rig.garner({"submit", manifest("late", 10, "deadline: 2020-01-01 00:00\n").string()});
  EXPECT_EQ(late.exit_code, 2);
  EXPECT_THAT(late.err, HasSubstr("deadline: it is over"));
}

TEST_F(Window, ThePlanCountsItsNights) {
  const auto path = manifest("plan", 200, "window: \"20:00-06:00\"\nlimits: {requests_per_minute: 0.02}\n");
  const Ran plan = rig.garner({"submit", "--plan", path.string()});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("within its limits it takes about 16.7 hours: 2 nights in 20:00-06:00"));
}

TEST_F(Window, AReloadAppliesAndLiftsARateCap) {
  rig.write_config("limits: {gaia: {requests_per_minute: 0.01}}\n");
  rig.daemon().signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return rig.daemon_log().find("reloaded") != std::string::npos; }));
  rig.submit(manifest("capped", 100, ""));
  ASSERT_TRUE(wait_until([&] { return rig.status("capped")["delivered"] == 10; }));
  ASSERT_TRUE(wait_until([&] { return rig.status("capped")["state"] == "waiting"; }));
  EXPECT_EQ(rig.status("capped")["limited_by"], "0.01 requests/min (for gaia)");
  rig.write_config();
  rig.daemon().signal(SIGHUP);
  ASSERT_TRUE(rig.wait_for_state("capped", "finished"));
  expect_account(rig, "capped");
}

}  // namespace
}  // namespace garner::e2e
