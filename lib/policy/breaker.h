// Whether an archive is asked at all. Closed: it is. Open, after several troubles in a row or at once on a maintenance
// page: nothing goes out but one probe at a time, at growing intervals, until one is answered well. A time that the
// archive named is kept to, also by the first trouble. What was asked before it opened neither closes it nor counts.
// Pure: events, the time and randomness in, state out; one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/executor.h"
#include "base/random.h"

namespace garner::policy {

// Between two probes: the longest first wait, doubled by each probe that fails, up to the most. Half of it at least.
struct BreakerPace {
  std::chrono::milliseconds first{30'000}, most{600'000};
};

struct Trouble {
  std::string because;              // for people, in the archive's words
  bool at_once = false;             // one is enough
  std::optional<SteadyTime> named;  // the archive asks for nothing before
};

class Breaker {
 public:
  enum class State { Closed, Open, Probing };
  enum class Change { None, Opened, Closed };
  using ProbeNo = std::uint64_t;  // 0: no probe

  State state() const { return state_; }
  bool closed() const { return state_ == State::Closed; }
  bool may_ask(SteadyTime now) const { return closed() || (state_ == State::Open && now >= next_probe_); }
  // A request leaves, which may_ask() allowed.
  ProbeNo asked();

  // How it ended. A probe is told to the end exactly once, by one of these.
  Change good(ProbeNo probe);
  Change trouble(const Trouble& trouble, ProbeNo probe, SteadyTime now, const BreakerPace& pace, Random& random);
  // Answered, but badly, and nobody can tell whether it is the archive or what was asked. Open it stays, but not for
  // ever: where only what can't be answered is left, it must be asked often enough to be found out.
  Change bad(const std::string& because, ProbeNo probe, SteadyTime now, const BreakerPace& pace, Random& random);
  // Stopped by us: the next one may go.
  void no_news(ProbeNo probe);
  // As it was left by an earlier process: open, and the next probe may go at once, or at the time that was named.
  void take_up_open(const std::string& because, SteadyTime now, std::optional<SteadyTime> named);

  std::uint32_t troubles_in_row() const { return troubles_; }
  // While it is not closed.
  SteadyTime since() const { return since_; }
  SteadyTime next_probe() const { return next_probe_; }
  std::uint32_t probes_failed() const { return failed_; }
  const std::string& because() const { return because_; }
  // The last time that the archive named, since it opened.
  std::optional<SteadyTime> named() const { return closed() ? std::nullopt : named_; }

 private:
  bool is_current(ProbeNo probe) const { return state_ == State::Probing && probe != 0 && probe == probe_; }
  Change close();
  void wait_for_next(const Trouble& trouble, SteadyTime now, const BreakerPace& pace, Random& random);

  State state_ = State::Closed;
  std::uint32_t troubles_ = 0;          // in a row
  ProbeNo probe_ = 0;                   // the last one
  std::uint32_t failed_ = 0, bad_ = 0;  // probes since it opened; of them those that were answered badly, in a row
  SteadyTime since_{}, next_probe_{};
  std::optional<SteadyTime> named_;
  std::string because_;
};

}  // namespace garner::policy
