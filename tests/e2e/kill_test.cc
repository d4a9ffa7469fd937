// SIGKILL at every durable step. Each round kills the daemon in the middle of a step, looks at what the ledger then
// calls delivered, and lets it go on: none of that may be asked for again, and in the end the disk holds each product
// once.
#include <gtest/gtest.h>

#include "disk.h"
#include "step_killer.h"
#include "truth.h"

namespace garner::e2e {
namespace {

constexpr std::size_t kSources = 5000;
constexpr double kAbsent = 0.05;
constexpr int kRoundsLeast = 20, kRoundsMost = 80, kRoundsEach = 12;

struct HarvestKind {
  std::string name, layout;
};
const std::vector<HarvestKind> kKinds = {{"as-zip", "zip"}, {"as-files", "files"}, {"as-tar", "tar.zst"}};

class KillSweep : public ::testing::Test {
 protected:
  void SetUp() override {
    rig_.start_simulator({.knobs = {{"absent_fraction", kAbsent}, {"cache_members", true}}});
    ids_ = rig_.make_ids(kSources);
    absent_ = truly_absent(ids_, "XP_SAMPLED", kAbsent);
    killer_ = std::make_unique<StepKiller>(rig_);
  }

  // Starts the daemon again while the archive stands still, so that the ledger is seen as the kill left it.
  void restart_and_look(const std::string& harvest) {
    rig_.simulator_post("/sim/reset", "");
    rig_.simulator().signal(SIGSTOP);
    killer_->start_daemon();
    delivered_ = rig_.source_ids(harvest, "delivered");
    const Json status = rig_.status(harvest);
    EXPECT_EQ(status["delivered"].get<std::size_t>(), delivered_.size());
    EXPECT_EQ(status["pending"].get<std::size_t>() + status["delivered"].get<std::size_t>() +
                  status["absent"].get<std::size_t>(),
              kSources);
    const Ran verified = rig_.garner({"verify", harvest});
    EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
    rig_.simulator().signal(SIGCONT);
  }

  // What was delivered at the last restart must not have been asked for since.
  void expect_nothing_asked_again() {
    std::size_t again = 0;
    for (const auto& [id, times] : rig_.asked("XP_SAMPLED")) again += delivered_.contains(id) ? 1 : 0;
    EXPECT_EQ(again, 0u) << "of " << delivered_.size() << " delivered products";
  }

  void run_harvest(const HarvestKind& kind) {
    delivered_.clear();
    const fs::path manifest = rig_.write_manifest(
        kind.name, ids_,
        "retrieval_types: [XP_SAMPLED]\nchunk_size: 100\noutput: {directory: " + rig_.output(kind.name).string() +
            ", layout: " + kind.layout + "}\n");
    rig_.submit(manifest);
    for (int round = 0; round < kRoundsEach && !HasFailure(); ++round) {
      const Step step = killer_->choose_step();
      // Some chunks further on; layout `files` takes a hundred steps a chunk.
      const bool many = kind.layout == "files" && step != Step::Ledger;
      if (!killer_->kill_in(step, killer_->choose_occurrences(many ? 1000 : 10), kind.name)) break;
      expect_nothing_asked_again();
      restart_and_look(kind.name);
    }
    ASSERT_TRUE(rig_.wait_for_state(kind.name, "finished"));
    expect_nothing_asked_again();
  }

  void expect_the_truth(const HarvestKind& kind) {
    EXPECT_TRUE(rig_.source_ids(kind.name, "absent") == absent_);
    expect_account(rig_, kind.name);
    std::set<std::string> names;
    for (const auto& product : unpack(rig_.output(kind.name))) {
      EXPECT_TRUE(names.insert(product.member).second) << product.member << " lies on disk twice";
      const std::string id =
          product.member.substr(product.member.rfind(' ') + 1, product.member.size() - product.member.rfind(' ') - 5);
      if (names.size() % 10 == 0) EXPECT_TRUE(product.bytes == true_product({}, {id})) << product.member;
    }
    EXPECT_EQ(names.size(), kSources - absent_.size());
  }

  Rig rig_;
  std::unique_ptr<StepKiller> killer_;
  std::vector<std::string> ids_;
  std::set<std::string> absent_, delivered_;
};

TEST_F(KillSweep, LosesNothingAndAsksNothingTwiceWhereverItIsKilled) {
  killer_->start_daemon();
  const auto enough = [this] { return killer_->rounds() >= kRoundsLeast && killer_->every_step_hit(); };
  for (int i = 0; (i < 3 || !enough()) && killer_->rounds() < kRoundsMost && !HasFailure(); ++i) {
    HarvestKind kind = kKinds[static_cast<std::size_t>(i) % kKinds.size()];
    kind.name += "-" + std::to_string(i);
    run_harvest(kind);
    expect_the_truth(kind);
  }
  killer_->print_hits();
  EXPECT_GE(killer_->rounds(), kRoundsLeast);
  EXPECT_TRUE(killer_->every_step_hit());
}

}  // namespace
}  // namespace garner::e2e
