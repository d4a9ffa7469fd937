#include "policy/concurrency.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace garner::policy {

namespace {

using std::chrono::minutes;

// Polite to begin with, whatever the ceiling.
constexpr std::uint32_t kStart = 4;
// Looks at the neighbouring levels: none in the first two minutes, then rarer and rarer while they find nothing.
constexpr Duration kFirstLook = minutes(2), kLookWait = minutes(5), kLookWaitMost = minutes(30);
constexpr int kBlocksBeforeLook = 5;
// Until a level that met overload is tried again.
constexpr Duration kPenalty = minutes(1), kPenaltyMost = minutes(30);
constexpr int kQuietPenalties = 4;  // after so many without overload the next one counts as the first
// A level's throughput has changed if its mean over some blocks left the reference by half a step, or by this at least.
constexpr int kReferenceBlocks = 8;
constexpr double kRecentShare = 0.15, kChangeLeast = 0.12;
constexpr std::size_t kAnswersKept = 50, kAnswersForShare = 10;

std::string percent(double share) {
  return fmt::format("{:.0f} %", std::abs(share) * 100);
}

}  // namespace

Concurrency::Concurrency(ConcurrencyBounds bounds, SteadyTime now)
    : bounds_(bounds),
      level_(std::clamp(kStart, bounds.floor, bounds.ceiling)),
      block_(++blocks_begun_, level_),
      next_look_(now + kFirstLook),
      look_wait_(kLookWait) {}

std::uint32_t Concurrency::limit() const {
  const std::uint32_t level = trial_ ? trial_->level() : level_;
  return ramp_ ? std::min(*ramp_, level) : level;
}

Concurrency::Ticket Concurrency::asked(bool full, SteadyTime now) {
  Ticket ticket{now, limit(), 0};
  if (!ramp_ && block_.join(full)) ticket.block = block_.no();
  return ticket;
}

Concurrency::Change Concurrency::good(const Ticket& ticket, std::uint64_t sources, SteadyTime now) {
  note(true);
  std::optional<double> log_throughput;
  const double seconds = std::chrono::duration<double>(now - ticket.asked).count();
  if (sources > 0 && seconds > 0)
    log_throughput = std::log(static_cast<double>(ticket.limit) * static_cast<double>(sources) / seconds);
  if (auto change = sample_ended(ticket, log_throughput, now)) return change;
  if (ramp_) return ramp_up(ticket);
  return regain(ticket, now);
}

void Concurrency::no_news(const Ticket& ticket, SteadyTime now) {
  (void)sample_ended(ticket, std::nullopt, now);
}

Concurrency::Change Concurrency::overloaded(const Ticket& ticket, const std::string& words, SteadyTime now) {
  note(false);
  if (ticket.asked < lowered_at_) {  // it left before we lowered, and says nothing about what we do now
    (void)sample_ended(ticket, std::nullopt, now);
    return std::nullopt;
  }
  const bool can_lower = ticket.limit > bounds_.floor;
  if (penalty_ == Duration{})
    penalty_ = kPenalty;
  else if (can_lower)
    penalty_ = std::min<Duration>(penalty_ * 2, kPenaltyMost);
  lowered_at_ = now;
  regained_ = false;
  regain_at_ = next_look_ = now + penalty_;
  regain_to_ = std::max(regain_to_, level_);
  const std::uint32_t lower = std::max(bounds_.floor, ticket.limit - 1);
  ramp_.reset();
  return settle(std::min(level_, lower), success_words(words));
}

Concurrency::Change Concurrency::breaker_closed(SteadyTime now) {
  const std::uint32_t from = level_;
  (void)settle(level_, {});
  lowered_at_ = now;
  if (level_ <= bounds_.floor) return std::nullopt;
  ramp_ = bounds_.floor;
  return ConcurrencyChange{from, bounds_.floor, "its breaker closed: one more with each good answer"};
}

Concurrency::Change Concurrency::set_bounds(ConcurrencyBounds bounds, SteadyTime now) {
  if (bounds == bounds_) return std::nullopt;
  const bool was_at_ceiling = level_ == bounds_.ceiling;
  bounds_ = bounds;
  regain_to_ = std::min(regain_to_, bounds.ceiling);
  if (ramp_) ramp_ = std::clamp(*ramp_, bounds.floor, bounds.ceiling);
  next_look_ = now + kFirstLook;
  look_wait_ = kLookWait;
  const std::uint32_t raised = was_at_ceiling ? std::max(level_, kStart) : level_;
  return settle(std::clamp(raised, bounds.floor, bounds.ceiling),
                fmt::format("its bounds are {} to {} now", bounds.floor, bounds.ceiling));
}

void Concurrency::begin_block() {
  block_ = SampleBlock(++blocks_begun_, limit());
}

Concurrency::Change Concurrency::sample_ended(const Ticket& ticket, std::optional<double> log_throughput,
                                              SteadyTime now) {
  if (ticket.block == block_.no()) block_.ended(log_throughput);
  if (!block_.over()) return std::nullopt;
  const auto mean = block_.mean();
  Change change;
  if (mean && trial_) {
    trial_->add(*mean);
    if (const auto winner = trial_->winner()) change = end_trial(*winner, now);
  } else if (mean) {
    watch(*mean, now);
    const bool due = now >= next_look_ && watch_.blocks >= kBlocksBeforeLook && regain_to_ <= level_;
    if (due) begin_trial(now);
  }
  begin_block();
  return change;
}

void Concurrency::watch(double mean, SteadyTime now) {
  if (++watch_.blocks <= kReferenceBlocks) {
    watch_.reference += (mean - watch_.reference) / watch_.blocks;
    watch_.recent = watch_.reference;
    return;
  }
  watch_.recent += kRecentShare * (mean - watch_.recent);
  const double change = watch_.recent - watch_.reference;
  if (std::abs(change) < std::max(kChangeLeast, 0.5 * std::log1p(1.0 / level_))) return;
  watch_ = {};
  look_down_ = change < 0;
  lower_one_known_ = false;
  next_look_ = now;
  look_wait_ = kLookWait;
}

// The next neighbour to look at, if there is any.
void Concurrency::begin_trial(SteadyTime now) {
  const bool can_rise = level_ < bounds_.ceiling && now >= regain_at_, can_fall = level_ > bounds_.floor;
  if (!can_rise && !can_fall) return;
  const bool down = can_fall && (look_down_ || !can_rise);
  trial_.emplace(level_, down ? level_ - 1 : level_ + 1);
}

Concurrency::Change Concurrency::end_trial(std::uint32_t winner, SteadyTime now) {
  const LevelTrial trial = *std::exchange(trial_, std::nullopt);
  watch_ = {};
  if (winner == level_) {
    lower_one_known_ = lower_one_known_ || !trial.upward();
    look_down_ = !lower_one_known_ && level_ > bounds_.floor;
    if (look_down_)
      begin_trial(now);
    else
      look_later(now);
    return std::nullopt;
  }
  look_down_ = !trial.upward();
  lower_one_known_ = trial.upward();
  look_wait_ = kLookWait;
  const double gain = trial.gain();
  auto change =
      settle(winner, trial.upward() ? fmt::format("with {} in flight {} more sources a second came than with {}",
                                                  trial.high(), percent(gain), trial.low())
                                    : fmt::format("with {} in flight {} {} sources a second came than with {}",
                                                  trial.high(), gain < 0 ? percent(gain) : "only " + percent(gain),
                                                  gain < 0 ? "fewer" : "more", trial.low()));
  const bool at_the_end = trial.upward() ? level_ == bounds_.ceiling : level_ == bounds_.floor;
  if (at_the_end)
    look_later(now);
  else
    begin_trial(now);
  return change;
}

// Both neighbours are known to be no better.
void Concurrency::look_later(SteadyTime now) {
  look_down_ = lower_one_known_ = false;
  next_look_ = now + look_wait_;
  look_wait_ = std::min<Duration>(look_wait_ * 2, kLookWaitMost);
}

Concurrency::Change Concurrency::regain(const Ticket& ticket, SteadyTime now) {
  if (now - lowered_at_ >= kQuietPenalties * penalty_) penalty_ = {};
  if (regain_to_ <= level_ || now < regain_at_ || ticket.asked < lowered_at_) return std::nullopt;
  if (std::exchange(regained_, true)) penalty_ = std::max<Duration>(kPenalty, penalty_ / 2);
  regain_at_ = now + penalty_;
  return settle(level_ + 1, "no more trouble since it was lowered");
}

Concurrency::Change Concurrency::ramp_up(const Ticket& ticket) {
  if (ticket.asked < lowered_at_ || ++*ramp_ < level_) return std::nullopt;
  ramp_.reset();
  begin_block();
  return ConcurrencyChange{bounds_.floor, level_, "good answers since its breaker closed"};
}

// Whatever was tried or ramped ends here.
Concurrency::Change Concurrency::settle(std::uint32_t level, std::string why) {
  const std::uint32_t from = std::exchange(level_, level);
  trial_.reset();
  if (from != level) watch_ = {};
  begin_block();
  if (from == level) return std::nullopt;
  return ConcurrencyChange{from, level, std::move(why)};
}

void Concurrency::note(bool success) {
  answers_.push_back(success);
  if (answers_.size() > kAnswersKept) answers_.pop_front();
}

std::string Concurrency::success_words(const std::string& words) const {
  if (answers_.size() < kAnswersForShare) return words;
  const double good = static_cast<double>(std::ranges::count(answers_, true));
  return fmt::format("success fell to {:.0f} % of the last {} requests: {}",
                     100 * good / static_cast<double>(answers_.size()), answers_.size(), words);
}

}  // namespace garner::policy
