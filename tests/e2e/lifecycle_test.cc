// A running daemon asked to stop or to read its configuration again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "disk.h"
#include "truth.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

class Lifecycle : public ::testing::Test {
 protected:
  void start(Json knobs, const std::string& config = {}) {
    rig.start_simulator({.knobs = std::move(knobs)});
    if (!config.empty()) rig.write_config(config);
    rig.start_daemon();
  }
  void submit(const std::string& name, std::size_t sources, const std::string& chunk_size) {
    ids = rig.make_ids(sources);
    rig.submit(rig.write_manifest(name, ids, "retrieval_types: [XP_SAMPLED]\nchunk_size: " + chunk_size + "\n"));
  }
  bool log_holds(const std::string& text) {
    return wait_until([&] { return rig.daemon_log().find(text) != std::string::npos; });
  }
  int concurrency() { return rig.report()["highest_concurrency"]; }

  Rig rig;
  std::vector<std::string> ids;
};

TEST_F(Lifecycle, SigtermLetsWhatIsInFlightSettle) {
  start({{"latency", {{"a_s", 1.0}}}});
  submit("drained", 1000, "20");
  ASSERT_TRUE(wait_until([&] { return rig.status("drained")["delivered"].get<int>() > 0; }));
  ASSERT_TRUE(wait_until([&] { return rig.status("drained")["chunks"]["in_flight"] == 4; }));
  EXPECT_EQ(rig.stop_daemon(), 0) << rig.daemon_log();
  std::set<std::string> asked;
  for (const auto& [id, times] : rig.asked("XP_SAMPLED")) asked.insert(id);
  EXPECT_LT(asked.size(), 1000u);
  rig.simulator().signal(SIGSTOP);
  rig.start_daemon();
  EXPECT_TRUE(rig.source_ids("drained", "delivered") == asked)
      << "every request that was under way was taken to its end";
  rig.simulator().signal(SIGCONT);
  rig.simulator_post("/sim/knobs", R"({"latency": {"a_s": 0}})");
  ASSERT_TRUE(rig.wait_for_state("drained", "finished"));
  EXPECT_EQ(rig.report()["max_times_one_id_asked"], 1);
  expect_account(rig, "drained");
}

TEST_F(Lifecycle, ADrainEndsAtItsDeadlineAndWhatItCutIsAskedAgain) {
  start({{"faults", {{"hang", {{"script", {1, 2}}}}}}}, "drain_s: 1\n");
  submit("cut", 200, "20");
  ASSERT_TRUE(wait_until([&] { return rig.status("cut")["chunks"]["done"] == 8; }));
  EXPECT_EQ(rig.status("cut")["chunks"]["in_flight"], 2);
  EXPECT_EQ(rig.stop_daemon(), 0) << rig.daemon_log();
  rig.start_daemon();
  ASSERT_TRUE(rig.wait_for_state("cut", "finished"));
  EXPECT_EQ(rig.status("cut")["delivered"], 200);
  EXPECT_EQ(rig.report()["ids_asked_more_than_once"], 40);
  expect_account(rig, "cut");
}

TEST_F(Lifecycle, AnIdleDaemonStopsOnSigtermAndOnSigint) {
  start(Json::object());
  EXPECT_EQ(rig.stop_daemon(), 0);
  EXPECT_EQ(rig.garner({"list"}).exit_code, 3);
  rig.start_daemon();
  rig.daemon().signal(SIGINT);
  EXPECT_EQ(rig.daemon().wait(), 0);
}

TEST_F(Lifecycle, SighupChangesHowManyRequestsAreInFlight) {
  start({{"latency", {{"a_s", 0.1}}}}, "in_flight: {gaia: 1}\n");
  submit("slow", 1000, "10");
  ASSERT_TRUE(wait_until([&] { return rig.status("slow")["chunks"]["done"].get<int>() >= 3; }));
  EXPECT_EQ(concurrency(), 1);
  rig.write_config("in_flight: {gaia: 4}\n");
  rig.daemon().signal(SIGHUP);
  EXPECT_TRUE(log_holds("reloaded"));
  ASSERT_TRUE(rig.wait_for_state("slow", "finished"));
  EXPECT_EQ(concurrency(), 4);
  EXPECT_EQ(rig.report()["max_times_one_id_asked"], 1);
}

TEST_F(Lifecycle, ABadConfigurationChangesNothingAndEveryProblemIsLogged) {
  start({{"latency", {{"a_s", 0.05}}}}, "in_flight: {gaia: 2}\n");
  rig.write_config("in_flight: {gaia: 800}\ndrain_minutes: 3\nlog_level: loud\n");
  rig.daemon().signal(SIGHUP);
  ASSERT_TRUE(log_holds("the old one stays in force"));
  for (const char* problem :
       {"garnerd.yaml:5", "in_flight.gaia: expected a whole number from 1 to 64", "garnerd.yaml:6",
        "drain_minutes: unknown key", "garnerd.yaml:7", "'loud' is not one of"}) {
    EXPECT_THAT(rig.daemon_log(), HasSubstr(problem));
  }
  submit("after", 300, "10");
  ASSERT_TRUE(rig.wait_for_state("after", "finished"));
  EXPECT_EQ(concurrency(), 2);
}

TEST_F(Lifecycle, SighupReadsTheProfileAgainAndABadProfileIsLeftAside) {
  start(Json::object());
  const std::string good = rig.base_url;
  rig.write_profile({{"base_url", "http://127.0.0.1:1"}});
  rig.daemon().signal(SIGHUP);
  ASSERT_TRUE(log_holds("reloaded"));
  submit("astray", 60, "20");
  ASSERT_TRUE(wait_until([&] {
    return rig.status("astray")["last_trouble"].get<std::string>().find("no connection") != std::string::npos;
  }));
  rig.write_profile({{"base_url", "nonsense"}});
  rig.daemon().signal(SIGHUP);
  ASSERT_TRUE(log_holds("the profile read before stays in force"));
  rig.write_profile({{"base_url", good}});
  rig.daemon().signal(SIGHUP);
  ASSERT_TRUE(rig.wait_for_state("astray", "finished"));
  expect_account(rig, "astray");
}

TEST_F(Lifecycle, SighupChangesTheOutputRoots) {
  start(Json::object());
  fs::create_directories(rig.root() / "second");
  const auto manifest = rig.write_manifest(
      "moved", rig.make_ids(10),
      "retrieval_types: [XP_SAMPLED]\noutput: {directory: " + (rig.root() / "second" / "moved").string() + "}\n");
  EXPECT_EQ(rig.garner({"submit", manifest.string()}).exit_code, 2);
  std::string config = read_file(rig.root() / "garnerd.yaml");
  config.replace(config.find("output_roots: ["), 15, "output_roots: [" + (rig.root() / "second").string() + ", ");
  write_file(rig.root() / "garnerd.yaml", config);
  rig.daemon().signal(SIGHUP);
  ASSERT_TRUE(log_holds("reloaded"));
  EXPECT_EQ(rig.garner({"submit", manifest.string(), "--wait"}).exit_code, 0);
}

TEST_F(Lifecycle, HarvestsShareTheArchiveFairly) {
  start({{"latency", {{"a_s", 0.5}}}});
  const auto many = rig.make_ids(2000);
  rig.submit(rig.write_manifest("big", many, "retrieval_types: [XP_SAMPLED]\nchunk_size: 20\n"));
  ASSERT_TRUE(wait_until([&] { return rig.status("big")["delivered"].get<int>() > 0; }));
  rig.submit(rig.write_manifest("small", rig.make_ids(100, 3), "retrieval_types: [RVS]\nchunk_size: 20\n"));
  ASSERT_TRUE(rig.wait_for_state("small", "finished"));
  EXPECT_NE(rig.status("big")["state"], "finished") << "the small one did not wait for the big one's end";
  rig.simulator_post("/sim/knobs", R"({"latency": {"a_s": 0}})");
  ASSERT_TRUE(rig.wait_for_state("big", "finished"));
  EXPECT_LE(concurrency(), 4);
}

}  // namespace
}  // namespace garner::e2e
