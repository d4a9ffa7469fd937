#include "harvest/run/archive_queue.h"

#include <algorithm>
#include <cassert>

#include "base/log.h"
#include "policy/retry_policy.h"
#include "policy/schedule.h"

namespace garner::harvest {

namespace {

constexpr std::size_t kWordsMost = 160;
constexpr std::chrono::hours kNamedMost{24};  // as of Retry-After

std::int64_t unix_s(WallTime when) {
  return std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// What more requests in flight may have caused; a page put up on purpose they have not.
bool is_strain(Kind kind) {
  return kind != Kind::Maintenance;
}

policy::Trouble trouble_of(const Error& error, SteadyTime now) {
  policy::Trouble trouble{printable(error.detail, kWordsMost), error.kind == Kind::Maintenance, std::nullopt};
  if (error.retry_after && error.retry_after->count() > 0) trouble.named = now + *error.retry_after;
  return trouble;
}

}  // namespace

struct ArchiveQueue::Waiter {
  std::coroutine_handle<> self;
  std::optional<Place> place;
  bool settled = false;  // granted or stopped: its resumption is posted
};

ArchiveQueue::Place::~Place() {
  if (queue_ == nullptr) return;
  queue_->breaker_.no_news(probe_);
  if (ticket_) queue_->concurrency_.no_news(*ticket_, queue_->executor_.now());
  queue_->leave(*this);
}

ArchiveQueue::ArchiveQueue(Executor& executor, Random& random, std::string archive, Manners manners)
    : executor_(executor),
      random_(random),
      archive_(std::move(archive)),
      manners_(manners),
      concurrency_(manners.bounds, executor.now()) {}

ArchiveQueue::~ArchiveQueue() {
  assert(in_flight_ == 0 && jobs_ == 0 && waiters_.empty());
}

Task<std::optional<ArchiveQueue::Place>> ArchiveQueue::acquire(std::stop_token stop) {
  if (stop.stop_requested()) co_return std::nullopt;
  if (waiters_.empty() && may_start()) co_return start(false);
  auto waiter = std::make_shared<Waiter>();
  waiters_.push_back(waiter);
  serve();  // sets the time at which it goes on
  const auto give_up = [this, waiter] {
    if (std::exchange(waiter->settled, true)) return;
    std::erase(waiters_, waiter);
    executor_.post([waiter] { waiter->self.resume(); });
  };
  struct Wait {
    Waiter& waiter;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) const { waiter.self = self; }
    void await_resume() const noexcept {}
  };
  {
    const std::stop_callback on_stop(stop, give_up);
    Wait wait{*waiter};
    co_await wait;
  }
  co_return std::move(waiter->place);
}

bool ArchiveQueue::may_start() const {
  if (!breaker_.may_ask(executor_.now())) return false;
  // What left before the breaker opened is in flight still, beside the probe.
  return in_flight_ < (breaker_.closed() ? concurrency_.limit() : manners_.bounds.ceiling);
}

ArchiveQueue::Place ArchiveQueue::start(bool waited) {
  ++in_flight_;
  const auto probe = breaker_.asked();
  std::optional<policy::Concurrency::Ticket> ticket;
  if (probe == 0) ticket = concurrency_.asked(waited && in_flight_ == limit(), executor_.now());
  return {*this, probe, ticket};
}

void ArchiveQueue::serve() {
  while (!waiters_.empty() && may_start()) {
    auto waiter = std::move(waiters_.front());
    waiters_.pop_front();
    waiter->settled = true;
    waiter->place.emplace(start(true));
    executor_.post([waiter] { waiter->self.resume(); });
  }
  wake_.reset();
  const bool waits_for_time = !waiters_.empty() && breaker_.state() == policy::Breaker::State::Open;
  if (waits_for_time && breaker_.next_probe() > executor_.now())
    wake_ = executor_.call_at(breaker_.next_probe(), [this] { serve(); });
}

void ArchiveQueue::leave(Place& place) {
  assert(in_flight_ > 0);
  place.queue_ = nullptr;
  --in_flight_;
  serve();
}

void ArchiveQueue::good(Place place, std::uint64_t sources) {
  after(breaker_.good(place.probe_));
  if (place.ticket_) after(concurrency_.good(*place.ticket_, sources, executor_.now()));
  leave(place);
}

void ArchiveQueue::trouble(Place place, const Error& error) {
  const SteadyTime now = executor_.now();
  const std::string words = printable(error.detail, kWordsMost);
  if (place.ticket_ && is_strain(error.kind))
    after(concurrency_.overloaded(*place.ticket_, words, now));
  else if (place.ticket_)
    concurrency_.no_news(*place.ticket_, now);
  after(breaker_.trouble(trouble_of(error, now), place.probe_, now, manners_.pace, random_));
  leave(place);
}

void ArchiveQueue::trouble_of_job(const Error& error) {
  const SteadyTime now = executor_.now();
  after(breaker_.trouble(trouble_of(error, now), 0, now, manners_.pace, random_));
}

void ArchiveQueue::bad(Place place, const std::string& because) {
  const SteadyTime now = executor_.now();
  if (place.ticket_) concurrency_.no_news(*place.ticket_, now);
  after(breaker_.bad(printable(because, kWordsMost), place.probe_, now, manners_.pace, random_));
  leave(place);
}

void ArchiveQueue::blame(const std::string& because) {
  if (!breaker_.closed()) return;
  const policy::Trouble trouble{printable(because, kWordsMost), true, std::nullopt};
  after(breaker_.trouble(trouble, 0, executor_.now(), manners_.pace, random_));
}

void ArchiveQueue::ended(Place place, const Result<void>& how) {
  if (how || policy::is_answer(how.error().kind))
    good(std::move(place), 0);
  else if (policy::is_archive_trouble(how.error().kind))
    trouble(std::move(place), how.error());
  else if (policy::counts_as_attempt(how.error().kind))
    bad(std::move(place), how.error().detail);
}

std::optional<ArchiveQueue::JobSlot> ArchiveQueue::try_job() {
  if (!has_room_for_job()) return std::nullopt;
  return JobSlot(*this);
}

void ArchiveQueue::set_manners(Manners manners) {
  manners_ = manners;
  after(concurrency_.set_bounds(manners.bounds, executor_.now()));
  serve();
}

void ArchiveQueue::after(policy::Breaker::Change change) {
  if (change != policy::Breaker::Change::None) {
    const bool open = change == policy::Breaker::Change::Opened;
    const std::string words = open ? "its breaker opens, only a probe now and then goes out: " + breaker_.because()
                                   : fmt::format("its breaker closes after {:.0f} s and {} probes that failed",
                                                 seconds(executor_.now() - breaker_.since()), breaker_.probes_failed());
    log::notice("archive {}: {}", archive_, words);
    if (open) {
      opened_ = executor_.wall_now();
    } else {
      streak_.forget();
      after(concurrency_.breaker_closed(executor_.now()));
    }
    if (listener_.turned) listener_.turned(open, fmt::format("archive {}: {}", archive_, words));
    told_named_ = breaker_.named();
    if (listener_.rest_changed) listener_.rest_changed();
  } else if (breaker_.named() != told_named_) {
    told_named_ = breaker_.named();
    if (listener_.rest_changed) listener_.rest_changed();
  }
}

ledger::ArchiveRest ArchiveQueue::rest() const {
  ledger::ArchiveRest out{.archive = archive_};
  if (breaker_.closed()) return out;
  out.since_s = std::max<std::int64_t>(unix_s(opened_), 1);
  out.because = breaker_.because();
  if (const auto named = breaker_.named())
    out.not_before_s = unix_s(std::chrono::ceil<std::chrono::seconds>(
        executor_.wall_now() + std::chrono::ceil<WallTime::duration>(*named - executor_.now())));
  return out;
}

// The wall clock may have been put, so no time is believed that lies too far ahead.
void ArchiveQueue::take_up(const ledger::ArchiveRest& rest) {
  const WallTime wall = executor_.wall_now();
  opened_ = std::min(wall, WallTime(std::chrono::seconds(rest.since_s)));
  std::optional<SteadyTime> named;
  if (rest.not_before_s > unix_s(wall))
    named = executor_.now() +
            std::min<std::chrono::seconds>(std::chrono::seconds(rest.not_before_s - unix_s(wall)), kNamedMost);
  breaker_.take_up_open(printable(rest.because, kWordsMost), executor_.now(), named);
  told_named_ = named;
  log::notice("archive {}: its breaker was open when the daemon ended, and is: {}", archive_, why_resting());
}

void ArchiveQueue::after(const policy::Concurrency::Change& change) {
  if (!change) return;
  log::info("archive {}: {} in flight at most, was {}: {}", archive_, change->to, change->from, change->why);
  last_change_ = ConcurrencyNote{unix_s(executor_.wall_now()), change->from, change->to, change->why};
}

ArchiveStatus ArchiveQueue::status() const {
  ArchiveStatus out;
  out.in_flight = in_flight_;
  out.limit = concurrency_.limit();
  out.floor = manners_.bounds.floor;
  out.ceiling = manners_.bounds.ceiling;
  out.jobs = jobs_;
  out.jobs_most = manners_.jobs_at_once;
  if (const auto& trial = concurrency_.trial()) {
    out.tried_low = trial->low();
    out.tried_high = trial->high();
  }
  out.last_change = last_change_;
  if (breaker_.closed()) return out;
  out.breaker = breaker_.state() == policy::Breaker::State::Probing ? "probing" : "open";
  out.breaker_since_s = unix_s(opened_);
  out.breaker_because = breaker_.because();
  out.next_probe_s = std::max(0.0, seconds(breaker_.next_probe() - executor_.now()));
  out.probes_failed = breaker_.probes_failed();
  return out;
}

ArchiveQueue::Manners queue_manners(const archive::Manners& manners, std::uint32_t ceiling) {
  const std::uint32_t most = ceiling > 0 ? ceiling : manners.in_flight_most;
  return {
      {std::min(manners.in_flight_least, most), most}, {manners.retry_first, manners.retry_most}, manners.jobs_at_once};
}

std::string ArchiveQueue::why_resting() const {
  if (breaker_.closed()) return {};
  const SteadyTime now = executor_.now();
  const auto words = [](Duration duration) {
    return policy::duration_words(std::chrono::ceil<std::chrono::seconds>(duration));
  };
  const bool probing = breaker_.state() == policy::Breaker::State::Probing;
  return fmt::format("archive down for {}, {}: {}", words(now - breaker_.since()),
                     probing                       ? std::string("a try is under way")
                     : breaker_.next_probe() > now ? "next try in " + words(breaker_.next_probe() - now)
                                                   : std::string("the next try is due"),
                     breaker_.because());
}

}  // namespace garner::harvest
