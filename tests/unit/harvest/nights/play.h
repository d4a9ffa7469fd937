// Plays a night: operators, reloads, restarts and kills at drawn moments; then a calm morning in which whatever is
// paused or blocked is set going again, and everything ends.
#pragma once

#include "watch.h"

namespace garner::testing::nights {

// What was played, all nights together.
struct Tally {
  std::uint64_t nights = 0, real_ledgers = 0, sources = 0, requests = 0, jobs = 0;
  std::uint64_t kills = 0, restarts = 0, verbs = 0, reloads = 0, clocks_set = 0;
};

class Play {
 public:
  Play(Scene& scene, Tally& tally) : scene_(scene), tally_(tally), watch_(scene) {}
  ~Play();
  void night();
  void morning();

 private:
  void act();
  void reload();
  void start_engine();
  void restart();
  void kill_somewhere();
  void set_clock();
  bool all_ended();
  void expect_stated_reasons();

  Scene& scene_;
  Tally& tally_;
  Watch watch_;
};

}  // namespace garner::testing::nights
