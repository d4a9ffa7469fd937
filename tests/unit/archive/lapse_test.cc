// Sessions that lapse without a word: how it is noticed, and that no answer to the anonymous passes for ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/login.h"
#include "archive/products_fixture.h"

namespace garner::archive {
namespace {

using testing::CredentialFile;
using testing::empty_zip;
using testing::error_page;
using testing::GaiaRun;
using testing::Headers;
using testing::profile_with;
using testing::some_zip;

const Headers kFirst = {{"set-cookie", "JSESSIONID=E677; Path=/data-server"},
                        {"set-cookie", "SESSION=first; Path=/data-server"}};
const Headers kSecond = {{"set-cookie", "SESSION=second; Path=/data-server"}};
constexpr const char* kFirstCookies = "SESSION=first; JSESSIONID=E677";

std::string page_for(const std::string& user, const std::string& reason = "Unknown retrieval type: 'WHO_AM_I'") {
  return error_page(reason + "\n\nCannot process request: 'https://gea.example.org/data-server/data' (req: Reqid: " +
                    user + "1756550660953, compression: null), for user: UwsJobOwner{id='" + user +
                    "', session='0AC8'},  due to: " + reason);
}

std::size_t count_of(const GaiaRun& run, std::string_view part) {
  return static_cast<std::size_t>(std::ranges::count_if(run.transport.requests, [part](const http::Request& each) {
    return each.url.contains(part) || each.body.contains(part);
  }));
}
std::size_t inquiries(const GaiaRun& run) {
  return count_of(run, "RETRIEVAL_TYPE=WHO_AM_I");
}
std::size_t logins(const GaiaRun& run) {
  return count_of(run, "/data-server/login");
}

class Lapse : public ::testing::Test {
 protected:
  // A login and a first answer.
  void begin() {
    run.transport.then(200, "", kFirst);
    run.transport.then(200, some_zip());
    ASSERT_TRUE(run.fetch().has_value());
  }
  void expect_answer(const std::string& body) {
    const auto came = run.fetch();
    ASSERT_TRUE(came.has_value()) << came.error().detail;
    EXPECT_EQ(*came, body);
    EXPECT_EQ(run.transport.left(), 0u);
  }

  const CredentialFile file;
  GaiaRun run{profile_with(file)};
};

TEST_F(Lapse, ASessionNotConfirmedForLongIsAskedAbout) {
  begin();
  run.loop.run_for(std::chrono::minutes(9));
  run.transport.then(200, some_zip("second"));
  expect_answer(some_zip("second"));
  EXPECT_EQ(inquiries(run), 0u);
  run.loop.run_for(std::chrono::minutes(2));
  run.transport.then(500, page_for("joe"));
  run.transport.then(200, some_zip("third"));
  expect_answer(some_zip("third"));
  EXPECT_EQ(inquiries(run), 1u);
  const auto& inquiry = run.transport.requests[3];
  EXPECT_EQ(inquiry.url, "https://gea.example.org/data-server/data");
  EXPECT_EQ(inquiry.body, "ID=4295806720&RELEASE=Gaia+DR3&RETRIEVAL_TYPE=WHO_AM_I");
  EXPECT_EQ(inquiry.cookies, kFirstCookies);
  run.transport.then(200, some_zip());
  expect_answer(some_zip());
  EXPECT_EQ(inquiries(run), 1u);
  EXPECT_EQ(logins(run), 1u);
}

TEST_F(Lapse, ALapseFoundBeforeARequestLeadsToALogin) {
  begin();
  run.loop.run_for(std::chrono::minutes(10));
  run.transport.then(500, page_for("anonymous"));
  run.transport.then(200, "", kSecond);
  run.transport.then(200, some_zip("second"));
  expect_answer(some_zip("second"));
  EXPECT_EQ(run.transport.requests.back().cookies, "SESSION=second");
}

TEST_F(Lapse, OneAsksForAllWhoComeAtThatMoment) {
  begin();
  run.loop.run_for(std::chrono::minutes(10));
  run.transport.latency = std::chrono::seconds(1);
  run.transport.then(500, page_for("joe"));
  for (int i = 0; i < 3; ++i) run.transport.then(200, some_zip());
  run.start(3);
  run.loop.run_until_idle();
  EXPECT_EQ(inquiries(run), 1u);
  for (const auto& result : run.results) EXPECT_TRUE(result && result->has_value());
}

TEST_F(Lapse, AnInquiryThatFailsSaysNothing) {
  begin();
  for (const auto& [status, body] : std::vector<std::pair<int, std::string>>{
           {503, ""}, {200, "<html>down for maintenance</html>"}, {500, error_page("null")}, {404, ""}}) {
    run.loop.run_for(std::chrono::minutes(10));
    run.transport.then(status, body);
    run.transport.then(200, some_zip());
    expect_answer(some_zip());
    EXPECT_EQ(run.transport.requests.back().cookies, kFirstCookies);
  }
  EXPECT_EQ(inquiries(run), 4u);
}

TEST(LapseOff, NobodyIsAskedWhereTheProfileSaysSo) {
  const CredentialFile file;
  auto profile = profile_with(file);
  profile.session_confirm = std::chrono::seconds(0);
  GaiaRun run(profile);
  run.transport.then(200, "", kFirst);
  run.transport.then(200, some_zip());
  run.transport.then(200, some_zip());
  ASSERT_TRUE(run.fetch().has_value());
  run.loop.run_for(std::chrono::hours(100));
  EXPECT_TRUE(run.fetch().has_value());
}

TEST_F(Lapse, AnswersWithAnotherSessionAreAskedAbout) {
  begin();
  run.transport.then(200, some_zip("of nobody"), {{"set-cookie", "SESSION=other; Path=/data-server"}});
  run.transport.then(500, page_for("anonymous"));
  run.transport.then(200, "", kSecond);
  run.transport.then(200, some_zip("ours"));
  expect_answer(some_zip("ours"));
  EXPECT_EQ(run.transport.requests[3].cookies, kFirstCookies);
}

TEST_F(Lapse, TheSameCookieAgainIsNoSign) {
  begin();
  run.transport.then(200, some_zip(), {{"set-cookie", "SESSION=first; Path=/data-server"}, {"set-cookie", "LANG=en"}});
  expect_answer(some_zip());
}

TEST_F(Lapse, ASessionWhoseCookiesChangeWhileItLivesIsAskedAboutOnce) {
  begin();
  run.transport.then(200, some_zip("one"), {{"set-cookie", "JSESSIONID=new"}});
  run.transport.then(500, page_for("joe"));
  expect_answer(some_zip("one"));
  run.transport.then(200, some_zip("two"), {{"set-cookie", "JSESSIONID=newer"}});
  expect_answer(some_zip("two"));
}

TEST_F(Lapse, AnAnswerThatHoldsNothingIsTakenFromALivingSessionOnly) {
  begin();
  run.transport.then(200, empty_zip());
  run.transport.then(500, page_for("joe"));
  expect_answer(empty_zip());
  run.transport.then(200, empty_zip());
  run.transport.then(500, page_for("anonymous"));
  run.transport.then(200, "", kSecond);
  run.transport.then(200, some_zip("there after all"));
  expect_answer(some_zip("there after all"));
}

TEST_F(Lapse, AnAnswerThatHoldsNothingWaitsForTheInquiry) {
  begin();
  run.transport.then(200, empty_zip());
  run.transport.then(503, "", {{"retry-after", "60"}});
  const auto came = run.fetch();
  ASSERT_FALSE(came.has_value());
  EXPECT_EQ(came.error().kind, Kind::RateLimited);
  EXPECT_EQ(came.error().retry_after, std::chrono::seconds(60));
  EXPECT_EQ(run.transport.left(), 0u);
}

TEST_F(Lapse, WhereItCannotBeToldTheAnswerIsAskedOnceMoreByANewSession) {
  begin();
  run.transport.then(200, empty_zip());
  run.transport.then(404, "");
  run.transport.then(200, "", kSecond);
  run.transport.then(200, empty_zip());
  run.transport.then(404, "");
  expect_answer(empty_zip());
}

TEST_F(Lapse, ASessionThatLapsesAtOnceAgainIsNoLoop) {
  begin();
  run.transport.then(200, empty_zip());
  run.transport.then(500, page_for("anonymous"));
  run.transport.then(200, "", kSecond);
  run.transport.then(200, empty_zip());
  run.transport.then(500, page_for("anonymous"));
  const auto came = run.fetch();
  ASSERT_FALSE(came.has_value());
  EXPECT_EQ(came.error().kind, Kind::Overloaded);
  EXPECT_EQ(run.transport.left(), 0u);
}

TEST_F(Lapse, ARefusalThatNamesTheAnonymousIsNotOurs) {
  begin();
  run.transport.then(500, page_for("anonymous", "Unknown release: 'Gaia DR4_INT4'"));
  run.transport.then(200, "", kSecond);
  run.transport.then(200, some_zip());
  expect_answer(some_zip());
  run.transport.then(500, page_for("joe", "Unknown release: 'Gaia DR4_INT4'"));
  EXPECT_EQ(run.fetch().error().kind, Kind::Unsupported);
  EXPECT_EQ(logins(run), 2u);
}

TEST_F(Lapse, AnAnswerUnderWayWhenTheLapseIsFoundIsAskedForAgain) {
  begin();
  run.transport.latency = std::chrono::seconds(1);
  run.transport.then(403, "User 'anonymous' is not authorized.");
  run.transport.then(200, some_zip("of nobody"));
  run.transport.then(200, "", kSecond);
  run.transport.then(200, some_zip("ours"));
  run.transport.then(200, some_zip("ours"));
  run.start(2);
  run.loop.run_until_idle();
  for (const auto& result : run.results) {
    ASSERT_TRUE(result && result->has_value());
    EXPECT_EQ(**result, some_zip("ours"));
  }
  EXPECT_EQ(logins(run), 2u);
}

TEST_F(Lapse, TheIdentityIsTheUsersOnceLoggedIn) {
  EXPECT_EQ(run.archive->identity(), "anonymous");
  begin();
  EXPECT_EQ(run.archive->identity(), "joe");
  run.transport.then(403, "User 'anonymous' is not authorized.");
  run.transport.then(401, error_page("Bad credentials", 401));
  EXPECT_FALSE(run.fetch().has_value());
  EXPECT_EQ(run.archive->identity(), "anonymous");
}

}  // namespace
}  // namespace garner::archive
