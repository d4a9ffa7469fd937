// An archive that is down, or under strain, and how the daemon asks it meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "disk.h"
#include "truth.h"

namespace garner::e2e {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class BreakerRig : public ::testing::Test {
 protected:
  void start(const Json& faults, const std::map<std::string, std::string>& profile = {}) {
    rig.start_simulator({.knobs = {{"faults", faults}}});
    rig.write_profile(profile);
    rig.start_daemon();
    ids = rig.make_ids(200);
  }
  void submit(const std::string& name) {
    rig.submit(rig.write_manifest(name, ids, "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\n"));
  }
  Json breaker(const std::string& name) { return rig.status(name)["archive_status"]["breaker"]; }
  bool probed_in_vain(const std::string& name, int times) {
    return wait_until([&] {
      const Json now = breaker(name);
      return now["state"] != "closed" && now["probes_failed"].get<int>() >= times;
    });
  }
  void expect_all_delivered(const std::string& name) {
    ASSERT_TRUE(rig.wait_for_state(name, "finished"));
    EXPECT_EQ(rig.status(name)["delivered"], ids.size());
    EXPECT_EQ(rig.status(name)["failed"], 0);
    EXPECT_EQ(breaker(name)["state"], "closed");
    expect_account(rig, name);
  }

  Rig rig;
  std::vector<std::string> ids;
};

// Not one attempt may be counted: the first one would be the last.
TEST_F(BreakerRig, IsOpenDuringMaintenanceSaysSoAndClosesByItself) {
  start({{"maintenance_200", {{"probability", 1.0}}}}, {{"attempts_most", "1"}});
  submit("down");
  ASSERT_TRUE(probed_in_vain("down", 5));
  const Json status = rig.status("down");
  EXPECT_THAT(status["archive_status"]["breaker"]["because"].get<std::string>(), HasSubstr("maintenance"));
  EXPECT_GT(status["archive_status"]["breaker"]["since_s"].get<std::int64_t>(), 1'600'000'000);
  EXPECT_EQ(status["pending"], ids.size());
  ASSERT_TRUE(wait_until(
      [&] { return rig.status("down")["waiting_for"].get<std::string>().starts_with("archive down for "); }));
  const Ran verbose = rig.garner({"status", "down", "--verbose"});
  EXPECT_EQ(verbose.exit_code, 0);
  EXPECT_THAT(verbose.out, HasSubstr("\n  breaker        open since "));
  EXPECT_THAT(rig.garner({"status", "--verbose"}).out, HasSubstr("\n\ngaia\n  concurrency    "));
  EXPECT_THAT(rig.daemon_log(), HasSubstr("archive gaia: its breaker opens"));
  rig.simulator_post("/sim/reset", "");
  rig.set_knobs({{"faults", nullptr}});
  expect_all_delivered("down");
  EXPECT_EQ(rig.report()["requests_ok"], 10) << "chunks, none of them halved";
  EXPECT_THAT(rig.daemon_log(), HasSubstr("archive gaia: its breaker closes after "));
}

// The archive says nothing that speaks against it; but what is known to be there does not come either.
TEST_F(BreakerRig, IsOpenWhileEveryAnswerIsNullAndCostsNoSource) {
  start({{"null_500", {{"probability", 1.0}}}});
  submit("null-night");
  ASSERT_TRUE(probed_in_vain("null-night", 10));
  rig.simulator_post("/sim/reset", "");
  rig.set_knobs({{"faults", nullptr}});
  expect_all_delivered("null-night");
  EXPECT_THAT(rig.report()["requests_ok"].get<int>(), AnyOf(10, 11)) << "chunks, and a last second opinion";
}

TEST_F(BreakerRig, OverloadTakesOneRequestAwayAndSaysWhy) {
  start({{"too_many_429", {{"script", {5}}}}});
  submit("strain");
  expect_all_delivered("strain");
  const Json archive = rig.status("strain")["archive_status"];
  EXPECT_EQ(archive["ceiling"], 4);
  EXPECT_EQ(archive["last_change"]["from"], 4);
  EXPECT_EQ(archive["last_change"]["to"], 3);
  EXPECT_THAT(archive["last_change"]["why"].get<std::string>(), HasSubstr("429"));
  EXPECT_THAT(rig.garner({"status", "strain", "--verbose"}).out, HasSubstr("concurrency    3 (was 4 until "));
  EXPECT_THAT(rig.daemon_log(), HasSubstr("archive gaia: 3 in flight at most, was 4: "));
}

// Each life of the daemon would send as many requests as it has places: 4, as conf/archives/gaia.yaml says.
TEST_F(BreakerRig, StaysOpenOverKillsWithinARetryAfter) {
  start({{"too_many_429", {{"probability", 1.0}, {"retry_after", "3600"}}}});
  submit("patient");
  ASSERT_TRUE(wait_until([&] { return breaker("patient")["state"] == "open"; }));
  for (int life = 0; life < 6; ++life) {
    rig.daemon().kill_now();
    rig.start_daemon();
    ASSERT_TRUE(wait_until(
        [&] { return rig.status("patient")["waiting_for"].get<std::string>().starts_with("archive down for "); }));
  }
  EXPECT_LE(rig.report()["requests"].get<int>(), 8)
      << "those of the first life; once more where it was killed too soon";
  EXPECT_EQ(rig.status("patient")["pending"], ids.size());
}

}  // namespace
}  // namespace garner::e2e
