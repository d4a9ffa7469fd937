// One at a time, in the order of arrival: for what must not overlap although each of it waits in between.
//   auto pass = co_await gate.enter(executor);   ours until the pass goes
// Threads: the loop's only. The gate outlives its passes and whoever waits.
#pragma once

#include <coroutine>
#include <deque>
#include <utility>

#include "base/executor.h"

namespace garner::harvest {

class Gate {
 public:
  class Pass {
   public:
    Pass(Gate& gate, Executor& executor) : gate_(&gate), executor_(&executor) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), executor_(other.executor_) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave(*executor_);
    }

   private:
    Gate* gate_;
    Executor* executor_;
  };

  Task<Pass> enter(Executor& executor) {
    struct Wait {
      Gate& gate;
      bool await_ready() const noexcept { return !std::exchange(gate.taken_, true); }
      void await_suspend(std::coroutine_handle<> self) const { gate.waiters_.push_back(self); }
      void await_resume() const noexcept {}
    };
    Wait wait{*this};
    co_await wait;
    co_return Pass(*this, executor);
  }

 private:
  // Handed on, never free in between: nobody overtakes.
  void leave(Executor& executor) {
    if (waiters_.empty()) {
      taken_ = false;
      return;
    }
    const auto next = waiters_.front();
    waiters_.pop_front();
    executor.post([next] { next.resume(); });
  }

  bool taken_ = false;
  std::deque<std::coroutine_handle<>> waiters_;
};

}  // namespace garner::harvest
