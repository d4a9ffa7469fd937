#include "ivoa/uws_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ivoa/fake_service.h"

namespace garner::ivoa {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::error_page;
using testing::error_votable;
using testing::FakeTransport;
using testing::finish;
using ::testing::HasSubstr;
using testing::job_xml;
using ::testing::Not;
using testing::reply;
using testing::seconds;
using testing::VirtualLoop;
using testing::votable;

const std::string kBase = "https://tap.example.org/tap";
const std::string kJob = kBase + "/async/7";

Service service() {
  Service made;
  made.base_url = kBase;
  made.cookies = [] { return std::string("SESSION=s"); };
  return made;
}

struct Stage {
  VirtualLoop loop;
  FakeTransport transport{loop};
  Caller caller;
  Jobs jobs;
  std::stop_source stop;

  explicit Stage(Service made = service(), JobDeletion deletion = JobDeletion::Delete)
      : caller(transport, loop, std::move(made)), jobs(caller, kBase + "/async", deletion) {}

  Result<JobOutcome> wait(WaitOptions options = {}, Asked asked = {}) {
    return finish(loop, jobs.wait_for(kJob, asked, options, stop.get_token()));
  }
  Result<std::string> create() { return finish(loop, jobs.create("text/plain", "x", {}, stop.get_token())); }
  void phases(std::initializer_list<const char*> all) {
    for (const auto* phase : all) transport.then(200, job_xml(phase, "", ""));
  }
};

// ---- making a job

TEST(JobCreation, ResolvesTheLocationOfAnOpaqueIdAgainstTheServicesUrl) {
  for (const std::string location :
       {"https://tap.example.org/tap/async/b2242729-f44b-11f0-O", "/tap/async/b2242729-f44b-11f0-O",
        "http://tap.example.org/tap/async/b2242729-f44b-11f0-O", "async/b2242729-f44b-11f0-O"}) {
    Stage stage;
    stage.transport.then_see_other(location);
    const auto url = stage.create();
    ASSERT_TRUE(url) << location << ": " << url.error().detail;
    EXPECT_EQ(*url, "https://tap.example.org/tap/async/b2242729-f44b-11f0-O");
    EXPECT_EQ(job_id_of(*url), "b2242729-f44b-11f0-O");
    EXPECT_THAT(stage.transport.urls(), ElementsAre("POST https://tap.example.org/tap/async"))
        << "the 303 is not followed";
  }
}

TEST(JobCreation, RefusesALocationElsewhere) {
  for (const std::string location : {"https://evil.example.org/async/7", "http://tap.example.org:8080/tap/async/7",
                                     "https://tap.example.org/tap/async", "ftp://x/7"}) {
    Stage stage;
    stage.transport.then_see_other(location);
    EXPECT_FALSE(stage.create()) << location;
  }
}

TEST(JobCreation, GivesTheServicesWordsWhereItIsRefused) {
  Stage stage;
  stage.transport.then(500, error_page("Cannot parse query 'x' for job '1O': Encountered &quot;x&quot;"));
  const auto url = stage.create();
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().kind, Kind::Unsupported);
  EXPECT_THAT(url.error().detail, HasSubstr("Encountered \"x\""));
}

TEST(JobCreation, OfANullWithAnUploadIsTheSharedQuotaAndWithoutOneSuspect) {
  for (const bool with_upload : {true, false}) {
    Stage stage;
    stage.transport.then(500, error_page("null"));
    const auto url =
        finish(stage.loop, stage.jobs.create("text/plain", "x", {.with_upload = with_upload, .format = {}}, {}));
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().kind, with_upload ? Kind::Quota : Kind::Suspect);
  }
}

// ---- waiting

TEST(JobWait, GoesThroughALifeWithPlainPollingAtGrowingIntervals) {
  Stage stage;
  stage.phases({"PENDING"});
  stage.transport.then_see_other(kJob);  // RUN
  stage.phases({"QUEUED", "EXECUTING", "EXECUTING", "EXECUTING", "COMPLETED"});
  const auto outcome = stage.wait();
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->end, JobEnd::Completed);
  const auto& asked = stage.transport.asked;
  ASSERT_EQ(asked.size(), 7u);
  EXPECT_EQ(asked[1].request.url, kJob + "/phase");
  EXPECT_EQ(asked[1].request.body, "PHASE=RUN");
  EXPECT_THAT(stage.transport.urls(), Each(Not(HasSubstr("WAIT"))));
  for (std::size_t i = 4; i < asked.size(); ++i)
    EXPECT_GT(asked[i].at - asked[i - 1].at, asked[i - 1].at - asked[i - 2].at);
}

TEST(JobWait, PollsAtMostAsSeldomAsTold) {
  Stage stage;
  int looks = 0;
  stage.transport.always = [&](const http::Request&) -> Result<http::Reply> {
    return reply(200, job_xml(++looks < 100 ? "EXECUTING" : "COMPLETED", "", ""));
  };
  ASSERT_TRUE(stage.wait());
  const auto& asked = stage.transport.asked;
  EXPECT_EQ(asked.back().at - asked[asked.size() - 2].at, seconds(60));
}

TEST(JobWait, LongPollsWhereOfferedWellBelowTheReadTimeOut) {
  auto made = service();
  made.timeouts.stall = seconds(40);
  Stage stage(made);
  stage.transport.then(200, job_xml("QUEUED"));
  stage.transport.then(200, job_xml("EXECUTING"));
  stage.transport.then(200, job_xml("COMPLETED"));
  stage.transport.latency = seconds(2);
  ASSERT_TRUE(stage.wait());
  EXPECT_THAT(stage.transport.urls(), ElementsAre("GET " + kJob, "GET " + kJob + "?WAIT=20&PHASE=QUEUED",
                                                  "GET " + kJob + "?WAIT=20&PHASE=EXECUTING"));
  EXPECT_GE(stage.transport.asked[1].request.timeouts.first_byte, seconds(40));
}

TEST(JobWait, BacksOffWhereTheServiceIgnoresItsOwnWait) {
  Stage stage;
  int looks = 0;
  stage.transport.always = [&](const http::Request&) -> Result<http::Reply> {
    return reply(200, job_xml(++looks < 20 ? "EXECUTING" : "COMPLETED"));
  };
  ASSERT_TRUE(stage.wait());
  const auto& asked = stage.transport.asked;
  EXPECT_GE(asked.back().at - asked.front().at, seconds(60));
}

TEST(JobWait, NeverLongPollsAPhaseThatDoesNotBlock) {
  Stage stage;
  for (const auto* phase : {"SUSPENDED", "UNKNOWN", "SUSPENDED"}) stage.transport.then(200, job_xml(phase));
  stage.transport.then(200, job_xml("COMPLETED"));
  ASSERT_TRUE(stage.wait());
  EXPECT_EQ(stage.transport.count("WAIT"), 0u);
}

TEST(JobWait, SendsRunAgainToAJobLeftPending) {
  Stage stage;
  int runs = 0;
  stage.transport.always = [&](const http::Request& request) -> Result<http::Reply> {
    if (request.method == http::Method::Post) return ++runs, reply(200, "");
    return reply(200, job_xml(runs < 3 ? "PENDING" : "COMPLETED", "", ""));
  };
  const auto outcome = stage.wait();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, JobEnd::Completed);
  EXPECT_EQ(runs, 3);
}

TEST(JobWait, GivesUpAJobThatStaysPendingForGood) {
  Stage stage;
  stage.transport.always = [](const http::Request&) -> Result<http::Reply> {
    return reply(200, job_xml("PENDING", "", ""));
  };
  WaitOptions options;
  options.runs_most = 4;
  const auto outcome = stage.wait(options);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, JobEnd::NeverStarted);
  EXPECT_EQ(outcome->why.kind, Kind::Overloaded);
  EXPECT_EQ(stage.transport.count("/phase"), 4u);
}

TEST(JobWait, AsksAHeldJobToRunAgainLater) {
  Stage stage;
  int runs = 0;
  stage.transport.always = [&](const http::Request& request) -> Result<http::Reply> {
    if (request.method == http::Method::Post) return ++runs, reply(200, "");
    return reply(200, job_xml(runs < 20 ? "HELD" : "COMPLETED", "", ""));
  };
  const auto outcome = stage.wait();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, JobEnd::Completed) << "being held is no reason to give up";
  EXPECT_LT(stage.transport.asked.size(), 200u);
}

TEST(JobWait, TakesSuspendedForAliveAndUnknownForAskAgain) {
  Stage stage;
  stage.phases({"SUSPENDED", "UNKNOWN", "DANCING", "SUSPENDED", "EXECUTING", "COMPLETED"});
  const auto outcome = stage.wait();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, JobEnd::Completed);
  EXPECT_EQ(stage.transport.count("/phase"), 0u);
}

TEST(JobWait, OfAnAbortedJobSaysThatASmallerOneIsDue) {
  Stage stage;
  stage.phases({"ABORTED"});
  const auto outcome = stage.wait();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, JobEnd::Aborted);
  EXPECT_EQ(outcome->why.kind, Kind::TooLarge);
}

TEST(JobWait, OfAnArchivedOrDestroyedJobIsGone) {
  Stage archived;
  archived.phases({"ARCHIVED"});
  EXPECT_EQ(archived.wait()->end, JobEnd::Gone);
  Stage destroyed;
  for (int i = 0; i < 3; ++i) destroyed.transport.then(404, "no such job");
  EXPECT_EQ(destroyed.wait()->end, JobEnd::Gone);
  Stage hiccup;
  for (int i = 0; i < 2; ++i) hiccup.transport.then(404, "no such job");
  hiccup.phases({"COMPLETED"});
  EXPECT_EQ(hiccup.wait()->end, JobEnd::Completed) << "one 404 may be a proxy's";
}

TEST(JobWait, APollThatFailsSaysNothingAboutTheJob) {
  Stage stage;
  stage.phases({"EXECUTING"});
  stage.transport.then_fail(Kind::Transient);
  stage.transport.then_fail(Kind::Corrupt);
  stage.transport.then(500, error_page("null"));
  stage.transport.then(200, std::string(testing::kMaintenance));
  stage.transport.then(200, job_xml("COMPLETED").substr(0, 60));
  stage.phases({"COMPLETED"});
  const auto outcome = stage.wait();
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->end, JobEnd::Completed);
  EXPECT_TRUE(stage.transport.script_done());
}

TEST(JobWait, ObeysRetryAfterBetweenPolls) {
  Stage stage;
  stage.transport.then(503, "later", {{"retry-after", "600"}});
  stage.phases({"COMPLETED"});
  ASSERT_TRUE(stage.wait());
  EXPECT_EQ(stage.transport.asked[1].at - stage.transport.asked[0].at, seconds(600));
}

TEST(JobWait, EndsWithTheLastPollsErrorWhenTheServiceIsAwayForTooLong) {
  Stage stage;
  stage.transport.always = [](const http::Request&) -> Result<http::Reply> {
    return fail(Kind::Transient, "no route");
  };
  WaitOptions options;
  options.unreachable_most = seconds(1000);
  const auto outcome = stage.wait(options);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, Kind::Transient);
  EXPECT_THAT(outcome.error().detail, HasSubstr("no route"));
}

TEST(JobWait, OfAJobThatIsNoLongerOursAsksForALogin) {
  Stage stage;
  stage.transport.then(403, "User 'anonymous' is not authorized.");
  const auto outcome = stage.wait();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, Kind::Auth);
}

TEST(JobWait, LeavesTheJobWhenItsTimeIsOver) {
  Stage stage;
  stage.transport.always = [](const http::Request&) -> Result<http::Reply> {
    return reply(200, job_xml("EXECUTING", "", ""));
  };
  WaitOptions options;
  options.total = seconds(300);
  const auto outcome = stage.wait(options);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, JobEnd::StillRunning);
  EXPECT_EQ(outcome->job.phase, Phase::Executing);
  EXPECT_EQ(stage.transport.count("ABORT"), 0u);
}

TEST(JobWait, EndsPromptlyWhenStopped) {
  Stage stage;
  stage.transport.always = [](const http::Request&) -> Result<http::Reply> {
    return reply(200, job_xml("EXECUTING", "", ""));
  };
  std::optional<Result<JobOutcome>> result;
  TaskGroup group;
  group.spawn(testing::keep(stage.jobs.wait_for(kJob, {}, {}, stage.stop.get_token()), result));
  stage.loop.run_for(seconds(100));
  ASSERT_FALSE(result);
  const auto asked = stage.transport.asked.size();
  stage.stop.request_stop();
  stage.loop.run_for(seconds(0));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().kind, Kind::Cancelled);
  EXPECT_EQ(stage.transport.asked.size(), asked);
  EXPECT_EQ(stage.loop.timers(), 0u);
}

TEST(JobWait, TellsEachReadableLookToWhoWatches) {
  Stage stage;
  stage.phases({"QUEUED", "EXECUTING", "COMPLETED"});
  std::vector<Phase> seen;
  WaitOptions options;
  options.on_look = [&seen](const Job& job) { seen.push_back(job.phase); };
  ASSERT_TRUE(stage.wait(options));
  EXPECT_THAT(seen, ElementsAre(Phase::Queued, Phase::Executing, Phase::Completed));
}

TEST(JobWait, TellsLooksThatWereLostWhereItGoesOn) {
  Stage stage;
  stage.transport.then_fail(Kind::Transient);
  stage.transport.then(404, "");
  stage.phases({"COMPLETED"});
  std::vector<Kind> lost;
  WaitOptions options;
  options.on_lost = [&lost](const Error& error) { lost.push_back(error.kind); };
  ASSERT_TRUE(stage.wait(options));
  EXPECT_THAT(lost, ElementsAre(Kind::Transient, Kind::NotFound));
}

// ---- failed jobs

Result<JobOutcome> failed(std::string_view summary, std::string error_document, Asked asked = {}) {
  Stage stage;
  stage.transport.then(200, job_xml("ERROR", summary));
  if (!error_document.empty()) stage.transport.then(200, error_document);
  return stage.wait({}, asked);
}

TEST(FailedJob, GivesTheErrorDocumentsWordsAndTheRightKind) {
  const std::string has_detail =
      "<uws:errorSummary type=\"fatal\" hasDetail=\"true\"><uws:message>in short</uws:message></uws:errorSummary>";
  const std::vector<std::pair<std::string, Kind>> rows = {
      {error_votable("Cannot parse query 'SELECT timeout' for job '1O': 1 unresolved identifiers"), Kind::Unsupported},
      {error_votable("DB quota exceeded for user anonymous (Currently 10 GB, maximum allowed is 10 GB)"), Kind::Quota},
      {error_votable("Timeout: Pool empty. Unable to fetch a connection in 60 seconds"), Kind::Overloaded},
      {error_votable("ERROR: canceling statement due to statement timeout"), Kind::TooLarge},
      {"Query timed out (took too long).", Kind::TooLarge},
      {error_page("column \"foo\" does not exist"), Kind::Unsupported},
  };
  for (const auto& [document, kind] : rows) {
    const auto outcome = failed(has_detail, document);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->end, JobEnd::Failed);
    EXPECT_EQ(outcome->why.kind, kind) << outcome->why.detail;
  }
}

TEST(FailedJob, OfANullSummaryIsTheQuotaWithAnUploadAndSuspectWithout) {
  const std::string null_summary =
      "<uws:errorSummary type=\"FATAL\" hasDetails=\"true\"><uws:message>null</uws:message></uws:errorSummary>";
  EXPECT_EQ(failed(null_summary, error_votable("null"), {.with_upload = true, .format = "votable"})->why.kind,
            Kind::Quota);
  EXPECT_EQ(failed(null_summary, error_votable("null"))->why.kind, Kind::Suspect);
  EXPECT_EQ(failed(null_summary, error_votable("Pool empty."))->why.kind, Kind::Overloaded);
}

TEST(FailedJob, WithWordsThatSayNothingGoesByItsType) {
  const auto summary = [](std::string_view type) {
    return fmt::format("<uws:errorSummary type=\"{}\"><uws:message>oops</uws:message></uws:errorSummary>", type);
  };
  EXPECT_EQ(failed(summary("transient"), "")->why.kind, Kind::Overloaded);
  EXPECT_EQ(failed(summary("fatal"), "")->why.kind, Kind::Suspect);
}

// ---- results

Result<http::Body> result_of(Stage& stage, std::string results, std::string format = "votable") {
  auto job = parse_job(job_xml("COMPLETED", "<uws:results>" + results + "</uws:results>"));
  EXPECT_TRUE(job);
  return finish(stage.loop, stage.jobs.result(kJob, *job, {.with_upload = false, .format = format}, {}));
}

TEST(JobResult, IsTheResultByTheStandardsPathOrIdAndFollowedWithinTheOrigin) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "GET " + kJob + "/results/result"},
      {"<uws:result id=\"a\" xlink:href=\"7/results/log\"/><uws:result id=\"b\" xlink:href=\"7/results/result\"/>",
       "GET " + kJob + "/results/result"},
      {"<uws:result id=\"log\" xlink:href=\"/l\"/><uws:result id=\"result\" xlink:href=\"/store/x.vot\"/>",
       "GET https://tap.example.org/store/x.vot"},
      {"<uws:result id=\"result\" xlink:href=\"http://inner.example.org:8080/tap/async/7/results/result\"/>",
       "GET " + kJob + "/results/result"},
  };
  for (const auto& [results, url] : rows) {
    Stage stage;
    stage.transport.then_see_other("/moved");
    stage.transport.then(200, votable(""));
    const auto body = result_of(stage, results);
    ASSERT_TRUE(body) << body.error().detail;
    EXPECT_THAT(stage.transport.urls(), ElementsAre(url, "GET https://tap.example.org/moved"));
  }
}

TEST(JobResult, OfAnotherOriginIsRefusedUnlessTheProfileNamesIt) {
  const std::string elsewhere = "<uws:result id=\"result\" xlink:href=\"https://store.example.net/x?sig=1\"/>";
  Stage strict;
  const auto refused = result_of(strict, elsewhere);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("data_origins"));
  EXPECT_TRUE(strict.transport.asked.empty());
  auto made = service();
  made.data_origins = {"https://store.example.net"};
  Stage stage(made);
  stage.transport.then(200, votable(""));
  ASSERT_TRUE(result_of(stage, elsewhere));
  EXPECT_EQ(stage.transport.asked[0].request.cookies, "") << "our session is nobody else's";
}

TEST(JobResult, ThatIsAnErrorDocumentOrAPageIsNoResult) {
  const std::vector<std::pair<std::string, Kind>> rows = {{error_votable("quota exceeded"), Kind::Quota},
                                                          {std::string(testing::kMaintenance), Kind::Maintenance},
                                                          {error_page("Pool empty."), Kind::Overloaded},
                                                          {"", Kind::Corrupt},
                                                          {"Error: query timed out", Kind::TooLarge}};
  for (const auto& [body, kind] : rows) {
    Stage stage;
    stage.transport.then(200, body);
    const auto got = result_of(stage, "");
    ASSERT_FALSE(got) << body;
    EXPECT_EQ(got.error().kind, kind) << got.error().detail;
  }
}

// ---- the end

TEST(JobDeletion, NeverFollowsTheRedirectToTheJobList) {
  const std::vector<std::pair<JobDeletion, std::string>> ways = {
      {JobDeletion::Delete, "DELETE " + kJob},
      {JobDeletion::PostAction, "POST " + kJob},
      {JobDeletion::PostJobIds, "POST " + kBase + "/deletejobs"}};
  for (const auto& [way, request] : ways) {
    Stage stage(service(), way);
    stage.transport.then_see_other(kBase + "/async");
    ASSERT_TRUE(finish(stage.loop, stage.jobs.remove(kJob, {})));
    EXPECT_THAT(stage.transport.urls(), ElementsAre(request));
  }
  Stage gaia(service(), JobDeletion::PostJobIds);
  gaia.transport.then(200, "{}");
  ASSERT_TRUE(finish(gaia.loop, gaia.jobs.remove(kBase + "/async/a-b-O", {})));
  EXPECT_EQ(gaia.transport.asked[0].request.body, "JOB_IDS=a-b-O");
}

TEST(JobDeletion, OfAJobThatIsGoneIsWell) {
  Stage stage;
  stage.transport.then(404, "no such job");
  EXPECT_TRUE(finish(stage.loop, stage.jobs.remove(kJob, {})));
}

TEST(JobUrl, FromARecordMustBeTheServicesOwn) {
  Stage stage;
  const auto looked = finish(stage.loop, stage.jobs.look("https://evil.example.org/async/7", {}));
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().kind, Kind::Invalid);
  EXPECT_TRUE(stage.transport.asked.empty());
}

TEST(JobList, IsAskedForYoungerJobsAndRefsWithoutALinkAreFoundById) {
  Stage stage;
  stage.transport.then(200,
                       "<jobs><jobref id=\"x-1\"><phase>EXECUTING</phase><runId>garner-7f31</runId></jobref></jobs>");
  const auto refs = finish(stage.loop, stage.jobs.list("2026-11-01T00:00:00Z", {}));
  ASSERT_TRUE(refs);
  EXPECT_EQ(stage.transport.urls()[0], "GET " + kBase + "/async?AFTER=2026-11-01T00%3A00%3A00Z");
  ASSERT_EQ(refs->size(), 1u);
  EXPECT_EQ(refs->front().run_id, "garner-7f31");
  EXPECT_EQ(stage.jobs.url_of(refs->front()).value(), kBase + "/async/x-1");
  EXPECT_FALSE(stage.jobs.url_of_id("../../logout"));
}

TEST(JobList, FindsAJobOfOursByItsRunId) {
  Stage stage;
  stage.transport.always = [](const http::Request&) -> Result<http::Reply> {
    return reply(200,
                 "<jobs><jobref id=\"1\"><phase>ARCHIVED</phase><runId>r</runId></jobref><jobref id=\"2\" "
                 "href=\"/tap/async/2\"><phase>QUEUED</phase><runId>r</runId></jobref><jobref id=\"3\"/></jobs>");
  };
  EXPECT_EQ(finish(stage.loop, stage.jobs.find("r", "", {})).value(), kBase + "/async/2");
  EXPECT_EQ(finish(stage.loop, stage.jobs.find("other", "", {})).value(), std::nullopt);
  EXPECT_EQ(finish(stage.loop, stage.jobs.find("", "", {})).value(), std::nullopt);
}

}  // namespace
}  // namespace garner::ivoa
