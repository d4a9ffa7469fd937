// Harvests behind a login: whose they are, what a wrong or unsafe credential file leads to, and that the password goes
// nowhere but to the archive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "disk.h"

namespace garner::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kUser = "mmuster";
// Its middle survives every encoding as it is.
constexpr const char* kPassword = "a&b=Kornblume7291%+c";
constexpr const char* kTrace = "Kornblume7291";

class Login : public ::testing::Test {
 protected:
  void start(Json knobs = Json::object()) {
    knobs["users"] = {{kUser, kPassword}};
    knobs["require_login"] = knobs.value("require_login", true);
    rig.start_simulator({.knobs = std::move(knobs)});
    rig.write_profile({{"credential_file", credential_file().string()}});
    rig.write_config("log_level: debug\n");
    rig.start_daemon();
    ids = rig.make_ids(200);
  }
  fs::path credential_file() const { return rig.root() / "credentials"; }
  void write_credentials(const std::string& password, unsigned mode = 0600) {
    write_file(credential_file(), std::string(kUser) + "\n" + password + "\n");
    fs::permissions(credential_file(), fs::perms(mode));
  }
  std::string manifest(const std::string& name = "mine") {
    return rig.write_manifest(name, ids, "retrieval_types: [XP_SAMPLED]\nchunk_size: 10\n").string();
  }
  // Blocked, for that reason.
  void expect_blocked(const std::string& reason) {
    const Ran ran = rig.garner({"submit", manifest(), "--wait"});
    EXPECT_EQ(ran.exit_code, 1);
    const Json status = rig.status("mine");
    EXPECT_EQ(status["state"], "blocked");
    EXPECT_THAT(status["waiting_for"].get<std::string>(), HasSubstr(reason));
    EXPECT_EQ(status["pending"], 200);
  }
  void expect_retry_finishes() {
    const Ran retried = rig.garner({"retry", "mine", "--outcome", "pending"});
    EXPECT_EQ(retried.exit_code, 0) << retried.err;
    EXPECT_THAT(retried.out, HasSubstr("200 products are tried again"));
    ASSERT_TRUE(rig.wait_for_state("mine", "finished"));
    EXPECT_EQ(rig.status("mine")["delivered"], 200);
    expect_account(rig, "mine");
  }

  Rig rig;
  std::vector<std::string> ids;
};

TEST_F(Login, AHarvestRunsUnderItsUsersName) {
  write_credentials(kPassword);
  start();
  EXPECT_EQ(rig.garner({"submit", manifest(), "--wait"}).exit_code, 0);
  const Json status = rig.status("mine");
  EXPECT_EQ(status["identity"], kUser);
  EXPECT_EQ(status["delivered"], 200);
  EXPECT_EQ(rig.report()["logins"], 1);
  EXPECT_THAT(rig.garner({"status", "mine"}).out, HasSubstr(std::string("Gaia DR3, ") + kUser));
  expect_account(rig, "mine");
  EXPECT_EQ(rig.report()["logouts"], 0);
  EXPECT_EQ(rig.stop_daemon(), 0);
  EXPECT_EQ(rig.report()["logouts"], 1);
}

TEST_F(Login, AProfileReadAnewEndsTheSessionOfTheOldOne) {
  write_credentials(kPassword);
  start();
  EXPECT_EQ(rig.garner({"submit", manifest(), "--wait"}).exit_code, 0);
  rig.daemon().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return rig.report()["logouts"] == 1; }));
  EXPECT_EQ(rig.garner({"submit", manifest("second"), "--wait"}).exit_code, 0);
  EXPECT_EQ(rig.status("second")["delivered"], 200);
  EXPECT_EQ(rig.report()["logins"], 2);
}

TEST_F(Login, AWrongPasswordBlocksWithTheReasonAndIsTriedOnce) {
  write_credentials("wrong");
  start();
  expect_blocked("login as 'mmuster' failed: HTTP 401");
  EXPECT_THAT(rig.status("mine")["waiting_for"].get<std::string>(), HasSubstr("check credential_file"));
  // Neither waiting nor asking again with the same password brings more than a login each.
  EXPECT_EQ(rig.garner({"retry", "mine", "--outcome", "pending"}).exit_code, 0);
  ASSERT_TRUE(rig.wait_for_state("mine", "blocked"));
  EXPECT_LE(rig.report()["logins_refused"], 2);
  EXPECT_EQ(rig.report()["requests"], 0);

  write_credentials(kPassword);
  expect_retry_finishes();
  EXPECT_EQ(rig.report()["logins"], 1);
}

TEST_F(Login, ALapsedSessionIsRenewed) {
  write_credentials(kPassword);
  start({{"session_requests", 6}});
  EXPECT_EQ(rig.garner({"submit", manifest(), "--wait"}).exit_code, 0);
  EXPECT_EQ(rig.status("mine")["delivered"], 200);
  const int logins = rig.report()["logins"];
  EXPECT_GE(logins, 4);  // 20 chunks, 6 a session
  EXPECT_LE(logins, 12);
  expect_account(rig, "mine");
}

// An archive that serves anybody, and hides from the anonymous what only users may see: a lapsed session makes its
// products look absent, without any error.
TEST_F(Login, ASessionThatLapsesMakesNothingAbsent) {
  write_credentials(kPassword);
  start({{"require_login", false}, {"private_fraction", 0.5}, {"session_requests", 7}});
  EXPECT_EQ(rig.garner({"submit", manifest(), "--wait"}).exit_code, 0);
  EXPECT_EQ(rig.status("mine")["delivered"], 200);
  EXPECT_EQ(rig.status("mine")["absent"], 0);
  EXPECT_GE(rig.report()["logins"], 3);  // 20 chunks, 7 a session
  expect_account(rig, "mine");

  // What the anonymous see.
  rig.write_profile();
  rig.daemon().kill_now();
  rig.start_daemon();
  EXPECT_EQ(rig.garner({"submit", manifest("theirs"), "--wait"}).exit_code, 0);
  EXPECT_GT(rig.status("theirs")["absent"], 50);
}

TEST_F(Login, AnEmptyAnswerToALapsedSessionMakesNothingAbsent) {
  write_credentials(kPassword);
  start({{"require_login", false}, {"private_fraction", 1}, {"session_requests", 7}, {"new_cookies_on_lapse", false}});
  EXPECT_EQ(rig.garner({"submit", manifest(), "--wait"}).exit_code, 0);
  EXPECT_EQ(rig.status("mine")["delivered"], 200);
  EXPECT_EQ(rig.status("mine")["absent"], 0);
  expect_account(rig, "mine");
}

TEST_F(Login, WhatIsAbsentForAUserIsAbsent) {
  write_credentials(kPassword);
  start({{"require_login", false}, {"absent_fraction", 1}});
  EXPECT_EQ(rig.garner({"submit", manifest(), "--wait"}).exit_code, 0);
  EXPECT_EQ(rig.status("mine")["absent"], 200);
  EXPECT_EQ(rig.report()["logins"], 1);
}

TEST_F(Login, AnArchiveThatWantsALoginSaysSoToTheAnonymous) {
  start();  // the profile's credential_file does not exist
  expect_blocked("credential_file " + credential_file().string() + ": No such file or directory");
  EXPECT_EQ(rig.status("mine")["identity"], "anonymous");
  write_credentials(kPassword);
  expect_retry_finishes();
}

TEST_F(Login, ACredentialFileThatOthersMayReadIsRefused) {
  write_credentials(kPassword, 0644);
  start();
  expect_blocked("run: chmod 600 " + credential_file().string());
  EXPECT_EQ(rig.report()["logins"], 0);
  fs::permissions(credential_file(), fs::perms(0600));
  expect_retry_finishes();
}

TEST_F(Login, NoPasswordGoesOverPlainHttpToAnotherHost) {
  write_credentials(kPassword);
  start();
  rig.write_profile({{"credential_file", credential_file().string()}, {"base_url", "http://archive.example.org"}});
  const Ran refused = rig.garner({"submit", manifest()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("gaia.yaml"), HasSubstr("credential_file"),
                                 HasSubstr("a password is never sent over plain http; base_url must be https")));
  EXPECT_TRUE(Json::parse(rig.garner({"list", "--json"}).out)["harvests"].empty());
}

// The archive sends us on to another server, which would see whatever came along.
TEST_F(Login, NothingOfASessionGoesToAnotherOrigin) {
  write_credentials(kPassword);
  Rig other;
  other.start_simulator({.knobs = {{"users", {{kUser, kPassword}}}}});
  start({{"faults",
          {{"hostile",
            {{"shape", "to_another_origin"},
             {"location", other.base_url + "/data-server/data"},
             {"script", {1, 2, 4}}}}}}});
  EXPECT_EQ(rig.garner({"submit", manifest(), "--wait"}).exit_code, 0);
  EXPECT_EQ(rig.report()["faults"]["hostile"], 3);
  EXPECT_EQ(rig.status("mine")["delivered"], 200);
  EXPECT_EQ(other.report()["requests"], 0);
  EXPECT_EQ(other.report()["logins"], 0);
  EXPECT_EQ(other.report()["logins_refused"], 0);
}

// As it is, and within base64 of whatever stands around it: the three ways in which it may fall into its groups.
std::vector<std::string> spellings_of_the_trace() {
  std::vector<std::string> spellings = {kTrace};
  for (std::size_t before = 0; before < 3; ++before) {
    const std::string text = std::string(before, 'x') + kTrace;
    std::string encoded = run({"base64", "-w0"}, {}, text.substr(0, text.size() / 3 * 3)).out;
    spellings.push_back(encoded.substr(before == 0 ? 0 : 4));
    EXPECT_GE(spellings.back().size(), 12u);
  }
  return spellings;
}

TEST_F(Login, ThePasswordLeavesNoTrace) {
  write_credentials(kPassword);
  start({{"latency", {{"a_s", 0.05}}}, {"session_requests", 8}});
  std::vector<std::string> looked_at;
  const auto spellings = spellings_of_the_trace();
  const auto expect_none = [&](const std::string& where, const std::string& text) {
    for (const auto& spelling : spellings)
      EXPECT_EQ(text.find(spelling), std::string::npos) << where << " holds the password as " << spelling;
    looked_at.push_back(where);
  };
  const auto look = [&] {
    const std::string process = "/proc/" + std::to_string(rig.daemon().pid());
    for (const std::string file : {"/cmdline", "/environ"}) {
      const std::string text = read_file(process + file);
      EXPECT_FALSE(text.empty()) << file;
      expect_none(process + file, text);
    }
    for (const std::string path : {"daemon", "harvests", "harvests/mine", "harvests/mine/sources?outcome=pending",
                                   "harvests/mine/sources?outcome=delivered", "harvests/mine/log?rows=10000"}) {
      const Ran answer =
          run({"curl", "-sSf", "--unix-socket", (rig.root() / "garnerd.sock").string(), "http://localhost/v1/" + path});
      EXPECT_EQ(answer.exit_code, 0) << path << answer.err;
      expect_none(path, answer.out);
    }
    const Ran metrics =
        run({"curl", "-sS", "--unix-socket", (rig.root() / "garnerd.sock").string(), "http://localhost/metrics"});
    expect_none("metrics", metrics.out);
    expect_none("status", rig.garner({"status", "mine"}).out + rig.garner({"status", "mine", "--json"}).out);
    expect_none("archives", rig.garner({"archives"}).out);
    expect_none("receipt", rig.garner({"receipt", "mine"}).out + rig.garner({"receipt", "mine", "--json"}).out);
    expect_none("log", rig.garner({"log", "mine"}).out);
  };
  rig.submit(manifest());
  ASSERT_TRUE(wait_until([&] { return rig.status("mine")["delivered"].get<int>() > 0; }));
  look();
  // Once more with what goes wrong.
  ASSERT_TRUE(rig.wait_for_state("mine", "finished"));
  write_file(credential_file(), std::string(kUser) + "x\n" + kPassword + "\n");
  rig.daemon().kill_now();
  rig.start_daemon();
  EXPECT_EQ(rig.garner({"submit", manifest("second"), "--wait"}).exit_code, 1);
  look();
  expect_none("status", rig.garner({"status", "second", "--json"}).out);
  expect_none("log", rig.garner({"log", "second"}).out);
  EXPECT_EQ(rig.stop_daemon(), 0);

  expect_none("garnerd.log", rig.daemon_log());
  EXPECT_THAT(rig.daemon_log(), HasSubstr("login as"));
  for (const fs::path& folder : {rig.root() / "state", rig.root() / "output"}) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) expect_none(entry.path(), read_file(entry.path()));
    }
  }
  EXPECT_GT(looked_at.size(), 25u);
}

}  // namespace
}  // namespace garner::e2e
