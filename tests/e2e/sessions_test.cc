// `garner login`, `logout` and `whoami`, and what is asked by the session that they keep: real processes against the
// simulated archive.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <sstream>

#include "rig.h"

namespace garner::e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kUser = "mmuster";
// Its middle survives every encoding as it is.
constexpr const char* kPassword = "a&b=Kornblume7291%+c";
constexpr const char* kTrace = "Kornblume7291";
constexpr const char* kQuery = "SELECT TOP 3 source_id FROM gaiadr3.gaia_source";

// The program on a terminal of its own, with somebody at the keys.
class AtTerminal {
 public:
  AtTerminal(const Rig& rig, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), rig.garner_path);
    std::vector<char*> words;
    for (auto& each : arguments) words.push_back(each.data());
    words.push_back(nullptr);
    const std::string folder = (rig.root() / "archives").string(), state = rig.state_home().string();
    pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      setenv("TERM", "xterm", 1);
      setenv("GARNER_ARCHIVES", folder.c_str(), 1);
      setenv("XDG_STATE_HOME", state.c_str(), 1);
      execv(words[0], words.data());
      _exit(127);
    }
  }
  AtTerminal(const AtTerminal&) = delete;
  AtTerminal& operator=(const AtTerminal&) = delete;
  ~AtTerminal() {
    if (!exit_code_) kill(pid_, SIGKILL);
    finish();
    close(terminal_);
  }

  // Reads until the text has been shown.
  void expect(const std::string& text) {
    while (shown_.find(text) == std::string::npos)
      ASSERT_TRUE(read_some()) << "never shown: " << text << "\n" << shown_;
  }
  void type(const std::string& text) { EXPECT_EQ(write(terminal_, text.data(), text.size()), ssize_t(text.size())); }
  bool echoes() const {
    termios state{};
    return tcgetattr(terminal_, &state) == 0 && (state.c_lflag & ECHO) != 0;
  }
  int finish() {
    while (read_some()) continue;
    if (!exit_code_) {
      int status = 0;
      waitpid(pid_, &status, 0);
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return *exit_code_;
  }
  const std::string& shown() const { return shown_; }

 private:
  bool read_some() {
    char block[4096];
    const ssize_t got = read(terminal_, block, sizeof block);
    if (got > 0) shown_.append(block, static_cast<std::size_t>(got));
    return got > 0;
  }
  int terminal_ = -1;
  pid_t pid_ = -1;
  std::string shown_;
  std::optional<int> exit_code_;
};

class Sessions : public testing::Test {
 protected:
  void start(const Json& tap = Json::object()) {
    rig.start_simulator({.knobs = {{"users", {{kUser, kPassword}}}, {"tap", tap}}});
    rig.write_profile();
  }
  Ran login(const std::string& password = kPassword) {
    return rig.garner({"login", "gaia"}, std::string(kUser) + "\n" + password + "\n");
  }
  void log_in() {
    const Ran ran = login();
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
  }
  fs::path file() const { return rig.state_home() / "garner/sessions/gaia"; }
  Ran query(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"tap", "gaia", "query", kQuery});
    return rig.garner(std::move(more));
  }
  // Who asked, query by query.
  std::vector<std::string> askers() {
    std::vector<std::string> users;
    std::istringstream lines(rig.simulator_get("/sim/queries"));
    for (std::string line; std::getline(lines, line);) users.push_back(Json::parse(line)["user"]);
    return users;
  }
  void expire_sessions() { rig.simulator_post("/sim/expire_sessions", "now"); }

  Rig rig;
};

TEST_F(Sessions, ALoginIsKeptForItsUserAlone) {
  start();
  const Ran before = rig.garner({"whoami", "gaia"});
  EXPECT_EQ(before.exit_code, 4);
  EXPECT_THAT(before.out, HasSubstr("anonymous"));
  const Ran ran = login();
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("logged in"), HasSubstr(kUser)));
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms(0600));
  EXPECT_EQ(fs::status(file().parent_path()).permissions(), fs::perms(0700));
  EXPECT_THAT(read_file(file()), AllOf(HasSubstr("SESSION="), Not(HasSubstr(kTrace))));
  const Ran who = rig.garner({"whoami", "gaia"});
  EXPECT_EQ(who.exit_code, 0) << who.err;
  EXPECT_EQ(who.out, std::string("tap-server   ") + kUser + "\ndata-server  " + kUser + "\n");
  const Json json = Json::parse(rig.garner({"whoami", "gaia", "--json"}).out);
  EXPECT_EQ(json["logged_in"], true);
  EXPECT_EQ(json["contexts"]["data-server"]["user"], kUser);
}

TEST_F(Sessions, QuestionsAreAskedAsTheUser) {
  start();
  EXPECT_EQ(query().exit_code, 0);
  log_in();
  for (const auto& more : std::vector<std::vector<std::string>>{{}, {"--async"}, {"--anonymous"}})
    EXPECT_EQ(query(more).exit_code, 0);
  EXPECT_EQ(rig.garner({"cone", "gaia", "10", "10", "1"}).exit_code, 0);
  EXPECT_THAT(askers(), testing::ElementsAre("anonymous", kUser, kUser, "anonymous", kUser));
  const Ran check = rig.garner({"archives", "check", "gaia"});
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
  EXPECT_THAT(check.out, HasSubstr(std::string("as ") + kUser));
  EXPECT_EQ(askers().back(), kUser);
  EXPECT_THAT(rig.garner({"archives", "check", "gaia", "--anonymous"}).out, HasSubstr("as anonymous"));
  EXPECT_EQ(askers().back(), "anonymous");
}

TEST_F(Sessions, JobsAreTheUsersOwn) {
  start({{"end_phase", "ERROR"}});
  log_in();
  EXPECT_EQ(query({"--async"}).exit_code, 1);  // the job failed, and stays
  const Json mine = Json::parse(rig.garner({"tap", "gaia", "jobs", "list", "--json"}).out);
  ASSERT_EQ(mine["jobs"].size(), 1u);
  const std::string job = mine["jobs"][0]["job"];
  EXPECT_EQ(rig.garner({"tap", "gaia", "jobs", "show", job}).exit_code, 0);
  EXPECT_EQ(rig.garner({"tap", "gaia", "jobs", "show", job, "--anonymous"}).exit_code, 4);
}

TEST_F(Sessions, ALapsedSessionIsToldAndNothingIsAskedByIt) {
  start();
  log_in();
  expire_sessions();
  const std::vector<std::vector<std::string>> questions = {
      {"tap", "gaia", "query", kQuery}, {"tap", "gaia", "query", "--async", kQuery}, {"tap", "gaia", "tables"},
      {"tap", "gaia", "jobs", "list"},  {"cone", "gaia", "10", "10", "1"},           {"archives", "check", "gaia"}};
  for (const auto& question : questions) {
    const Ran ran = rig.garner(question);
    EXPECT_EQ(ran.exit_code, 4) << question[2];
    EXPECT_EQ(ran.out, "") << question[2];
    EXPECT_THAT(ran.err, AllOf(HasSubstr("your session at gaia has lapsed"), HasSubstr("garner login gaia")));
  }
  EXPECT_TRUE(askers().empty());
  const Ran who = rig.garner({"whoami", "gaia"});
  EXPECT_EQ(who.exit_code, 4);
  EXPECT_THAT(who.out, HasSubstr(std::string("the session of ") + kUser + " has lapsed"));
  EXPECT_EQ(Json::parse(rig.garner({"whoami", "gaia", "--json"}).out)["logged_in"], false);
  EXPECT_EQ(query({"--anonymous"}).exit_code, 0);
  log_in();
  EXPECT_EQ(query().exit_code, 0);
  EXPECT_EQ(askers().back(), kUser);
}

TEST_F(Sessions, ASessionThatLapsesWhileAJobIsAwaitedIsTold) {
  start({{"execution", {{"a_s", 600}}}});
  log_in();
  Child asking({rig.garner_path, "tap", "gaia", "query", "--async", kQuery},
               {{"GARNER_ARCHIVES", (rig.root() / "archives").string()}, {"XDG_STATE_HOME", rig.state_home().string()}},
               rig.root() / "asking.log");
  ASSERT_TRUE(wait_until([&] { return rig.report()["tap"]["jobs_run"] == 1; }));
  expire_sessions();
  EXPECT_EQ(asking.wait(), 4);
  EXPECT_THAT(read_file(rig.root() / "asking.log"),
              AllOf(HasSubstr("the job goes on: `garner login gaia`"), HasSubstr("jobs wait")));
}

TEST_F(Sessions, ALogoutEndsBothSessions) {
  start();
  log_in();
  const Ran out = rig.garner({"logout", "gaia"});
  EXPECT_EQ(out.exit_code, 0) << out.err;
  EXPECT_THAT(out.out, HasSubstr("logged out"));
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_EQ(rig.report()["logouts"], 2);
  EXPECT_EQ(rig.garner({"whoami", "gaia"}).exit_code, 4);
  const Ran again = rig.garner({"logout", "gaia"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, HasSubstr("nobody was logged in"));
  EXPECT_EQ(rig.report()["logouts"], 2);
}

TEST_F(Sessions, ALogoutLeavesNothingHereThoughTheArchiveIsGone) {
  start();
  log_in();
  rig.simulator().kill_now();
  const Ran out = rig.garner({"logout", "gaia"});
  EXPECT_EQ(out.exit_code, 1);
  EXPECT_THAT(out.err, HasSubstr("the archive may still hold its session"));
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(Sessions, ANewLoginEndsTheOldOne) {
  start();
  log_in();
  const std::string old = read_file(file());
  log_in();
  EXPECT_NE(read_file(file()), old);
  EXPECT_EQ(rig.report()["logouts"], 2);
  EXPECT_EQ(rig.garner({"whoami", "gaia"}).exit_code, 0);
}

TEST_F(Sessions, AWrongPasswordChangesNothing) {
  start();
  const Ran refused = login("wrong");
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("login as 'mmuster' failed"), HasSubstr("Bad credentials")));
  EXPECT_FALSE(fs::exists(file()));
  log_in();
  const std::string good = read_file(file());
  EXPECT_EQ(login("wrong").exit_code, 4);
  EXPECT_EQ(read_file(file()), good);
  for (const std::string input : {"", "mmuster\n", "mmuster\n\n", "a\nb\nc\n"}) {
    const Ran ran = rig.garner({"login", "gaia"}, input);
    EXPECT_EQ(ran.exit_code, 2) << input;
    EXPECT_THAT(ran.err, HasSubstr("standard input: expected two lines")) << input;
  }
}

TEST_F(Sessions, ALoginIsWithBothServicesOrWithNone) {
  start();
  rig.write_profile({{"login", "/data-server/nowhere"}});
  const Ran ran = login();
  EXPECT_EQ(ran.exit_code, 4);
  EXPECT_THAT(ran.err, HasSubstr("data-server"));
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_EQ(rig.report()["logins"], 1);
  EXPECT_EQ(rig.report()["logouts"], 1);
}

TEST_F(Sessions, CredentialsComeFromAFileThatOthersMayNotRead) {
  start();
  const fs::path credentials = rig.root() / "credentials";
  write_file(credentials, std::string(kUser) + "\n" + kPassword + "\n");
  fs::permissions(credentials, fs::perms(0644));
  const Ran refused = rig.garner({"login", "gaia", "--credentials", credentials.string()});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("--credentials"), HasSubstr("chmod 600")));
  fs::permissions(credentials, fs::perms(0600));
  EXPECT_EQ(rig.garner({"login", "gaia", "--credentials", credentials.string()}).exit_code, 0);
}

TEST_F(Sessions, ALoginThatOthersMayHaveReadIsNotUsed) {
  start();
  log_in();
  fs::permissions(file(), fs::perms(0640));
  const Ran ran = query();
  EXPECT_EQ(ran.exit_code, 4);
  EXPECT_THAT(ran.err, AllOf(HasSubstr(file().string()), HasSubstr("mode 0640"), HasSubstr("garner login gaia")));
  EXPECT_TRUE(askers().empty());
  log_in();
  write_file(file(), "{\"version\": 1}");
  fs::permissions(file(), fs::perms(0600));
  EXPECT_EQ(query().exit_code, 4);
  log_in();
  EXPECT_EQ(query().exit_code, 0);
}

TEST_F(Sessions, ASessionGoesToNoOtherOrigin) {
  start();
  log_in();
  const std::string port = rig.base_url.substr(rig.base_url.rfind(':'));
  rig.write_profile({{"base_url", "http://localhost" + port}});  // the same server, of which nobody can know
  const Ran ran = query();
  EXPECT_EQ(ran.exit_code, 4);
  EXPECT_THAT(ran.err, HasSubstr("where your session is not sent"));
  EXPECT_TRUE(askers().empty());
  EXPECT_EQ(rig.garner({"whoami", "gaia"}).exit_code, 4);
  EXPECT_EQ(query({"--anonymous"}).exit_code, 0);
  const Ran out = rig.garner({"logout", "gaia"});
  EXPECT_THAT(out.err, HasSubstr("they end by themselves"));
  EXPECT_EQ(rig.report()["logouts"], 0);
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(Sessions, NoPasswordGoesOverPlainHttpToAnotherHost) {
  start();
  rig.write_profile({{"base_url", "http://archive.example.org"}});
  const Ran ran = login();
  EXPECT_EQ(ran.exit_code, 4);
  EXPECT_THAT(ran.err, HasSubstr("never sent over plain http"));
}

TEST_F(Sessions, ThePasswordIsAskedUnseenAndLeavesNoTrace) {
  start();
  AtTerminal asking(rig, {"login", "gaia"});
  asking.expect("User name at");
  EXPECT_TRUE(asking.echoes());
  asking.type(std::string(kUser) + "\n");
  asking.expect("Password: ");
  EXPECT_FALSE(asking.echoes());
  asking.type(std::string(kPassword) + "\n");
  asking.expect("logged in at");
  EXPECT_EQ(asking.finish(), 0);
  EXPECT_THAT(asking.shown(), AllOf(HasSubstr(kUser), Not(HasSubstr(kTrace))));
  EXPECT_EQ(rig.garner({"whoami", "gaia"}).exit_code, 0);
  // Files are few: the state of the user, the profile, the simulator's own.
  std::size_t files = 0;
  for (const fs::path& folder : {rig.state_home(), rig.root() / "archives"}) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      EXPECT_THAT(read_file(entry.path()), Not(HasSubstr(kTrace))) << entry.path();
      ++files;
    }
  }
  EXPECT_GE(files, 2u);
}

TEST_F(Sessions, CtrlCAtThePasswordLeavesTheTerminalAsItWas) {
  start();
  AtTerminal asking(rig, {"login", "gaia"});
  asking.expect("User name at");
  asking.type(std::string(kUser) + "\n");
  asking.expect("Password: ");
  asking.type("Korn\x03");
  EXPECT_EQ(asking.finish(), 130);
  EXPECT_TRUE(asking.echoes());
  EXPECT_THAT(asking.shown(), Not(HasSubstr("Korn")));
  EXPECT_EQ(rig.report()["logins_refused"], 0);
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(Sessions, AnEmptyAnswerIsNoLogin) {
  start();
  AtTerminal asking(rig, {"login", "gaia"});
  asking.expect("User name at");
  asking.type("\n");
  asking.expect("Password: ");
  asking.type("\n");
  EXPECT_EQ(asking.finish(), 2);
  EXPECT_THAT(asking.shown(), HasSubstr("needs a user name and a password"));
}

}  // namespace
}  // namespace garner::e2e
