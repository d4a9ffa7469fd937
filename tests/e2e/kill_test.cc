// SIGKILL at one durable step after the other of a small harvest in each layout, and in its second life at the same one
// once more. What the ledger calls delivered after a kill is never asked for again, and in the end the disk holds each
// product once.
//
// GARNER_SWEEP=full takes every step; without it some, others for each layout.
#include <gtest/gtest.h>
#include <signal.h>

#include "disk.h"
#include "disk_faults/step_sweep.h"
#include "truth.h"

namespace garner::e2e {
namespace {

constexpr std::size_t kSources = 60;
constexpr double kAbsent = 0.1;
constexpr std::uint64_t kPoints = 6;
constexpr int kDeaths = 2;  // of a harvest

struct Kind {
  std::string layout, more = {}, type = "XP_SAMPLED";
};

class KillSweep : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    rig.start_simulator({.knobs = {{"absent_fraction", kAbsent}, {"cache_members", true}}});
    rig.write_profile();
    rig.write_config();
    ids = rig.make_ids(kSources);
    absent = truly_absent(ids, GetParam().type, kAbsent);
    manifest = rig.write_manifest("h", ids,
                                  "retrieval_types: [" + GetParam().type + "]\nchunk_size: 20\n" + GetParam().more +
                                      "output: {directory: " + rig.output("h").string() +
                                      ", layout: " + GetParam().layout + "}\n");
  }

  // The archive stands still meanwhile, so that the ledger is seen as the kill left it.
  void look_at_what_is_left(bool was_known) {
    expect_nothing_asked_again();
    rig.simulator_post("/sim/reset", "");
    rig.simulator().signal(SIGSTOP);
    rig.start_daemon();
    const bool known = rig.garner({"status", "h"}).exit_code == 0;
    EXPECT_TRUE(known || !was_known) << "what submit had said yes to is lost";
    if (known) {
      delivered = rig.source_ids("h", "delivered");
      const Json status = rig.status("h");
      EXPECT_EQ(status["delivered"].get<std::size_t>(), delivered.size());
      EXPECT_EQ(status["pending"].get<std::size_t>() + delivered.size() + status["absent"].get<std::size_t>(),
                kSources);
      const Ran verified = rig.garner({"verify", "h"});
      EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
    }
    rig.daemon().kill_now();
    rig.simulator().signal(SIGCONT);
  }

  // What was delivered at the last look must not have been asked for since.
  void expect_nothing_asked_again() {
    std::size_t again = 0;
    for (const auto& [id, times] : rig.asked(GetParam().type)) again += delivered.contains(id) ? 1 : 0;
    EXPECT_EQ(again, 0u) << "of " << delivered.size() << " delivered products";
  }

  // How often the daemon died.
  int run_dying_at(std::uint64_t n) {
    begin_anew(rig);
    delivered.clear();
    int deaths = 0;
    bool known = false;
    for (; deaths < kDeaths && !HasFailure(); ++deaths) {
      const Life life = live_until(rig, faults, n, "h", manifest, false);
      if (!life.died) break;
      known = known || life.known;
      look_at_what_is_left(known);
    }
    rig.start_daemon();
    EXPECT_TRUE(has_or_takes(rig, "h", manifest));
    EXPECT_TRUE(rig.wait_for_state("h", "finished"));
    expect_nothing_asked_again();
    expect_the_truth();
    return deaths;
  }

  void expect_the_truth() {
    EXPECT_TRUE(rig.source_ids("h", "absent") == absent);
    EXPECT_EQ(rig.status("h")["delivered"].get<std::size_t>(), kSources - absent.size());
    expect_account(rig, "h");
    if (GetParam().layout == "table") return;
    std::set<std::string> names;
    for (const auto& product : unpack(rig.output("h"))) {
      EXPECT_TRUE(names.insert(product.member).second) << product.member << " lies on disk twice";
      const std::string id =
          product.member.substr(product.member.rfind(' ') + 1, product.member.size() - product.member.rfind(' ') - 5);
      if (names.size() % 10 == 0) EXPECT_TRUE(product.bytes == true_product({}, {id})) << product.member;
    }
    EXPECT_EQ(names.size(), kSources - absent.size());
  }

  Rig rig;
  DiskFaults faults{rig};
  fs::path manifest;
  std::vector<std::string> ids;
  std::set<std::string> absent, delivered;
};

TEST_P(KillSweep, LosesNothingAndAsksNothingTwiceWhereverItIsKilled) {
  begin_anew(rig);
  rig.start_daemon(faults.environment(false));
  rig.submit(manifest);
  ASSERT_TRUE(rig.wait_for_state("h", "finished"));
  const std::uint64_t steps = faults.steps();
  ASSERT_GT(steps, 30U);
  const auto points = points_of_sweep(steps, kPoints, GetParam().layout);
  int kills = 0;
  for (const std::uint64_t n : points) {
    kills += run_dying_at(n);
    if (HasFailure()) FAIL() << "layout " << GetParam().layout << ", step " << n;
  }
  printf("%s: %llu steps, %zu of them taken, %d kills\n", GetParam().layout.c_str(), (unsigned long long)steps,
         points.size(), kills);
  EXPECT_GE(kills, static_cast<int>(points.size() / 2));
}

INSTANTIATE_TEST_SUITE_P(Layouts, KillSweep,
                         ::testing::Values(Kind{"zip"}, Kind{"files"}, Kind{"tar.zst"},
                                           Kind{"table", "data_structure: RAW\nformat: fits\n", "XP_CONTINUOUS"}),
                         [](const auto& info) {
                           return info.param.layout == "tar.zst" ? std::string("tar_zst") : info.param.layout;
                         });

}  // namespace
}  // namespace garner::e2e
