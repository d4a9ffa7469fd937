// A daemon that must not start says why and leaves everything as it is; one that was killed starts over what it left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "truth.h"

namespace garner::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Startup : public ::testing::Test {
 protected:
  void start() {
    rig.start_simulator();
    rig.start_daemon();
  }
  // A second daemon, to its end.
  Ran daemon_with(const std::string& config) {
    const auto path = rig.root() / "second.yaml";
    write_file(path, config);
    return run({"timeout", "30", rig.garnerd_path, "--config", path.string()});
  }
  Ran daemon_again() {
    return run({"timeout", "30", rig.garnerd_path, "--config", (rig.root() / "garnerd.yaml").string()});
  }
  std::string config(const std::string& state, const std::string& socket) {
    return "state_directory: " + (rig.root() / state).string() + "\nsocket: " + (rig.root() / socket).string() +
           "\noutput_roots: [" + (rig.root() / "output").string() +
           "]\narchives_directory: " + (rig.root() / "archives").string() + "\n";
  }
  fs::path ledger() { return rig.root() / "state" / "ledger"; }
  // A harvest, finished, and the daemon stopped.
  void harvest_and_stop() {
    start();
    EXPECT_EQ(
        rig.garner({"submit", rig.write_manifest("done", rig.make_ids(30), "retrieval_types: [XP_SAMPLED]\n").string(),
                    "--wait"})
            .exit_code,
        0);
    EXPECT_EQ(rig.stop_daemon(), 0);
  }

  Rig rig;
};

TEST_F(Startup, ASecondDaemonOnTheSameStateNamesTheFirst) {
  start();
  const Ran second = daemon_with(config("state", "other.sock"));
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr("process " + std::to_string(rig.daemon().pid()) + " is using the ledger"));
  EXPECT_EQ(rig.garner({"list"}).exit_code, 0);
}

TEST_F(Startup, ASecondDaemonOnTheSameSocketLeavesItToTheFirst) {
  start();
  const Ran second = daemon_with(config("state-2", "garnerd.sock"));
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr("another daemon answers there"));
  EXPECT_EQ(rig.garner({"list"}).exit_code, 0);
}

// A login session allows 1024, softly.
TEST_F(Startup, TakesAsManyDescriptorsAsItMay) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit soft = before;
  soft.rlim_cur = 256;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &soft), 0);
  start();
  ::setrlimit(RLIMIT_NOFILE, &before);
  rlimit of_daemon{};
  ASSERT_EQ(::prlimit(rig.daemon().pid(), RLIMIT_NOFILE, nullptr, &of_daemon), 0);
  EXPECT_EQ(of_daemon.rlim_cur, before.rlim_max);
}

TEST_F(Startup, AStaleSocketIsReplacedAndAForeignFileIsNot) {
  start();
  rig.daemon().kill_now();
  ASSERT_TRUE(fs::exists(rig.root() / "garnerd.sock"));
  EXPECT_EQ(rig.garner({"list"}).exit_code, 3);
  rig.start_daemon();
  write_file(rig.root() / "precious", "data");
  const Ran refused = daemon_with(config("state-2", "precious"));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("a file that is no socket stands there"));
  EXPECT_EQ(read_file(rig.root() / "precious"), "data");
}

TEST_F(Startup, ANewerLedgerIsRefusedUntouched) {
  harvest_and_stop();
  write_file(ledger() / "SCHEMA", "99\n");
  const Ran refused = daemon_again();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("version 99"), HasSubstr("up to 3")));
  write_file(ledger() / "SCHEMA", "3\n");
  rig.start_daemon();
  EXPECT_EQ(rig.status("done")["delivered"], 30);
}

TEST_F(Startup, ADamagedLedgerIsRefusedWithAReason) {
  harvest_and_stop();
  fs::rename(ledger() / "CURRENT", rig.root() / "CURRENT");
  const Ran lost = daemon_again();
  EXPECT_EQ(lost.exit_code, 1);
  EXPECT_THAT(lost.err, HasSubstr("has lost its file CURRENT"));
  write_file(ledger() / "CURRENT", "MANIFEST-999999\n");
  const Ran damaged = daemon_again();
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_THAT(damaged.err, HasSubstr("ledger"));
  fs::rename(rig.root() / "CURRENT", ledger() / "CURRENT");
  rig.start_daemon();
  EXPECT_EQ(rig.status("done")["delivered"], 30);
}

TEST_F(Startup, AFinishedHarvestIsAsItWasAfterARestart) {
  harvest_and_stop();
  rig.start_daemon();
  EXPECT_EQ(rig.status("done")["state"], "finished");
  EXPECT_EQ(rig.report()["requests"], 1);
  expect_account(rig, "done");
}

TEST_F(Startup, AStateDirectoryThatWasMovedGoesOnWhereItStood) {
  rig.start_simulator({.knobs = {{"latency", {{"a_s", 0.05}}}}});
  rig.start_daemon();
  rig.submit(rig.write_manifest("moved", rig.make_ids(200), "retrieval_types: [XP_SAMPLED]\nchunk_size: 10\n"));
  ASSERT_TRUE(wait_until([&] { return rig.status("moved")["delivered"].get<int>() > 0; }));
  rig.daemon().kill_now();
  fs::create_directories(rig.root() / "another" / "disk");
  fs::rename(rig.root() / "state", rig.root() / "another" / "disk" / "garner");
  write_file(rig.root() / "garnerd.yaml", config("another/disk/garner", "garnerd.sock"));
  rig.start_daemon();
  ASSERT_TRUE(rig.wait_for_state("moved", "finished"));
  EXPECT_FALSE(fs::exists(rig.root() / "state"));
  expect_account(rig, "moved");
}

TEST_F(Startup, EveryProblemOfAConfigurationIsReportedAtOnce) {
  const Ran bad =
      daemon_with("state_directory: relative\nsocket: [a, b]\noutput_rots: [/srv]\nworkers: many\nworkers: 3\n");
  EXPECT_EQ(bad.exit_code, 2);
  const std::string file = (rig.root() / "second.yaml").string();
  for (const std::string& problem : {file + ":1:18: state_directory: expected an absolute path",
                                     file + ":2:9: socket: expected a text, found a list",
                                     file + ":3:1: output_rots: unknown key; did you mean 'output_roots'?",
                                     std::string("the key 'output_roots' is missing"),
                                     file + ":4:10: workers: expected a whole number from 0 to 256, found 'many'",
                                     file + ":5:1: workers: this key stands twice"}) {
    EXPECT_THAT(bad.err, HasSubstr(problem));
  }
  EXPECT_FALSE(fs::exists(rig.root() / "state"));
}

TEST_F(Startup, ChecksAConfigurationWithoutStarting) {
  write_file(rig.root() / "good.yaml", config("state", "garnerd.sock"));
  const Ran good = run({rig.garnerd_path, "--check-config", "--config", (rig.root() / "good.yaml").string()});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("is good"));
  EXPECT_FALSE(fs::exists(rig.root() / "state"));
  write_file(rig.root() / "bad.yaml", config("state", "garnerd.sock") + "drain_s: -1\n");
  const Ran bad = run({rig.garnerd_path, "--check-config", "--config", (rig.root() / "bad.yaml").string()});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("bad.yaml:5:10: drain_s"));
  for (const std::string marks :
       {"{low: 5 GiB, resume: 8 GB}", "{low: 2 %}", "{low: 0}", "{low: 500 MB, resume: 5%}"}) {
    write_file(rig.root() / "good.yaml", config("state", "garnerd.sock") + "disk: " + marks + "\n");
    EXPECT_EQ(run({rig.garnerd_path, "--check-config", "--config", (rig.root() / "good.yaml").string()}).exit_code, 0)
        << marks;
  }
  for (const std::string marks :
       {"{low: lots}", "{low: -1 GB}", "{low: 5 GB, resume: 4 GB}", "{low: 200 %}", "{hi: 2 %}"}) {
    write_file(rig.root() / "bad.yaml", config("state", "garnerd.sock") + "disk: " + marks + "\n");
    const Ran refused = run({rig.garnerd_path, "--check-config", "--config", (rig.root() / "bad.yaml").string()});
    EXPECT_EQ(refused.exit_code, 2) << marks;
    EXPECT_THAT(refused.err, HasSubstr("bad.yaml:5:"));
  }
  const Ran missing = run({rig.garnerd_path, "--check-config", "--config", (rig.root() / "none.yaml").string()});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("none.yaml"));
  EXPECT_EQ(run({rig.garnerd_path, "--no-such-option"}).exit_code, 2);
  EXPECT_EQ(run({rig.garnerd_path, "--version"}).out, "garnerd 0.1.0\n");
}

TEST_F(Startup, AStrangerMayNotSpeakToTheDaemon) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  if (run({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "true"}).exit_code != 0) {
    GTEST_SKIP() << "setpriv does not give another user here";
  }
  start();
  // A copy that the stranger can reach, wherever the build lies.
  fs::copy_file(rig.garner_path, rig.root() / "garner");
  const std::vector<std::string> stranger = {"setpriv",
                                             "--reuid=65534",
                                             "--regid=65534",
                                             "--clear-groups",
                                             (rig.root() / "garner").string(),
                                             "--socket",
                                             (rig.root() / "garnerd.sock").string(),
                                             "list"};
  const Ran at_the_door = run(stranger);
  EXPECT_EQ(at_the_door.exit_code, 4) << at_the_door.err;
  EXPECT_THAT(at_the_door.err, HasSubstr("you may not use the daemon's socket"));
  // The daemon itself looks who comes, also where the file would let everybody in.
  ASSERT_EQ(chmod((rig.root() / "garnerd.sock").c_str(), 0666), 0);
  const Ran inside = run(stranger);
  EXPECT_EQ(inside.exit_code, 4) << inside.err;
  EXPECT_THAT(inside.err, HasSubstr("user id 65534 may not speak to this daemon"));
}

}  // namespace
}  // namespace garner::e2e
