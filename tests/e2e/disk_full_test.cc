// Disks that run full under a harvest: it waits, says so, shows nothing half-written, and goes on by itself.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "disk.h"
#include "private_mounts.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

class DiskFull : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { refusal = enter_private_mounts(); }
  void SetUp() override {
    if (!refusal.empty()) GTEST_SKIP() << refusal;
  }

  // An operator who is in a hurry: else it looks every half minute, and tries again after a minute.
  static constexpr const char* kSoon = "look_every_s: 2, try_again_s: 2";

  void start(double latency_s = 0, const std::string& disk_keys = fmt::format("low: 0, {}", kSoon)) {
    rig.start_simulator({.knobs = {{"absent_fraction", 0.2}, {"latency", {{"a_s", latency_s}}}}});
    rig.write_config("disk: {" + disk_keys + "}\n");
    rig.start_daemon();
  }
  // Some megabytes as served.
  std::string manifest(const std::string& name, const std::string& layout = "zip", int chunk_size = 20) {
    return rig
        .write_manifest(name, rig.make_ids(600),
                        "retrieval_types: [XP_SAMPLED]\nchunk_size: " + std::to_string(chunk_size) +
                            "\noutput: {directory: " + rig.output(name).string() + ", layout: " + layout + "}\n")
        .string();
  }
  bool waits_for_space(const std::string& harvest) {
    Json status;
    const bool waits = wait_until([&] {
      status = rig.status(harvest);
      return status["state"] == "waiting" && status["chunks"]["in_flight"] == 0 &&
             status["waiting_for"].get<std::string>().find("No space left on device") != std::string::npos;
    });
    if (!waits) fprintf(stderr, "%s\n", status.dump(1).c_str());
    return waits;
  }
  // Nothing new starts; what was already answered comes to its end.
  bool at_rest(const std::string& harvest) {
    const fs::path temp = rig.output(harvest) / ".garner" / "tmp";
    return wait_until([&] {
      return fs::is_empty(temp) && rig.status(harvest)["delivered"] == rig.source_ids(harvest, "delivered").size() &&
             unpack(rig.output(harvest)).size() == rig.source_ids(harvest, "delivered").size();
    });
  }
  // What is there is whole, and what the ledger says is there.
  void expect_true_so_far(const std::string& harvest) {
    EXPECT_TRUE(at_rest(harvest));
    const Json status = rig.status(harvest);
    EXPECT_GT(status["delivered"].get<int>(), 0);
    EXPECT_GT(status["pending"].get<int>(), 0);
    EXPECT_EQ(status["failed"], 0);
    EXPECT_EQ(status["requested"].get<int>(),
              status["pending"].get<int>() + status["delivered"].get<int>() + status["absent"].get<int>());
    expect_nothing_half_written(rig.output(harvest));
    const auto delivered = rig.source_ids(harvest, "delivered");
    EXPECT_EQ(delivered.size(), status["delivered"].get<std::size_t>());
    EXPECT_EQ(unpack(rig.output(harvest)).size(), delivered.size());
    EXPECT_EQ(rig.garner({"verify", harvest}).exit_code, 0);
  }

  static std::string refusal;
  Rig rig;
};

std::string DiskFull::refusal;

TEST_F(DiskFull, TheHarvestWaitsAndFinishesByItselfWhenThereIsSpaceAgain) {
  TinyDisk disk(rig.root() / "output", 1000);
  start();
  rig.submit(manifest("full"));
  ASSERT_TRUE(waits_for_space("full"));
  expect_true_so_far("full");
  disk.resize(100'000);
  ASSERT_TRUE(rig.wait_for_state("full", "finished"));
  EXPECT_EQ(rig.status("full")["failed"], 0);
  EXPECT_LE(rig.report()["max_times_one_id_asked"].get<int>(), 3);
  expect_account(rig, "full");
}

TEST_F(DiskFull, RetryDoesNotWaitForItsHour) {
  for (const std::string layout : {"files", "tar.zst"}) {
    TinyDisk disk(rig.root() / "output", 1000);
    if (layout == "files") start(0, "low: 0, try_again_s: 3600");
    const std::string name = "full-" + layout;
    rig.submit(manifest(name, layout));
    ASSERT_TRUE(waits_for_space(name));
    expect_true_so_far(name);
    disk.resize(100'000);
    EXPECT_EQ(rig.garner({"retry", name, "--outcome", "pending"}).exit_code, 0);
    ASSERT_TRUE(rig.wait_for_state(name, "finished", std::chrono::seconds(30)));
    expect_account(rig, name);
    EXPECT_EQ(rig.garner({"remove", name}).exit_code, 0);
  }
}

TEST_F(DiskFull, AKilledDaemonStartsOverAFullDisk) {
  TinyDisk disk(rig.root() / "output", 1000);
  start();
  rig.submit(manifest("full"));
  ASSERT_TRUE(waits_for_space("full"));
  rig.daemon().kill_now();
  rig.start_daemon();
  ASSERT_TRUE(waits_for_space("full"));
  expect_true_so_far("full");
  disk.resize(100'000);
  rig.garner({"retry", "full", "--outcome", "pending"});
  ASSERT_TRUE(rig.wait_for_state("full", "finished"));
  expect_account(rig, "full");
}

TEST_F(DiskFull, TheDaemonLivesThroughAFullStateDirectoryAndGoesOnByItself) {
  fs::create_directories(rig.root() / "state");
  TinyDisk disk(rig.root() / "state", 1000);  // less than the ledger would set aside
  start(0.05);
  // Many chunks: more records than the last page of a file takes.
  rig.submit(manifest("ledger", "zip", 2));
  ASSERT_TRUE(wait_until([&] { return rig.status("ledger")["delivered"].get<int>() > 0; }));
  // Somebody else takes the rest.
  write_file(rig.root() / "state" / "somebody-elses", std::string(1'000'000, 'x'));
  Json status;
  ASSERT_TRUE(wait_until([&] {
    status = rig.status("ledger");
    return status["state"] == "waiting" && status["chunks"]["in_flight"] == 0;
  })) << status.dump(1);
  EXPECT_THAT(status["waiting_for"].get<std::string>(), HasSubstr("ledger"));
  EXPECT_THAT(status["waiting_for"].get<std::string>(), HasSubstr("No space left on device"));
  EXPECT_EQ(rig.source_ids("ledger", "delivered").size(), status["delivered"].get<std::size_t>());
  disk.resize(100'000);
  ASSERT_TRUE(rig.wait_for_state("ledger", "finished"));
  EXPECT_TRUE(rig.daemon().running());
  EXPECT_EQ(rig.status("ledger")["failed"], 0);
  expect_account(rig, "ledger");
}

TEST_F(DiskFull, ADaemonKilledOverAFullStateDirectoryKeepsTheAccount) {
  fs::create_directories(rig.root() / "state");
  TinyDisk disk(rig.root() / "state", 1000);
  start(0.05);
  rig.submit(manifest("ledger", "zip", 2));
  ASSERT_TRUE(wait_until([&] { return rig.status("ledger")["delivered"].get<int>() > 0; }));
  const int delivered = rig.status("ledger")["delivered"];
  write_file(rig.root() / "state" / "somebody-elses", std::string(1'000'000, 'x'));
  ASSERT_TRUE(wait_until([&] { return rig.daemon_log().find("it takes no writes now") != std::string::npos; }));
  rig.daemon().kill_now();
  disk.resize(100'000);
  rig.start_daemon();
  EXPECT_GE(rig.status("ledger")["delivered"].get<int>(), delivered);
  ASSERT_TRUE(rig.wait_for_state("ledger", "finished", std::chrono::seconds(90)));
  expect_account(rig, "ledger");
}

TEST_F(DiskFull, NothingIsStartedBelowTheWatermarkAndItGoesOnWhenThereIsRoom) {
  TinyDisk disk(rig.root() / "output", 20'000);
  start(0.02, fmt::format("low: 8 MB, resume: 12 MB, {}", kSoon));
  write_file(rig.root() / "output" / "somebody-elses", std::string(14'000'000, 'x'));
  rig.submit(manifest("low"));
  Json status;
  ASSERT_TRUE(wait_until([&] {
    status = rig.status("low");
    return status["state"] == "waiting" && status["chunks"]["in_flight"] == 0;
  })) << status.dump(1);
  EXPECT_THAT(status["waiting_for"].get<std::string>(), HasSubstr("disk low on " + rig.output("low").string()));
  EXPECT_THAT(status["waiting_for"].get<std::string>(), HasSubstr("goes on at 12.0 MB"));
  const int delivered = status["delivered"];
  EXPECT_LT(delivered, 480);
  fs::remove(rig.root() / "output" / "somebody-elses");
  ASSERT_TRUE(rig.wait_for_state("low", "finished"));
  expect_account(rig, "low");
}

TEST_F(DiskFull, AnUnmountedOutputIsWaitedForAndNothingIsWrittenInItsPlace) {
  BoundFolder disk(rig.root() / "disk", rig.root() / "output");
  start(0.1);
  rig.submit(manifest("gone", "files"));
  ASSERT_TRUE(wait_until([&] { return rig.status("gone")["delivered"].get<int>() > 0; }));
  disk.unmount();
  fs::create_directory(rig.output("gone"));  // worse than nothing: an empty folder of its name
  Json status;
  ASSERT_TRUE(wait_until([&] {
    status = rig.status("gone");
    return status["state"] == "waiting" && status["chunks"]["in_flight"] == 0;
  })) << status.dump(1);
  EXPECT_THAT(status["waiting_for"].get<std::string>(), HasSubstr(rig.output("gone").string()));
  EXPECT_TRUE(fs::is_empty(rig.output("gone")));
  disk.mount();
  rig.garner({"retry", "gone", "--outcome", "pending"});
  ASSERT_TRUE(rig.wait_for_state("gone", "finished"));
  expect_account(rig, "gone");
}

TEST_F(DiskFull, ADiskGoneReadOnlyIsWaitedFor) {
  TinyDisk disk(rig.root() / "output", 100'000);
  start(0.1);
  rig.submit(manifest("ro", "tar.zst"));
  ASSERT_TRUE(wait_until([&] { return rig.status("ro")["delivered"].get<int>() > 0; }));
  Json status;
  ASSERT_TRUE(wait_until([&] {
    disk.set_read_only(true);  // refused while a file is open for writing
    return rig.status("ro")["state"] == "waiting";
  }));
  ASSERT_TRUE(wait_until([&] {
    status = rig.status("ro");
    return status["chunks"]["in_flight"] == 0;
  }));
  EXPECT_THAT(status["waiting_for"].get<std::string>(), HasSubstr("Read-only file system"));
  disk.set_read_only(false);
  rig.garner({"retry", "ro", "--outcome", "pending"});
  ASSERT_TRUE(rig.wait_for_state("ro", "finished"));
  expect_account(rig, "ro");
}

}  // namespace
}  // namespace garner::e2e
