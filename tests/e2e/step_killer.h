// SIGKILL to the daemon in the middle of a durable step, chosen by a seed that is printed.
#pragma once

#include <map>
#include <memory>
#include <random>

#include "rig.h"
#include "step_page.h"

namespace garner::e2e {

class StepKiller {
 public:
  // The seed: GARNER_KILL_SEED of the environment, else a new one.
  explicit StepKiller(Rig& rig);

  // With its steps told.
  void start_daemon();
  // A step that was not hit yet, while there is one; else any.
  Step choose_step();
  // 1 to `most`.
  std::uint64_t choose_occurrences(std::uint64_t most) { return 1 + random_() % most; }
  // Kills the daemon in the n-th such step from now. False if the harvest came to its end before.
  bool kill_in(Step step, std::uint64_t occurrences, const std::string& harvest);

  bool every_step_hit() const;
  int rounds() const { return rounds_; }
  void print_hits() const;

 private:
  Rig& rig_;
  StepPage page_;
  std::mt19937_64 random_;
  std::map<Step, int> hits_;
  int rounds_ = 0;
};

}  // namespace garner::e2e
