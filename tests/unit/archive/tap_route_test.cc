// Questions to the TAP service as chunks ask them: the order of a job's steps, what becomes of a job in bad weather,
// and the session behind it all.
#include "archive/tap_route.h"

#include <gmock/gmock.h>

#include <random>

#include "archive/products_fixture.h"
#include "ivoa/fake_service.h"

namespace garner::archive {
namespace {

using ivoa::testing::FakeTransport;
using ivoa::testing::finish;
using ivoa::testing::job_xml;
using ivoa::testing::votable;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kTap = "https://gea.example.org/tap-server/tap";
const std::string kJob = kTap + "/async/7";
constexpr std::string_view kOk = "<INFO name=\"QUERY_STATUS\" value=\"OK\"/>";

Profile tap_profile() {
  Profile made = testing::profile();
  made.tap.path = "/tap-server/tap";
  made.tap.login_path = "/tap-server/login";
  made.tap.logout_path = "/tap-server/logout";
  return made;
}

struct Route {
  garner::testing::VirtualLoop loop;
  FakeTransport transport{loop};
  Profile profile;
  TapRoute route;
  std::vector<std::string> recorded;
  std::optional<Error> cannot_record;
  std::stop_source stop;

  explicit Route(Profile made = tap_profile()) : profile(std::move(made)), route(profile, transport, loop) {}

  static Task<Result<void>> note(Route* self, std::string url) {
    if (self->cannot_record) co_return std::unexpected(*self->cannot_record);
    self->recorded.push_back(std::move(url));
    co_return Result<void>{};
  }
  static Task<Result<void>> turn(std::vector<std::string>* heard, std::size_t asked) {
    heard->push_back(fmt::format("turn after {}", asked));
    co_return Result<void>{};
  }
  static Task<Result<void>> no_turn() { co_return fail(Kind::Cancelled, "stopped"); }
  TapQuestion by_job() {
    TapQuestion question;
    question.adql = "SELECT a FROM b";
    question.by_job = true;
    question.run_id = "garner-1";
    question.record_job = [this](std::string url) { return note(this, std::move(url)); };
    return question;
  }
  TapReply ask(TapQuestion question) { return finish(loop, route.ask(std::move(question), stop.get_token())); }
};

TEST(TapRoute, AJobIsWrittenDownBeforeItRuns) {
  Route route;
  route.transport.then_see_other(kJob);
  route.transport.then([&](const http::Request& request) -> Result<http::Reply> {
    EXPECT_EQ(request.body, "PHASE=RUN");
    EXPECT_THAT(route.recorded, ElementsAre(kJob));
    return ivoa::testing::see_other(kJob);
  });
  route.transport.then(200, job_xml("EXECUTING", "", ""));
  route.transport.then(200, job_xml("COMPLETED", "", ""));
  route.transport.then(200, votable(kOk));
  const auto reply = route.ask(route.by_job());
  ASSERT_TRUE(reply.body) << reply.body.error().detail;
  EXPECT_EQ(reply.job, kJob);
  EXPECT_THAT(route.transport.asked[0].request.body, HasSubstr("RUNID=garner-1"));
  EXPECT_THAT(route.transport.urls(), ElementsAre("POST " + kTap + "/async", "POST " + kJob + "/phase", "GET " + kJob,
                                                  "GET " + kJob, "GET " + kJob + "/results/result"));
}

TEST(TapRoute, AJobThatCanNotBeWrittenDownNeverRuns) {
  Route route;
  route.cannot_record = Error{Kind::DiskFull, "no space", std::nullopt};
  route.transport.then_see_other(kJob);
  route.transport.then(200, "");
  const auto reply = route.ask(route.by_job());
  ASSERT_FALSE(reply.body);
  EXPECT_EQ(reply.body.error().kind, Kind::DiskFull);
  EXPECT_EQ(reply.job, "");
  EXPECT_EQ(route.transport.count("/phase"), 0u);
  EXPECT_EQ(route.transport.count("deletejobs"), 1u);
}

TEST(TapRoute, AJobOfAnEarlierLifeIsAdoptedNotMadeAgain) {
  Route route;
  route.transport.then(200, job_xml("COMPLETED", "", ""));
  route.transport.then(200, votable(kOk));
  auto question = route.by_job();
  question.job = kJob;
  const auto reply = route.ask(std::move(question));
  ASSERT_TRUE(reply.body) << reply.body.error().detail;
  EXPECT_TRUE(route.recorded.empty());
  EXPECT_THAT(route.transport.urls(), ElementsAre("GET " + kJob, "GET " + kJob + "/results/result"));
}

// So that whoever asks can let others ask meanwhile.
TEST(TapRoute, WhoAsksByAJobHearsOfEachLookAndHasATurnBeforeTheResult) {
  Route route;
  std::vector<std::string> heard;
  auto question = route.by_job();
  question.job = kJob;
  question.looked = [&](const Result<void>& seen) { heard.emplace_back(seen ? "seen" : "lost"); };
  question.turn = [&] { return Route::turn(&heard, route.transport.asked.size()); };
  route.transport.then_fail(Kind::Transient);
  route.transport.then(200, job_xml("EXECUTING", "", ""));
  route.transport.then(200, job_xml("COMPLETED", "", ""));
  route.transport.then(200, votable(kOk));
  const auto reply = route.ask(std::move(question));
  ASSERT_TRUE(reply.body) << reply.body.error().detail;
  EXPECT_THAT(heard, ElementsAre("lost", "seen", "seen", "turn after 3"));
}

TEST(TapRoute, AJobStaysWhereTheTurnForItsResultDoesNotCome) {
  Route route;
  auto question = route.by_job();
  question.job = kJob;
  question.turn = [] { return Route::no_turn(); };
  route.transport.then(200, job_xml("COMPLETED", "", ""));
  const auto reply = route.ask(std::move(question));
  ASSERT_FALSE(reply.body);
  EXPECT_EQ(reply.body.error().kind, Kind::Cancelled);
  EXPECT_EQ(reply.job, kJob);
}

TEST(TapRoute, AJobThatTheArchiveForgotIsMadeAnewByTheNextTry) {
  Route route;
  route.transport.always = [](const http::Request&) -> Result<http::Reply> {
    return ivoa::testing::reply(404, "no such job");
  };
  auto question = route.by_job();
  question.job = kJob;
  const auto reply = route.ask(std::move(question));
  ASSERT_FALSE(reply.body);
  EXPECT_EQ(reply.body.error().kind, Kind::Transient) << reply.body.error().detail;
  EXPECT_EQ(reply.job, "");
}

TEST(TapRoute, AJobInErrorGivesTheArchivesWordsAndGoes) {
  Route route;
  route.transport.then_see_other(kJob);
  route.transport.then_see_other(kJob);
  route.transport.then(
      200,
      job_xml("ERROR",
              "<uws:errorSummary type=\"fatal\"><uws:message>Unknown column 'x'</uws:message></uws:errorSummary>", ""));
  route.transport.then(200, "");
  const auto reply = route.ask(route.by_job());
  ASSERT_FALSE(reply.body);
  EXPECT_EQ(reply.body.error().kind, Kind::Unsupported);
  EXPECT_THAT(reply.body.error().detail, HasSubstr("Unknown column"));
  EXPECT_EQ(reply.job, "");
  EXPECT_EQ(route.transport.count("deletejobs"), 1u);
}

TEST(TapRoute, ALostConnectionSaysNothingOfTheJob) {
  Route route;
  route.transport.then_see_other(kJob);
  route.transport.then_fail(Kind::Transient);  // RUN may have come through, or not
  route.transport.then(200, job_xml("EXECUTING", "", ""));
  route.transport.then(200, job_xml("COMPLETED", "", ""));
  route.transport.then_fail(Kind::Transient);  // the result
  const auto reply = route.ask(route.by_job());
  ASSERT_FALSE(reply.body);
  EXPECT_EQ(reply.job, kJob) << "it holds the result";
}

TEST(TapRoute, IdsComeAlongAsATableOfLongs) {
  Route route;
  route.transport.then(200, votable(kOk));
  TapQuestion question;
  question.adql = "SELECT x FROM TAP_UPLOAD.ids";
  question.upload = {SourceId{5937083312263887616}};
  question.upload_column = "source_id";
  ASSERT_TRUE(route.ask(std::move(question)).body);
  EXPECT_THAT(route.transport.asked[0].request.body, HasSubstr("<TD>5937083312263887616</TD>"));
  EXPECT_THAT(route.transport.asked[0].request.body, HasSubstr("ids,param:ids"));
}

TEST(TapRoute, GaiaHasANameOfItsOwnForPlainVOTables) {
  Route route(tap_profile());
  route.transport.then(200, votable(kOk));
  ASSERT_TRUE(route.ask({.adql = "SELECT a FROM b", .format = ProductFormat::VOTablePlain}).body);
  EXPECT_THAT(route.transport.asked[0].request.body, HasSubstr("FORMAT=votable_plain"));
}

TEST(TapRoute, AServiceByTheStandardIsAskedByTheStandardsNames) {
  auto profile = parse_profile(
      "name: dachs\nkind: tap\nbase_url: https://gea.example.org\npaths: {tap: /tap-server/tap}\ntap: {maxrec: 5000}\n",
      "dachs.yaml");
  ASSERT_TRUE(profile) << profile.error().detail;
  Route route(*profile);
  route.transport.then(200, votable(kOk));
  ASSERT_TRUE(route.ask({.adql = "SELECT a FROM b"}).body);
  EXPECT_THAT(route.transport.asked[0].request.body, HasSubstr("RESPONSEFORMAT=votable"));
  EXPECT_THAT(route.transport.asked[0].request.body, HasSubstr("MAXREC=5000"));
  route.transport.then(200, votable(kOk));
  ASSERT_TRUE(route.ask({.adql = "SELECT a FROM b", .format = ProductFormat::VOTablePlain}).body);
  EXPECT_THAT(route.transport.asked[1].request.body,
              HasSubstr("RESPONSEFORMAT=application%2Fx-votable%2Bxml%3Bserialization%3DTABLEDATA"));
  route.transport.then(200, "");
  ASSERT_TRUE(finish(route.loop, route.route.forget_job(kJob, {})));
  EXPECT_THAT(route.transport.urls().back(), "DELETE " + kJob);
}

// The session is at hand, but the archive has forgotten it: what it says to the anonymous is not taken for the answer.
TEST(TapRoute, ARefusalIsAskedAgainWhereTheSessionHadLapsed) {
  Profile profile = tap_profile();
  const testing::CredentialFile file;
  profile.credential_file = file.path();
  Route route(std::move(profile));
  const ivoa::testing::Headers cookie{{"set-cookie", "SESSION=abc; Path=/tap-server; Secure; HttpOnly"}};
  bool known = true;
  int queries = 0;
  route.transport.always = [&](const http::Request& request) -> Result<http::Reply> {
    if (request.url.ends_with("/tap-server/login")) {
      known = true;
      return ivoa::testing::reply(200, "", cookie);
    }
    if (request.url.find("/tap/users") != std::string::npos)
      return known ? ivoa::testing::reply(200, "joe: Joe")
                   : ivoa::testing::reply(403, "User 'anonymous' is not authorized.");
    if (++queries == 2) known = false;
    if (!known) return ivoa::testing::reply(500, ivoa::testing::error_page("DB quota exceeded for user anonymous"));
    return ivoa::testing::reply(200, votable(kOk));
  };
  EXPECT_TRUE(route.ask({.adql = "SELECT a FROM b"}).body);
  const auto second = route.ask({.adql = "SELECT a FROM b"});
  EXPECT_TRUE(second.body) << second.body.error().detail;
  EXPECT_EQ(queries, 3);
  EXPECT_EQ(route.transport.count("/login"), 2u);
}

// A session behind an archive that restarts: what is asked is answered as to anybody.
struct Restarting {
  const testing::CredentialFile file;
  Route route{logged_in(file)};
  bool known = true;
  using Answers = std::function<Result<http::Reply>(const http::Request&)>;
  Answers who_asks = answers(503, "Service Unavailable");  // where it is not known
  Answers ours = answers(200, votable(kOk)), anybodys = answers(401, "Not authorised");

  static Answers answers(int status, std::string body) {
    return [status, body = std::move(body)](const http::Request&) { return ivoa::testing::reply(status, body); };
  }

  static Profile logged_in(const testing::CredentialFile& file) {
    Profile profile = tap_profile();
    profile.credential_file = file.path();
    return profile;
  }
  Restarting() {
    route.transport.always = [this](const http::Request& request) -> Result<http::Reply> {
      if (request.url.ends_with("/tap-server/login")) {
        known = true;
        return ivoa::testing::reply(200, "", {{"set-cookie", "SESSION=abc; Path=/tap-server; Secure; HttpOnly"}});
      }
      if (request.url.find("/tap/users") != std::string::npos)
        return known ? ivoa::testing::reply(200, "joe: Joe") : who_asks(request);
      return known ? ours(request) : anybodys(request);
    };
  }
  TapReply ask_after_the_restart(TapQuestion question) {
    EXPECT_TRUE(route.ask({.adql = "SELECT a FROM b"}).body);
    known = false;
    return route.ask(std::move(question));
  }
};

TEST(TapRoute, WhatTheAnonymousAreToldIsNoAnswerWhileNobodyTellsWhoWeAre) {
  Restarting archive;
  for (const auto& [status, words] :
       {std::pair{500, "DB quota exceeded for user anonymous"}, std::pair{400, "Unknown table 'user_joe.mine'"},
        std::pair{401, "Not authorised"}}) {
    archive.anybodys = Restarting::answers(status, ivoa::testing::error_page(words));
    const auto reply = archive.ask_after_the_restart({.adql = "SELECT a FROM user_joe.mine"});
    ASSERT_FALSE(reply.body);
    EXPECT_EQ(reply.body.error().kind, Kind::Overloaded) << reply.body.error().detail;
    EXPECT_THAT(reply.body.error().detail, HasSubstr("session")) << words;
    archive.known = true;
  }
}

TEST(TapRoute, AStopWhileItIsFoundOutWhoWeAreIsAStop) {
  Restarting archive;
  archive.who_asks = [](const http::Request&) { return fail(Kind::Cancelled, "stopped"); };
  const auto reply = archive.ask_after_the_restart({.adql = "SELECT a FROM b"});
  ASSERT_FALSE(reply.body);
  EXPECT_EQ(reply.body.error().kind, Kind::Cancelled);
}

TEST(TapRoute, AnAnswerStaysWhereTheArchiveNeverTellsWhoAsks) {
  Restarting archive;
  archive.who_asks = Restarting::answers(200, "nobody of that name");
  const auto reply = archive.ask_after_the_restart({.adql = "SELECT a FROM b"});
  ASSERT_FALSE(reply.body);
  EXPECT_EQ(reply.body.error().kind, Kind::Auth);
}

// To whom has no session it is not there.
TEST(TapRoute, AJobOfOursIsNotTakenToBeGoneWhereTheSessionHadLapsed) {
  Restarting archive;
  archive.who_asks = Restarting::answers(403, "User 'anonymous' is not authorized.");
  archive.ours = [](const http::Request& request) {
    if (request.url == kJob) return ivoa::testing::reply(200, job_xml("COMPLETED"));
    return ivoa::testing::reply(200, votable(kOk));
  };
  archive.anybodys = Restarting::answers(404, "no such job");
  TapQuestion question = archive.route.by_job();
  question.job = kJob;
  const auto reply = archive.ask_after_the_restart(std::move(question));
  EXPECT_TRUE(reply.body) << reply.body.error().detail;
  EXPECT_EQ(reply.job, kJob);
  EXPECT_TRUE(archive.route.recorded.empty()) << "none is made";
  EXPECT_EQ(archive.route.transport.count("deletejobs"), 0u);
}

// Sessions that lapse at any moment, in weather that hits inquiries, too: what anybody is told is never taken for our
// answer, and no question is run by two jobs.
TEST(TapRoute, NoNightOfLapsesBringsAnAnswerThatIsNotOurs) {
  int lapses = 0, answers = 0;
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    const auto chance = [&random](int percent) { return static_cast<int>(random() % 100) < percent; };
    Restarting archive;
    int runs = 0, looks = 0;
    archive.who_asks = [&](const http::Request&) -> Result<http::Reply> {
      if (chance(30)) return ivoa::testing::reply(503, "Service Unavailable");
      return ivoa::testing::reply(403, "User 'anonymous' is not authorized.");
    };
    const auto anybodys = [&](const http::Request& request) -> Result<http::Reply> {
      if (request.url.starts_with(kJob)) return ivoa::testing::reply(404, "no such job");
      if (chance(50))
        return ivoa::testing::reply(500, ivoa::testing::error_page("DB quota exceeded for user anonymous"));
      return ivoa::testing::reply(400, ivoa::testing::error_page("Unknown table 'user_joe.mine'"));
    };
    archive.anybodys = anybodys;
    archive.ours = [&](const http::Request& request) -> Result<http::Reply> {
      if (chance(20)) {
        archive.known = false;
        ++lapses;
        return anybodys(request);
      }
      if (request.url == kTap + "/async") return ivoa::testing::see_other(kJob);
      if (request.url == kJob + "/phase") {
        ++runs;
        return ivoa::testing::see_other(kJob);
      }
      if (request.url == kJob) return ivoa::testing::reply(200, job_xml(++looks % 3 == 0 ? "COMPLETED" : "EXECUTING"));
      return ivoa::testing::reply(200, votable(kOk));
    };
    std::string job;
    for (int tries = 0; tries < 40; ++tries) {
      TapQuestion question = archive.route.by_job();
      question.job = job;
      const auto reply = archive.route.ask(std::move(question));
      job = reply.job;
      if (reply.body) break;
      EXPECT_THAT(reply.body.error().kind, ::testing::AnyOf(Kind::Overloaded, Kind::Transient, Kind::Maintenance))
          << "seed " << seed << ": " << reply.body.error().detail;
    }
    EXPECT_EQ(job, kJob) << "seed " << seed;
    answers += job == kJob;
    EXPECT_LE(runs, 1) << "seed " << seed;
  }
  EXPECT_GT(lapses, 100);
  EXPECT_EQ(answers, 300);
}

}  // namespace
}  // namespace garner::archive
