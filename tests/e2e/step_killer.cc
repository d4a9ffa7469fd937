#include "step_killer.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>

namespace garner::e2e {

StepKiller::StepKiller(Rig& rig) : rig_(rig), page_(rig.root() / "steps") {
  const char* given = std::getenv("GARNER_KILL_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  random_.seed(seed);
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  printf("seed %llu (GARNER_KILL_SEED=%llu repeats the choices)\n", static_cast<unsigned long long>(seed),
         static_cast<unsigned long long>(seed));
}

void StepKiller::start_daemon() {
  rig_.start_daemon({{"GARNER_STEP_TRACE", (rig_.root() / "steps").string()}});
}

bool StepKiller::every_step_hit() const {
  return std::ranges::all_of(kSteps, [this](Step step) { return hits_.contains(step); });
}

Step StepKiller::choose_step() {
  std::vector<Step> choices;
  for (const Step step : kSteps) {
    if (!hits_.contains(step)) choices.push_back(step);
  }
  if (choices.empty() || random_() % 3 == 0) choices.assign(kSteps.begin(), kSteps.end());
  return choices[random_() % choices.size()];
}

bool StepKiller::kill_in(Step step, std::uint64_t occurrences, const std::string& harvest) {
  const std::uint64_t goal = page_.begun(step) + occurrences;
  for (std::uint64_t spins = 1;; ++spins) {
    if (page_.begun(step) >= goal && page_.under_way() == step) break;
    if (page_.begun(step) >= goal + 3) break;  // too short to be caught under way so often: here is as good
    if (spins % 200'000 == 0 && rig_.status(harvest)["state"] == "finished") return false;
    sched_yield();
  }
  ::kill(rig_.daemon().pid(), SIGKILL);
  EXPECT_EQ(rig_.daemon().wait(), 128 + SIGKILL);
  ++hits_[page_.under_way()];
  ++rounds_;
  return true;
}

void StepKiller::print_hits() const {
  printf("killed in %d rounds:\n", rounds_);
  for (const auto& [step, times] : hits_)
    printf("  %-16s %3d %s\n", std::string(step_name(step)).c_str(), times,
           std::string(static_cast<std::size_t>(times), '#').c_str());
}

}  // namespace garner::e2e
