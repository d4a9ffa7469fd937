#include "archive/login_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/login.h"
#include "archive/products_fixture.h"

namespace garner::archive {
namespace {

using testing::CredentialFile;
using testing::error_page;
using testing::ScriptedTransport;
using testing::some_zip;

Profile gaia() {
  auto profile = testing::profile();
  profile.tap.path = "/tap-server/tap";
  profile.tap.login_path = "/tap-server/login";
  profile.tap.logout_path = "/tap-server/logout";
  return profile;
}

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await task);
}

struct Exchanges {
  garner::testing::VirtualLoop loop;
  ScriptedTransport transport{loop};
  SessionCalls tap{tap_login_context(gaia()), transport, loop};
  SessionCalls data{data_login_context(gaia()), transport, loop};

  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    TaskGroup group;
    group.spawn(keep(std::move(task), result));
    loop.run_until_idle();
    return std::move(*result);
  }
};

TEST(LoginContext, EachHasItsOwnPaths) {
  Exchanges run;
  for (auto* calls : {&run.tap, &run.data}) {
    run.transport.then(200, "", {{"set-cookie", "SESSION=a"}});
    EXPECT_EQ(run.run(calls->log_in({"joe", "secret"}, {})).value(), "SESSION=a");
    run.transport.then(200, "");
    EXPECT_TRUE(run.run(calls->log_out("SESSION=a", {})).has_value());
  }
  std::vector<std::string> urls;
  for (const auto& each : run.transport.requests) urls.push_back(each.url);
  EXPECT_THAT(urls, ::testing::ElementsAre(
                        "https://gea.example.org/tap-server/login", "https://gea.example.org/tap-server/logout",
                        "https://gea.example.org/data-server/login", "https://gea.example.org/data-server/logout"));
  EXPECT_EQ(run.transport.requests[1].cookies, "SESSION=a");
  EXPECT_EQ(run.transport.requests[1].method, http::Method::Post);
  EXPECT_EQ(run.transport.requests[1].body, "");
}

TEST(LoginContext, TapTellsByItsListOfUsers) {
  struct Row {
    int status;
    std::string body, who;
  };
  for (const auto& [status, body, who] : std::vector<Row>{{200, "joe: Joe Smith\n", "joe"},
                                                          {200, "ann: Ann\njoe: Joe", "joe"},
                                                          {200, "JOE: Joe\r\n", "JOE"},
                                                          {403, "", "anonymous"},
                                                          {401, "", "anonymous"}}) {
    Exchanges run;
    run.transport.then(status, body);
    const auto told = run.run(run.tap.who_asks("SESSION=a", "joe", {}));
    ASSERT_TRUE(told.has_value()) << body << told.error().detail;
    EXPECT_EQ(*told, who);
    EXPECT_EQ(run.transport.requests[0].url, "https://gea.example.org/tap-server/tap/users?USER=joe");
    EXPECT_EQ(run.transport.requests[0].cookies, "SESSION=a");
  }
}

TEST(LoginContext, AnAnswerThatDoesNotTellIsNoVerdict) {
  struct Row {
    int status;
    std::string body;
    Kind kind;
  };
  const std::vector<Row> rows = {{200, "", Kind::Malformed},
                                 {200, "joey: Joe\n", Kind::Malformed},
                                 {200, "joe", Kind::Malformed},
                                 {404, "", Kind::Malformed},
                                 {200, "<html><body>Archive down for maintenance</body></html>", Kind::Maintenance},
                                 {302, "", Kind::Maintenance},
                                 {503, "", Kind::Overloaded}};
  for (const auto& [status, body, kind] : rows) {
    Exchanges run;
    run.transport.then(status, body);
    const auto told = run.run(run.tap.who_asks("SESSION=a", "joe", {}));
    ASSERT_FALSE(told.has_value()) << body << *told;
    EXPECT_EQ(kind_name(told.error().kind), kind_name(kind)) << status << body;
  }
}

TEST(LoginContext, DataServerTellsByItsRefusals) {
  struct Row {
    int status;
    std::string body, who;
  };
  const std::string reason = "Unknown retrieval type: 'WHO_AM_I'";
  const std::vector<Row> rows = {
      {500, error_page(reason + " for user: UwsJobOwner{id='joe', session='x'},  due to: " + reason), "joe"},
      {500, error_page(reason + " for user: UwsJobOwner{id='anonymous', session='x'}"), "anonymous"},
      {500, error_page("for user: UwsJobOwner{id=&#39;j.doe@esa.int&#39;, pars=null}"), "j.doe@esa.int"},
      {403, "User 'anonymous' is not authorized.", "anonymous"},
      {500, error_page(reason), ""},
      {500, error_page("UwsJobOwner{id=''}"), ""},
      {500, error_page("UwsJobOwner{id='unended"), ""},
      {200, some_zip("UwsJobOwner{id='joe'}"), ""}};
  for (const auto& [status, body, who] : rows) {
    Exchanges run;
    run.transport.then(status, body);
    const auto told = run.run(run.data.who_asks("SESSION=a", "joe", {}));
    EXPECT_EQ(told.value_or(""), who) << body;
    if (!told) EXPECT_EQ(told.error().kind, Kind::Malformed) << body;
  }
}

TEST(LoginContext, ALogoutIsGoodWhereTheArchiveAnswered) {
  for (const auto& [status, body, good] :
       std::vector<std::tuple<int, std::string, bool>>{{200, "", true},
                                                       {200, "<html>Good bye</html>", true},
                                                       {302, "", true},
                                                       {403, "", true},
                                                       {404, "", false},
                                                       {503, "", false}}) {
    Exchanges run;
    run.transport.then(status, body);
    const auto done = run.run(run.tap.log_out("SESSION=a", {}));
    EXPECT_EQ(done.has_value(), good) << status << body;
  }
}

TEST(LoginContext, ALoginEndsByItsLogout) {
  const CredentialFile file;
  auto profile = gaia();
  profile.credential_file = file.path();
  Exchanges run;
  Login login(profile, tap_login_context(profile), run.transport, run.loop);
  EXPECT_TRUE(run.run(login.log_out({})).has_value());
  EXPECT_TRUE(run.transport.requests.empty());
  run.transport.then(200, "", {{"set-cookie", "SESSION=a"}});
  const auto session = run.run(login.session({}));
  ASSERT_TRUE(session.has_value());
  EXPECT_EQ(login.identity(), "joe");
  EXPECT_TRUE(login.holds(session->generation));
  run.transport.then(503, "");
  EXPECT_FALSE(run.run(login.log_out({})).has_value());
  EXPECT_FALSE(login.holds(session->generation));
  EXPECT_EQ(login.identity(), "anonymous");
  EXPECT_EQ(run.transport.requests.back().cookies, "SESSION=a");
  EXPECT_FALSE(run.run(login.still_logged_in(*session, {})).value());
}

}  // namespace
}  // namespace garner::archive
