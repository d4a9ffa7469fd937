// What a fault of our own disk or ledger means for a harvest: an archive must not be asked for what can't be kept. So
// nothing is asked for a while, a longer one each time; then the disk itself is tried, again and again until that goes
// well; and then one chunk is asked for. When that is kept, all is as before.
// Pure: events and the time in, state out; one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/executor.h"

namespace garner::policy {

class OwnTrouble {
 public:
  static constexpr std::chrono::minutes kMost{15};

  // The first rest, and that between two trials; operators choose it (Watermarks::try_again).
  void set_first(Duration first) { first_ = first; }

  // A fault. Returns the time before which nothing is to happen. What was under way beside the one that failed first
  // changes nothing.
  SteadyTime fault(SteadyTime now);
  // The disk is to be tried now, by whoever then tells what came of it.
  bool wants_trial(SteadyTime now) const { return stage_ == Stage::Resting && now >= until_; }
  void trial_begins() { stage_ = Stage::Trying; }
  bool trying() const { return stage_ == Stage::Trying; }
  // Well: a single chunk may be asked for.
  void trial_went_well() { stage_ = Stage::OneChunk; }
  // As fault(); it cost no archive anything, so the rest does not grow.
  SteadyTime trial_failed(SteadyTime now);
  // Something was received, laid down and settled.
  void kept();
  // Whether a chunk may be claimed while so many are in hand.
  bool may_claim(std::uint32_t in_hand) const {
    return stage_ == Stage::Well || (stage_ == Stage::OneChunk && in_hand == 0);
  }
  // An operator has put it right, or thinks so: it is tried at once.
  void hurry() { until_ = {}; }
  // When it is to be tried; nothing: not at all, or now.
  std::optional<SteadyTime> due() const { return stage_ == Stage::Resting ? std::optional(until_) : std::nullopt; }

 private:
  enum class Stage { Well, Resting, Trying, OneChunk };
  Duration first_ = std::chrono::minutes(1);
  Stage stage_ = Stage::Well;
  std::uint32_t faults_ = 0;  // in a row
  SteadyTime until_{};
};

}  // namespace garner::policy
