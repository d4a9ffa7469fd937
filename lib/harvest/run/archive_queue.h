// Who may talk to an archive now: as many requests in flight as its concurrency allows, and while its breaker is open
// nothing but one probe at a time; and how many of its jobs may be ours at once, which take hours and no place. Serves
// whoever waits in the order of arrival, so fairness is the caller's order. The decisions are breaker.h's and
// concurrency.h's; here are the clock, the waiting and the log. Threads: the loop's only.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "archive/profile.h"
#include "base/random.h"
#include "harvest/run/status.h"
#include "ledger/ledger.h"
#include "policy/bad_streak.h"
#include "policy/breaker.h"
#include "policy/concurrency.h"

namespace garner::harvest {

class ArchiveQueue {
 public:
  struct Manners {
    policy::ConcurrencyBounds bounds;
    policy::BreakerPace pace;
    std::uint32_t jobs_at_once = 4;
  };

  // A place at the archive: ours until it is given back by one of the queue's verdicts, or goes, which says nothing
  // about the archive. The queue outlives it.
  class Place {
   public:
    Place(Place&& other) noexcept
        : queue_(std::exchange(other.queue_, nullptr)), probe_(other.probe_), ticket_(other.ticket_) {}
    Place& operator=(Place&& other) noexcept {
      Place(std::move(*this));  // what is held goes
      std::swap(queue_, other.queue_);
      probe_ = other.probe_;
      ticket_ = other.ticket_;
      return *this;
    }
    ~Place();
    // It left while the breaker was open: its answer decides whether that closes.
    bool is_probe() const { return probe_ != 0; }

   private:
    friend class ArchiveQueue;
    Place(ArchiveQueue& queue, policy::Breaker::ProbeNo probe, std::optional<policy::Concurrency::Ticket> ticket)
        : queue_(&queue), probe_(probe), ticket_(ticket) {}
    ArchiveQueue* queue_;
    policy::Breaker::ProbeNo probe_;
    std::optional<policy::Concurrency::Ticket> ticket_;  // none of a probe
  };

  // The right to have a job at the archive, for as long as this lives. The queue outlives it.
  class JobSlot {
   public:
    explicit JobSlot(ArchiveQueue& queue) : queue_(&queue) { ++queue.jobs_; }
    JobSlot(JobSlot&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
    JobSlot& operator=(JobSlot&& other) noexcept {
      JobSlot(std::move(*this));  // what is held goes
      std::swap(queue_, other.queue_);
      return *this;
    }
    ~JobSlot() {
      if (queue_ != nullptr) --queue_->jobs_;
    }

   private:
    ArchiveQueue* queue_;
  };

  ArchiveQueue(Executor& executor, Random& random, std::string archive, Manners manners);
  ~ArchiveQueue();

  // Nothing: stopped while waiting.
  Task<std::optional<Place>> acquire(std::stop_token stop);

  // The verdicts. sources: how many a good answer brought; 0 where its duration tells nothing about the archive's speed
  // (a job that waited in the archive's own queue, an answer about something else).
  void good(Place place, std::uint64_t sources);
  // Overload, outage, maintenance: is_archive_trouble() of its kind holds.
  void trouble(Place place, const Error& error);
  // A probe was answered, but badly, and the archive can't be asked for what is known to be well.
  void bad(Place place, const std::string& because);
  // One of the three, by the kind of what was answered; of a request whose duration tells nothing.
  void ended(Place place, const Result<void>& how);
  // Of a job, whose place somebody else has by now.
  void trouble_of_job(const Error& error);
  // Found out beside the requests: nothing that this archive answers is any good.
  void blame(const std::string& because);

  // Nothing: as many are there as may be. Nobody is told when one goes.
  std::optional<JobSlot> try_job();
  bool has_room_for_job() const { return jobs_ < manners_.jobs_at_once; }
  std::uint32_t jobs() const { return jobs_; }

  std::uint32_t troubles_in_row() const { return breaker_.troubles_in_row(); }
  bool breaker_open() const { return !breaker_.closed(); }
  void set_manners(Manners manners);
  std::uint32_t in_flight() const { return in_flight_; }
  std::uint32_t limit() const { return concurrency_.limit(); }
  policy::BadStreak& streak() { return streak_; }

  // Whether it rests, as a restart is to know it; and as an earlier process left it.
  ledger::ArchiveRest rest() const;
  void take_up(const ledger::ArchiveRest& rest);
  // Who is told, from within the verdicts: rest() is another one; the breaker opened or closed, in words.
  struct Listener {
    std::function<void()> rest_changed;
    std::function<void(bool open, const std::string& words)> turned;
  };
  void set_listener(Listener listener) { listener_ = std::move(listener); }

  ArchiveStatus status() const;
  // Why nobody is asked, and until when; empty while the breaker is closed.
  std::string why_resting() const;

 private:
  struct Waiter;
  bool may_start() const;
  Place start(bool waited);
  void serve();
  // The place is free again.
  void leave(Place& place);
  void after(policy::Breaker::Change change);
  void after(const policy::Concurrency::Change& change);

  Executor& executor_;
  Random& random_;
  std::string archive_;
  Manners manners_;
  policy::Breaker breaker_;
  policy::Concurrency concurrency_;
  policy::BadStreak streak_;
  WallTime opened_{};
  Listener listener_;
  std::optional<SteadyTime> told_named_;
  std::optional<ConcurrencyNote> last_change_;
  std::uint32_t in_flight_ = 0, jobs_ = 0;
  std::unique_ptr<Executor::Timer> wake_;
  std::deque<std::shared_ptr<Waiter>> waiters_;
};

// What a profile says, and the operator's ceiling over it (0: none).
ArchiveQueue::Manners queue_manners(const archive::Manners& manners, std::uint32_t ceiling);

}  // namespace garner::harvest
