// SIGKILL at every durable step. Each round kills the daemon in the middle of a step, looks at what the ledger then
// calls delivered, and lets it go on: none of that may be asked for again, and in the end the disk holds each product
// once.
#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <random>

#include "disk.h"
#include "step_page.h"
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
    const char* given = std::getenv("GARNER_KILL_SEED");
    seed_ = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    random_.seed(seed_);
    RecordProperty("seed", std::to_string(seed_));
    printf("seed %llu (GARNER_KILL_SEED=%llu repeats the choices)\n", static_cast<unsigned long long>(seed_),
           static_cast<unsigned long long>(seed_));
    rig_.start_simulator({.knobs = {{"absent_fraction", kAbsent}, {"cache_members", true}}});
    ids_ = rig_.make_ids(kSources);
    absent_ = truly_absent(ids_, "XP_SAMPLED", kAbsent);
    page_ = std::make_unique<StepPage>(rig_.root() / "steps");
  }

  void start_daemon() { rig_.start_daemon({{"GARNER_STEP_TRACE", (rig_.root() / "steps").string()}}); }

  bool every_step_hit() const {
    return std::ranges::all_of(kSteps, [this](Step step) { return hits_.contains(step); });
  }

  // A step that was not hit yet, while there is one; else any.
  Step choose_step() {
    std::vector<Step> choices;
    for (const Step step : kSteps) {
      if (!hits_.contains(step)) choices.push_back(step);
    }
    if (choices.empty() || random_() % 3 == 0) choices.assign(kSteps.begin(), kSteps.end());
    return choices[random_() % choices.size()];
  }

  bool finished(const std::string& harvest) { return rig_.status(harvest)["state"] == "finished"; }

  // Kills the daemon in the n-th such step from now. False if the harvest came to its end before.
  bool kill_in(Step step, std::uint64_t occurrences, const std::string& harvest) {
    const std::uint64_t goal = page_->begun(step) + occurrences;
    for (std::uint64_t spins = 1;; ++spins) {
      if (page_->begun(step) >= goal && page_->under_way() == step) break;
      if (page_->begun(step) >= goal + 3) break;  // too short to be caught under way so often: here is as good
      if (spins % 200'000 == 0 && finished(harvest)) return false;
      sched_yield();
    }
    ::kill(rig_.daemon().pid(), SIGKILL);
    EXPECT_EQ(rig_.daemon().wait(), 128 + SIGKILL);
    ++hits_[page_->under_way()];
    return true;
  }

  // Starts the daemon again while the archive stands still, so that the ledger is seen as the kill left it.
  void restart_and_look(const std::string& harvest) {
    rig_.simulator_post("/sim/reset", "");
    rig_.simulator().signal(SIGSTOP);
    start_daemon();
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
      const Step step = choose_step();
      // Some chunks further on; layout `files` takes a hundred steps a chunk.
      const std::uint64_t occurrences = 1 + random_() % (kind.layout == "files" && step != Step::Ledger ? 1000 : 10);
      if (!kill_in(step, occurrences, kind.name)) break;
      ++rounds_;
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
  std::unique_ptr<StepPage> page_;
  std::vector<std::string> ids_;
  std::set<std::string> absent_, delivered_;
  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  std::map<Step, int> hits_;
  int rounds_ = 0;
};

TEST_F(KillSweep, LosesNothingAndAsksNothingTwiceWhereverItIsKilled) {
  start_daemon();
  for (int i = 0; (i < 3 || rounds_ < kRoundsLeast || !every_step_hit()) && rounds_ < kRoundsMost && !HasFailure();
       ++i) {
    HarvestKind kind = kKinds[static_cast<std::size_t>(i) % kKinds.size()];
    kind.name += "-" + std::to_string(i);
    run_harvest(kind);
    expect_the_truth(kind);
  }
  printf("killed in %d rounds:\n", rounds_);
  for (const auto& [step, times] : hits_)
    printf("  %-16s %3d %s\n", std::string(step_name(step)).c_str(), times,
           std::string(static_cast<std::size_t>(times), '#').c_str());
  EXPECT_GE(rounds_, kRoundsLeast);
  EXPECT_TRUE(every_step_hit());
}

}  // namespace
}  // namespace garner::e2e
