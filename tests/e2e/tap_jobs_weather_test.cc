// Remote jobs that fail, run out of time, vanish, or take every way that UWS knows: the harvest gets through what
// passes, says what does not in the server's words, and leaves no job behind.
#include <gmock/gmock.h>

#include "tap_weather.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

// A job in ERROR: its words decide.
struct Failure {
  std::string name, words, type;
  std::string state;  // in which the harvest comes to rest while all jobs end so
};

void PrintTo(const Failure& failure, std::ostream* out) {
  *out << failure.name;
}

class JobsInError : public TapWeather, public ::testing::WithParamInterface<Failure> {};

TEST_P(JobsInError, AreJudgedByTheServersWords) {
  const Failure& failure = GetParam();
  start({{"end_phase", "ERROR"}, {"error_message", failure.words}, {"error_type", failure.type}});
  rig.submit(manifest("errors", copy("mode: async\n")));
  ASSERT_TRUE(rig.wait_for_state("errors", failure.state));
  EXPECT_THAT(rig.status("errors").dump(), HasSubstr(failure.words.substr(0, 30)));
  EXPECT_EQ(rig.status("errors")["pending"], 5);
  tap_knobs({{"end_phase", ""}});
  if (failure.state == "blocked") rig.garner({"retry", "errors", "--outcome", "pending"});
  ASSERT_TRUE(rig.wait_for_state("errors", "finished"));
  expect_true_copy("errors");
  expect_no_job_is_left();
}

INSTANTIATE_TEST_SUITE_P(
    Each, JobsInError,
    ::testing::Values(
        Failure{"Overload", "Unable to create connection to database: Pool empty", "transient", "waiting"},
        Failure{"Quota", "DB quota exceeded for user anonymous (Currently 10 GB, maximum allowed is 10 GB)", "fatal",
                "blocked"},
        Failure{"OurFault", "Cannot parse query 'SELECT': Encountered nonsense", "fatal", "blocked"}),
    [](const auto& each) { return each.param.name; });

TEST_F(TapWeather, AJobThatRanOutOfItsTimeIsHalved) {
  start({{"end_phase", "ABORTED"}, {"end_phase_jobs", 3}});
  finish(manifest("aborted", copy("mode: async\n")), "aborted");
  expect_true_copy("aborted");
  expect_no_job_is_left();
}

TEST_F(TapWeather, JobsThatTheArchiveLosesAreMadeAgain) {
  start({{"execution", {{"a_s", 0.5}}}});
  rig.submit(manifest("lost", copy("mode: async\n")));
  ASSERT_TRUE(wait_until([&] { return tap_report()["jobs_run"].get<int>() >= 2; }));
  rig.simulator_post("/sim/expire_jobs", "");
  ASSERT_TRUE(wait_until([&] { return tap_report()["jobs_run"].get<int>() >= 6; }));
  rig.simulator_post("/sim/archive_jobs", "");
  ASSERT_TRUE(rig.wait_for_state("lost", "finished"));
  expect_true_copy("lost");
}

TEST_F(TapWeather, ACancelledOrRemovedHarvestLeavesNoJobThatRuns) {
  start({{"execution", {{"a_s", 1000}}}});
  for (const std::string verb : {"cancel", "remove"}) {
    SCOPED_TRACE(verb);
    rig.simulator_post("/sim/reset", "");
    rig.submit(manifest(verb + "led", copy("mode: async\n")));
    ASSERT_TRUE(wait_until([&] { return tap_report()["jobs_run"].get<int>() >= 4; }));
    EXPECT_EQ(rig.garner({verb, verb + "led"}).exit_code, 0);
    EXPECT_TRUE(wait_until([&] { return tap_report()["jobs_deleted"] == tap_report()["jobs_created"]; }));
    expect_no_job_is_left();
  }
}

TEST_F(TapWeather, AJobGoesThroughEveryPhaseThatIsNoEnd) {
  start(
      {{"phase_script", Json::parse(R"([["QUEUED", 0.1], ["SUSPENDED", 0.1], ["UNKNOWN", 0.1], ["EXECUTING", 0.1]])")},
       {"job_ids", "uuid"},
       {"result_redirect", true}});
  finish(manifest("phases", copy("mode: async\n")), "phases");
  expect_true_copy("phases");
  expect_jobs_ran_once_and_are_gone();
}

TEST_F(TapWeather, ARunThatIsLostIsSentAgain) {
  start({{"lost_runs", 1}});
  finish(manifest("runs", copy("mode: async\n")), "runs");
  expect_true_copy("runs");
  expect_jobs_ran_once_and_are_gone();
}

}  // namespace
}  // namespace garner::e2e
