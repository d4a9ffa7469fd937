#include "policy/breaker.h"

#include <algorithm>

namespace garner::policy {

namespace {

constexpr std::uint32_t kTroublesToOpen = 3;
constexpr std::uint32_t kBadProbesMost = 6;
constexpr std::uint32_t kDoublingsMost = 20;

}  // namespace

Breaker::ProbeNo Breaker::asked() {
  if (closed()) return 0;
  state_ = State::Probing;
  return ++probe_;
}

Breaker::Change Breaker::good(ProbeNo probe) {
  if (is_current(probe)) return close();
  if (closed()) troubles_ = 0;
  return Change::None;
}

Breaker::Change Breaker::trouble(const Trouble& trouble, ProbeNo probe, SteadyTime now, const BreakerPace& pace,
                                 Random& random) {
  ++troubles_;
  if (closed()) {
    if (troubles_ < kTroublesToOpen && !trouble.at_once && !trouble.named) return Change::None;
    state_ = State::Open;
    since_ = now;
    failed_ = bad_ = 0;
    wait_for_next(trouble, now, pace, random);
    return Change::Opened;
  }
  if (is_current(probe)) {
    state_ = State::Open;
    ++failed_;
    bad_ = 0;
    wait_for_next(trouble, now, pace, random);
  } else if (trouble.named) {
    named_ = std::max(named_.value_or(now), *trouble.named);
    next_probe_ = std::max(next_probe_, *trouble.named);
  }
  return Change::None;
}

Breaker::Change Breaker::bad(const std::string& because, ProbeNo probe, SteadyTime now, const BreakerPace& pace,
                             Random& random) {
  if (!is_current(probe)) return Change::None;
  if (++bad_ >= kBadProbesMost) return close();
  const std::uint32_t in_row = bad_;
  (void)trouble({because, false, std::nullopt}, probe, now, pace, random);
  bad_ = in_row;
  return Change::None;
}

void Breaker::no_news(ProbeNo probe) {
  if (is_current(probe)) state_ = State::Open;
}

Breaker::Change Breaker::close() {
  state_ = State::Closed;
  troubles_ = 0;
  named_.reset();
  return Change::Closed;
}

void Breaker::take_up_open(const std::string& because, SteadyTime now, std::optional<SteadyTime> named) {
  state_ = State::Open;
  since_ = now;
  because_ = because;
  named_ = named;
  next_probe_ = named.value_or(now);
}

void Breaker::wait_for_next(const Trouble& trouble, SteadyTime now, const BreakerPace& pace, Random& random) {
  because_ = trouble.because;
  if (trouble.named) named_ = std::max(named_.value_or(now), *trouble.named);
  const auto longest = std::min<std::chrono::milliseconds>(
      pace.first * (std::int64_t{1} << std::min(failed_, kDoublingsMost)), pace.most);
  const auto wait = std::uniform_int_distribution<std::int64_t>(longest.count() / 2, longest.count())(random);
  next_probe_ = std::max(now + std::chrono::milliseconds(wait), trouble.named.value_or(now));
}

}  // namespace garner::policy
