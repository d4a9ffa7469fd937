#include "archive/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/origin.h"
#include "archive/products_fixture.h"

namespace garner::archive {
namespace {

using testing::CredentialFile;
using testing::error_page;
using testing::GaiaRun;
using ::testing::HasSubstr;
using testing::Headers;
using ::testing::Not;
using testing::profile_with;
using testing::some_zip;

const Headers kSession1 = {{"set-cookie", "JSESSIONID=E677; Path=/data-server; Secure; HttpOnly"},
                           {"set-cookie", "SESSION=ZjQ3; Path=/data-server; Secure; HttpOnly; SameSite=Lax"}};
const Headers kSession2 = {{"set-cookie", "SESSION=second; Path=/data-server"}};

std::size_t logins(const GaiaRun& run) {
  return static_cast<std::size_t>(
      std::ranges::count(run.transport.requests, "https://gea.example.org/data-server/login", &http::Request::url));
}

TEST(Login, SendsTheSessionsCookiesWithEachRequest) {
  const CredentialFile file;
  GaiaRun run(profile_with(file));
  run.transport.then(200, "", kSession1);
  run.transport.then(200, some_zip());
  run.transport.then(200, some_zip());
  ASSERT_TRUE(run.fetch().has_value());
  ASSERT_TRUE(run.fetch().has_value());
  ASSERT_EQ(run.transport.requests.size(), 3u);
  EXPECT_EQ(run.transport.requests[0].url, "https://gea.example.org/data-server/login");
  EXPECT_EQ(run.transport.requests[0].body, "username=joe&password=s3cret%26%3D");
  EXPECT_EQ(run.transport.requests[0].cookies, "");
  EXPECT_EQ(run.transport.requests[1].cookies, "SESSION=ZjQ3; JSESSIONID=E677");
  EXPECT_EQ(run.transport.requests[2].cookies, "SESSION=ZjQ3; JSESSIONID=E677");
  EXPECT_EQ(run.archive->identity(), "joe");
}

TEST(Login, OneLoginServesAllWhoWaitForIt) {
  const CredentialFile file;
  GaiaRun run(profile_with(file));
  run.transport.latency = std::chrono::seconds(1);
  run.transport.then(200, "", kSession1);
  for (int i = 0; i < 5; ++i) run.transport.then(200, some_zip());
  run.start(5);
  run.loop.run_until_idle();
  EXPECT_EQ(logins(run), 1u);
  for (const auto& result : run.results) EXPECT_TRUE(result && result->has_value());
}

TEST(Login, ALapsedSessionIsRenewedOnceForAllWhoFindItLapsed) {
  const CredentialFile file;
  GaiaRun run(profile_with(file));
  run.transport.latency = std::chrono::seconds(1);
  run.transport.then(200, "", kSession1);
  for (int i = 0; i < 3; ++i) run.transport.then(403, "User 'anonymous' is not authorized.");
  run.transport.then(200, "", kSession2);
  for (int i = 0; i < 3; ++i) run.transport.then(200, some_zip());
  run.start(3);
  run.loop.run_until_idle();
  EXPECT_EQ(logins(run), 2u);
  EXPECT_EQ(run.transport.requests.back().cookies, "SESSION=second");
  for (const auto& result : run.results) EXPECT_TRUE(result && result->has_value());
}

TEST(Login, ASecondRefusalIsAnErrorOfAuth) {
  const CredentialFile file;
  GaiaRun run(profile_with(file));
  run.transport.then(200, "", kSession1);
  run.transport.then(403, "User 'joe' is not authorized.");
  run.transport.then(200, "", kSession2);
  run.transport.then(403, "User 'joe' is not authorized.");
  const auto body = run.fetch();
  ASSERT_FALSE(body.has_value());
  EXPECT_EQ(body.error().kind, Kind::Auth);
  EXPECT_EQ(run.transport.left(), 0u);
}

TEST(Login, AWrongPasswordIsAskedOnceForAllAndSaysWhatToDo) {
  const CredentialFile file;
  GaiaRun run(profile_with(file));
  run.transport.latency = std::chrono::seconds(1);
  run.transport.then(401, error_page("Bad credentials", 401));
  run.start(4);
  run.loop.run_until_idle();
  EXPECT_EQ(run.transport.requests.size(), 1u);
  for (const auto& result : run.results) {
    ASSERT_TRUE(result && !result->has_value());
    EXPECT_EQ(result->error().kind, Kind::Auth);
    EXPECT_EQ(result->error().detail, "login as 'joe' failed: HTTP 401: Bad credentials; check credential_file");
    EXPECT_THAT(result->error().detail, Not(HasSubstr("s3cret")));
  }
}

TEST(Login, IsTriedAgainAfterTheOperatorHadTimeToAct) {
  CredentialFile file;
  GaiaRun run(profile_with(file));
  run.transport.then(403, "");
  EXPECT_EQ(run.fetch().error().kind, Kind::Auth);
  file.write("joe\nright\n");
  run.loop.run_for(std::chrono::seconds(11));
  run.transport.then(200, "", kSession1);
  run.transport.then(200, some_zip());
  EXPECT_TRUE(run.fetch().has_value());
  EXPECT_THAT(run.transport.requests[1].body, HasSubstr("password=right"));
}

TEST(Login, CorrectedCredentialsAreTriedAtOnce) {
  CredentialFile file;
  GaiaRun run(profile_with(file));
  run.transport.then(401, error_page("Bad credentials", 401));
  EXPECT_EQ(run.fetch().error().kind, Kind::Auth);
  EXPECT_EQ(run.fetch().error().kind, Kind::Auth);
  EXPECT_EQ(logins(run), 1u);
  file.write("joe\nright\n");
  run.transport.then(200, "", kSession1);
  run.transport.then(200, some_zip());
  EXPECT_TRUE(run.fetch().has_value());
  EXPECT_EQ(logins(run), 2u);
}

TEST(Login, TheServersOwnTroubleIsNoRefusal) {
  const CredentialFile file;
  const std::vector<std::tuple<int, std::string, Kind>> cases = {
      {503, "", Kind::Overloaded},
      {500, error_page("null"), Kind::Overloaded},
      {200, "<html>down for maintenance</html>", Kind::Maintenance},
      {302, "", Kind::Maintenance},
      {200, "", Kind::Auth},
      {400, "", Kind::Auth},
  };
  for (const auto& [status, body, kind] : cases) {
    GaiaRun run(profile_with(file));
    run.transport.then(status, body);
    EXPECT_EQ(kind_name(run.fetch().error().kind), kind_name(kind)) << status << body;
  }
}

TEST(Login, CookiesThatCouldBreakAHeaderAreNotTaken) {
  const CredentialFile file;
  GaiaRun run(profile_with(file));
  run.transport.then(200, "",
                     {{"set-cookie", "SESSION=a b"},
                      {"set-cookie", "SESSION="},
                      {"set-cookie", "OTHER=x"},
                      {"set-cookie", "JSESSIONID=old"}});
  run.transport.then(200, some_zip());
  ASSERT_TRUE(run.fetch().has_value());
  EXPECT_EQ(run.transport.requests[1].cookies, "JSESSIONID=old");
}

TEST(Login, StoppingEndsEveryWaitAtOnce) {
  const CredentialFile file;
  GaiaRun run(profile_with(file));
  run.transport.latency = std::chrono::hours(1);
  run.start(3);
  run.loop.run_for(std::chrono::seconds(1));
  run.stop.request_stop();
  run.loop.run_for(std::chrono::seconds(1));
  for (const auto& result : run.results) {
    ASSERT_TRUE(result && !result->has_value());
    EXPECT_EQ(result->error().kind, Kind::Cancelled);
  }
}

TEST(Login, WhoeverStillWantsASessionLogsInWhenTheOneWhoDidIsStopped) {
  const CredentialFile file;
  GaiaRun run(profile_with(file));
  run.transport.latency = std::chrono::seconds(10);
  run.transport.then(200, "", kSession1);
  run.transport.then(200, some_zip());
  std::stop_source first;
  std::optional<Result<std::string>> stopped;
  run.group.spawn(GaiaRun::one(*run.archive, stopped, testing::chunk(), first.get_token()));
  run.start(1);
  run.loop.run_for(std::chrono::seconds(1));
  first.request_stop();
  run.loop.run_until_idle();
  EXPECT_EQ(stopped->error().kind, Kind::Cancelled);
  EXPECT_TRUE(run.results[0]->has_value());
  EXPECT_EQ(logins(run), 2u);
}

TEST(Login, NoPasswordGoesOverPlainHttpToAnotherHost) {
  const CredentialFile file;
  auto profile = profile_with(file);
  profile.base_url = "http://gea.example.org";
  GaiaRun run(profile);
  EXPECT_THAT(run.fetch().error().detail, HasSubstr("never sent over plain http"));
  EXPECT_TRUE(run.transport.requests.empty());
  profile.base_url = "http://127.0.0.1:8080";
  GaiaRun loopback(profile);
  loopback.transport.then(200, "", kSession1);
  loopback.transport.then(200, some_zip());
  EXPECT_TRUE(loopback.fetch().has_value());
}

TEST(Credentials, AreRefusedWhereOthersMayReadThem) {
  for (const int mode : {0640, 0604, 0620, 0660}) {
    const CredentialFile file("joe\nsecret\n", mode);
    const auto read = read_credentials(file.path());
    ASSERT_FALSE(read.has_value()) << mode;
    EXPECT_EQ(read.error().kind, Kind::Auth);
    EXPECT_THAT(read.error().detail, HasSubstr("run: chmod 600"));
  }
  const CredentialFile file("joe\r\nsecret", 0400);
  const auto read = read_credentials(file.path());
  ASSERT_TRUE(read.has_value()) << read.error().detail;
  EXPECT_EQ(read->user, "joe");
  EXPECT_EQ(read->password, "secret");
}

TEST(Credentials, MustBeTwoLines) {
  for (const std::string text : {"", "joe", "joe\n", "\nsecret\n", "joe\nsecret\nmore\n", "joe\n\n"}) {
    const CredentialFile file(text);
    EXPECT_THAT(read_credentials(file.path()).error().detail, HasSubstr("expected two lines")) << text;
  }
  EXPECT_EQ(read_credentials("/nonexistent/x").error().kind, Kind::Auth);
  EXPECT_THAT(read_credentials("/").error().detail, HasSubstr("no regular file"));
}

TEST(Credentials, ComeFromSystemdByName) {
  const CredentialFile file("joe\nsecret\n", 0440);
  const std::filesystem::path path = file.path();
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_THAT(read_credentials("systemd:archive-login").error().detail, HasSubstr("LoadCredential=archive-login:"));
  ::setenv("CREDENTIALS_DIRECTORY", path.parent_path().c_str(), 1);
  EXPECT_TRUE(read_credentials("systemd:" + path.filename().string()).has_value());
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(Origin, IsSchemeHostAndPortAndNoMore) {
  EXPECT_TRUE(parse_origin("https://gea.esac.esa.int"));
  EXPECT_TRUE(parse_origin("http://[::1]:8080")->is_loopback());
  EXPECT_TRUE(parse_origin("http://LOCALHOST:1")->is_loopback());
  EXPECT_TRUE(parse_origin("http://127.0.0.2")->is_loopback());
  EXPECT_FALSE(parse_origin("http://127.0.0.1.example.org")->is_loopback());
  for (const auto* text :
       {"", "gea.esac.esa.int", "ftp://a", "https://", "https://a/", "https://a/b", "https://a?b", "https://u@a",
        "https://a:", "https://a:0", "https://a:x", "https://a b", "https://[::1", "https://[::1]x"}) {
    EXPECT_FALSE(parse_origin(text)) << text;
  }
}

}  // namespace
}  // namespace garner::archive
