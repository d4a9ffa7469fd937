// How many requests may be in flight at an archive. Success first: an answer that says overload lowers the level by one
// at once, and it is regained after a while that grows as often as this happens. Else by throughput: now and then the
// level is tried against its neighbours (level_trial.h); the lowest one that is worth its last request is kept. After
// the breaker closed it begins at the floor, one more with each good answer. Every change has a reason for people.
//
// What is measured: a request that left while the level was full tells level × sources / duration (Little's law), if it
// was one whose duration is the archive's work. One that waits for a job of the archive's own queue tells nothing.
//
// Pure: events and the time in, changes out; one thread.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/executor.h"
#include "policy/level_trial.h"

namespace garner::policy {

struct ConcurrencyBounds {
  std::uint32_t floor = 1, ceiling = 4;
  bool operator==(const ConcurrencyBounds&) const = default;
};

struct ConcurrencyChange {
  std::uint32_t from = 0, to = 0;
  std::string why;
};

class Concurrency {
 public:
  using Change = std::optional<ConcurrencyChange>;
  // What a request was when it left.
  struct Ticket {
    SteadyTime asked{};
    std::uint32_t limit = 0;
    std::uint64_t block = 0;  // whose sample it is; 0: nobody's
  };

  Concurrency(ConcurrencyBounds bounds, SteadyTime now);

  std::uint32_t limit() const;
  // The level that is found right, around which others are tried.
  std::uint32_t level() const { return level_; }
  const ConcurrencyBounds& bounds() const { return bounds_; }
  const std::optional<LevelTrial>& trial() const { return trial_; }

  // full: with this one as many are in flight as may be, and it had to wait for its place. Else something other than
  // the limit decides how much is asked, and nothing is learnt about the limit.
  Ticket asked(bool full, SteadyTime now);
  // sources: what a good answer brought; 0 where its duration tells nothing.
  Change good(const Ticket& ticket, std::uint64_t sources, SteadyTime now);
  Change overloaded(const Ticket& ticket, const std::string& words, SteadyTime now);
  // Neither good nor overload: stopped, or a request that was wrong.
  void no_news(const Ticket& ticket, SteadyTime now);
  Change breaker_closed(SteadyTime now);
  Change set_bounds(ConcurrencyBounds bounds, SteadyTime now);

 private:
  // Whether what this level brings has changed since it was settled on.
  struct Watch {
    int blocks = 0;
    double reference = 0, recent = 0;  // means of so many blocks: at first, and exponentially weighted since
  };

  void begin_block();
  Change sample_ended(const Ticket& ticket, std::optional<double> log_throughput, SteadyTime now);
  void watch(double mean, SteadyTime now);
  void begin_trial(SteadyTime now);
  Change end_trial(std::uint32_t winner, SteadyTime now);
  Change regain(const Ticket& ticket, SteadyTime now);
  Change ramp_up(const Ticket& ticket);
  Change settle(std::uint32_t level, std::string why);
  void look_later(SteadyTime now);
  void note(bool success);
  std::string success_words(const std::string& words) const;

  ConcurrencyBounds bounds_;
  std::uint32_t level_;
  std::uint64_t blocks_begun_ = 0;
  SampleBlock block_;
  std::optional<LevelTrial> trial_;
  Watch watch_;
  // The next look at the neighbours: when, whether the lower one comes first, and how long the one after it waits.
  SteadyTime next_look_;
  bool look_down_ = false, lower_one_known_ = false;
  Duration look_wait_;
  // After overload: the level to come back to, when, and what was asked before tells nothing new.
  std::uint32_t regain_to_ = 0;
  SteadyTime regain_at_{}, lowered_at_{};
  Duration penalty_{};
  bool regained_ = false;  // one level, without trouble since
  // After the breaker closed: the limit, while it is below the level.
  std::optional<std::uint32_t> ramp_;
  std::deque<bool> answers_;  // the last ones: good?
};

}  // namespace garner::policy
