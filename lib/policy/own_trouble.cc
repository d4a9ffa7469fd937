#include "policy/own_trouble.h"

#include <algorithm>

namespace garner::policy {

SteadyTime OwnTrouble::fault(SteadyTime now) {
  if (stage_ == Stage::Resting && now < until_) return until_;
  constexpr std::uint32_t kDoublingsMost = 4;  // of a minute 16, which kMost cuts
  const Duration rest = std::min(first_ * (1 << std::min(faults_, kDoublingsMost)), std::max<Duration>(first_, kMost));
  ++faults_;
  stage_ = Stage::Resting;
  until_ = now + rest;
  return until_;
}

SteadyTime OwnTrouble::trial_failed(SteadyTime now) {
  stage_ = Stage::Resting;
  until_ = now + first_;
  return until_;
}

void OwnTrouble::kept() {
  if (stage_ != Stage::OneChunk) return;  // what was under way when it began proves nothing
  stage_ = Stage::Well;
  faults_ = 0;
}

}  // namespace garner::policy
