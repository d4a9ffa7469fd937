#include "harvest/archive_queue.h"

#include <algorithm>
#include <cassert>

namespace garner::harvest {

namespace {

constexpr std::uint32_t kFailuresBeforeRest = 3;

}  // namespace

struct ArchiveQueue::Waiter {
  std::coroutine_handle<> self;
  bool granted = false;
  bool settled = false;  // granted or stopped: its resumption is posted
};

ArchiveQueue::ArchiveQueue(Executor& executor, std::uint32_t in_flight_most)
    : executor_(executor), most_(in_flight_most) {}

ArchiveQueue::~ArchiveQueue() {
  assert(in_flight_ == 0 && waiters_.empty());
}

Task<bool> ArchiveQueue::acquire(std::stop_token stop) {
  if (stop.stop_requested()) co_return false;
  if (waiters_.empty() && may_start()) {
    ++in_flight_;
    co_return true;
  }
  auto waiter = std::make_shared<Waiter>();
  waiters_.push_back(waiter);
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
  co_return waiter->granted;
}

void ArchiveQueue::release() {
  assert(in_flight_ > 0);
  --in_flight_;
  serve();
}

void ArchiveQueue::succeeded() {
  failures_ = 0;
  if (rest_ && rest_->named && *rest_->named > executor_.now()) {  // the reply was asked for before the archive spoke
    if (rest_->until > *rest_->named) rest_until(*rest_->named);
    return;
  }
  rest_.reset();
  wake_.reset();
  serve();
}

void ArchiveQueue::troubled(SteadyTime until, bool archive_named_the_time, std::string reason) {
  ++failures_;
  if (failures_ < kFailuresBeforeRest && !archive_named_the_time) return;
  if (!rest_) rest_.emplace();
  if (archive_named_the_time) rest_->named = std::max(rest_->named.value_or(until), until);
  if (rest_->until >= until && !rest_->reason.empty()) return;
  rest_->reason = std::move(reason);
  rest_until(until);
}

void ArchiveQueue::rest_until(SteadyTime until) {
  rest_->until = until;
  wake_ = executor_.call_at(until, [this] { serve(); });
}

void ArchiveQueue::set_in_flight_most(std::uint32_t most) {
  most_ = most;
  serve();
}

std::optional<ArchiveQueue::Rest> ArchiveQueue::resting() const {
  if (rest_ && rest_->until > executor_.now()) return rest_;
  return std::nullopt;
}

bool ArchiveQueue::may_start() const {
  if (resting()) return false;
  return in_flight_ < (rest_ ? std::min(1u, most_) : most_);  // after a rest one asks whether the archive is well again
}

void ArchiveQueue::serve() {
  while (!waiters_.empty() && may_start()) {
    auto waiter = std::move(waiters_.front());
    waiters_.pop_front();
    waiter->granted = waiter->settled = true;
    ++in_flight_;
    executor_.post([waiter] { waiter->self.resume(); });
  }
}

}  // namespace garner::harvest
