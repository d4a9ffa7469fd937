// Who may talk to an archive now: at most so many requests in flight, none before the archive has had its rest, and
// after trouble one at a time until one succeeds. Serves whoever waits in the order of arrival, so fairness is the
// caller's order. Threads: the loop's only.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <memory>
#include <stop_token>
#include <string>

#include "base/executor.h"
#include "harvest/bad_streak.h"

namespace garner::harvest {

class ArchiveQueue {
 public:
  ArchiveQueue(Executor& executor, std::uint32_t in_flight_most);
  ~ArchiveQueue();

  // True: a place is ours until release(). False: stopped while waiting.
  Task<bool> acquire(std::stop_token stop);
  void release();

  // A reply came that was no trouble of the archive's. Ends a rest, but not before a time that the archive named.
  void succeeded();
  // Trouble: one more in a row. From the third in a row, or when the archive named a time, nobody starts before
  // `until`.
  void troubled(SteadyTime until, bool archive_named_the_time, std::string reason);
  std::uint32_t failures_in_row() const { return failures_; }

  void set_in_flight_most(std::uint32_t most);
  std::uint32_t in_flight() const { return in_flight_; }
  std::uint32_t in_flight_most() const { return most_; }
  BadStreak& streak() { return streak_; }
  // When the archive rests: until when, and why.
  struct Rest {
    SteadyTime until;
    std::string reason;
    std::optional<SteadyTime> named;  // by the archive itself
  };
  std::optional<Rest> resting() const;

 private:
  struct Waiter;
  void serve();
  void rest_until(SteadyTime until);
  bool may_start() const;

  Executor& executor_;
  std::uint32_t most_;
  std::uint32_t in_flight_ = 0;
  std::uint32_t failures_ = 0;
  BadStreak streak_;
  std::optional<Rest> rest_;
  std::unique_ptr<Executor::Timer> wake_;
  std::deque<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace garner::harvest
