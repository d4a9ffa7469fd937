#include "policy/level_trial.h"

#include <algorithm>
#include <cmath>

namespace garner::policy {

namespace {

constexpr std::uint32_t kBlockLeast = 6;
constexpr std::uint32_t kTurnsOfLevel = 2;  // requests of a block for each that is in flight
constexpr std::uint32_t kBlocksToHang = 3;  // who is overtaken by so many blocks' requests hangs

// A step up must bring this share of what it would bring if the archive had a worker free for it: log(high/low).
constexpr double kWorthIt = 0.5;
constexpr double kSure = 2.0;  // standard errors
constexpr double kPairsLeast = 3, kPairsMost = 40;
// A few pairs may agree by chance: so much spread is always reckoned with.
constexpr double kSpreadLeast = 0.05;

}  // namespace

SampleBlock::SampleBlock(std::uint64_t no, std::uint32_t level)
    : no_(no), level_(level), size_(std::max(kBlockLeast, kTurnsOfLevel * level)) {}

bool SampleBlock::join(bool full) {
  if (joined_ == size_ || !full) {
    ++(joined_ == size_ ? left_later_ : left_below_);
    return false;
  }
  ++joined_;
  return true;
}

void SampleBlock::ended(std::optional<double> log_throughput) {
  ++ended_;
  if (!log_throughput) return;
  ++told_;
  sum_ += *log_throughput;
}

bool SampleBlock::over() const {
  return ended_ == size_ || left_later_ >= kBlocksToHang * size_;
}

std::optional<double> SampleBlock::mean() const {
  if (told_ * 2 < size_ || left_below_ * 2 > size_) return std::nullopt;
  return sum_ / told_;
}

LevelTrial::LevelTrial(std::uint32_t running, std::uint32_t other)
    : low_(std::min(running, other)), high_(std::max(running, other)), running_(running) {}

// A B, B A, A B, …: half as many changes, and what drifts helps neither.
std::uint32_t LevelTrial::level() const {
  const bool runnings = (turn_ + 1) / 2 % 2 == 0;
  return runnings == upward() ? low_ : high_;
}

void LevelTrial::add(double mean) {
  const bool of_high = level() == high_;
  if (turn_++ % 2 == 0) {
    first_ = mean;
    return;
  }
  const double difference = of_high ? mean - first_ : first_ - mean;
  ++pairs_;
  sum_ += difference;
  squares_ += difference * difference;
}

std::optional<std::uint32_t> LevelTrial::winner() const {
  if (turn_ % 2 != 0 || pairs_ < kPairsLeast) return std::nullopt;
  const double mean = difference();
  const double variance = std::max(0.0, squares_ - pairs_ * mean * mean) / (pairs_ - 1);
  const double margin = kSure * std::sqrt((variance + kSpreadLeast * kSpreadLeast) / pairs_);
  const double asked = kWorthIt * std::log(static_cast<double>(high_) / low_);
  if (mean - margin > asked) return high_;
  if (mean + margin < asked) return low_;
  return pairs_ < kPairsMost ? std::nullopt : std::optional(running_);
}

double LevelTrial::gain() const {
  return pairs_ > 0 ? std::expm1(difference()) : 0;
}

}  // namespace garner::policy
