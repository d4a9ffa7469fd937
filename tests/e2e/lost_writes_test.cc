// A power cut at every durable step of a small harvest, on a disk that forgets what was not synced: what the ledger
// then calls delivered is on disk, whole, and the harvest comes to its end with each product once.
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
constexpr int kRunsOfASweep = 7;

struct Kind {
  std::string layout, more = {}, type = "XP_SAMPLED";
};

class LostWrites : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    rig.start_simulator({.knobs = {{"absent_fraction", 0.1}}});
    const auto ids = rig.make_ids(kSources);
    manifest = rig.write_manifest("h", ids,
                                  "retrieval_types: [" + GetParam().type + "]\nchunk_size: 20\n" + GetParam().more +
                                      "output: {directory: " + rig.output("h").string() +
                                      ", layout: " + GetParam().layout + "}\n");
    absent = truly_absent(ids, GetParam().type, 0.1);
  }

  // A harvest that the power leaves at the n-th step. False: it came to its end before.
  bool run_until(std::uint64_t n) {
    begin_anew(rig);
    const Life life = live_until(rig, faults, n, "h", manifest, true);
    if (!life.died) return false;
    faults.forget_what_was_not_synced();
    look_at_what_is_left(life.known);
    return true;
  }

  void look_at_what_is_left(bool acknowledged) {
    rig.simulator().signal(SIGSTOP);
    rig.start_daemon();
    const bool known = rig.garner({"status", "h"}).exit_code == 0;
    EXPECT_TRUE(known || !acknowledged) << "what submit had said yes to is lost";
    if (known) {
      const Ran verified = rig.garner({"verify", "h"});
      EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
    }
    rig.simulator().signal(SIGCONT);
    ASSERT_TRUE(has_or_takes(rig, "h", manifest));
    ASSERT_TRUE(rig.wait_for_state("h", "finished"));
    EXPECT_EQ(rig.source_ids("h", "absent"), absent);
    EXPECT_EQ(rig.status("h")["delivered"].get<std::size_t>(), kSources - absent.size());
    expect_account(rig, "h");
  }

  Rig rig;
  DiskFaults faults{rig};
  fs::path manifest;
  std::set<std::string> absent;
};

TEST_P(LostWrites, NothingThatWasDeliveredIsLostNorDoubled) {
  begin_anew(rig);
  rig.start_daemon(faults.environment(true));
  rig.submit(manifest);
  ASSERT_TRUE(rig.wait_for_state("h", "finished"));
  const std::uint64_t steps = faults.steps();
  ASSERT_GT(steps, 30U);
  int cuts = 0;
  for (const std::uint64_t n : points_of_sweep(steps, kRunsOfASweep, GetParam().layout)) {
    if (HasFailure()) break;
    cuts += run_until(n) ? 1 : 0;
    if (HasFailure()) fprintf(stderr, "layout %s, step %llu\n", GetParam().layout.c_str(), (unsigned long long)n);
  }
  printf("%s: %llu steps, the power cut at %d of them\n", GetParam().layout.c_str(), (unsigned long long)steps, cuts);
  EXPECT_GE(cuts, kRunsOfASweep / 2);
}

INSTANTIATE_TEST_SUITE_P(Layouts, LostWrites,
                         ::testing::Values(Kind{"zip"}, Kind{"files"}, Kind{"tar.zst"},
                                           Kind{"table", "data_structure: RAW\nformat: fits\n", "XP_CONTINUOUS"}),
                         [](const auto& info) {
                           return info.param.layout == "tar.zst" ? std::string("tar_zst") : info.param.layout;
                         });

}  // namespace
}  // namespace garner::e2e
