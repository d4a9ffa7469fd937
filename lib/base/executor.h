// The loop as the engine sees it: somewhere to run things, what time it is, and how to wait. UvLoop is the real one;
// tests use a loop whose time they move, so that a night passes in milliseconds.
//
// Threads: post() from any thread; everything else, and everything posted, on the loop's own thread.
#pragma once

#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <stop_token>

#include "base/error.h"
#include "base/task.h"

namespace garner {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

class Executor {
 public:
  using Action = std::move_only_function<void()>;
  // Dropping the handle cancels what has not run yet.
  class Timer {
   public:
    virtual ~Timer() = default;
  };

  virtual ~Executor() = default;
  // Runs the action on the loop's thread, later, in the order of posting.
  virtual void post(Action action) = 0;
  virtual SteadyTime now() const = 0;
  virtual WallTime wall_now() const = 0;
  [[nodiscard]] virtual std::unique_ptr<Timer> call_at(SteadyTime when, Action action) = 0;
};

// Waits; Cancelled as soon as stop is requested (on the loop's thread).
Task<Result<void>> sleep_for(Executor& executor, Duration duration, std::stop_token stop);

// Lets the loop run what is queued before going on.
inline auto yield_to(Executor& executor) {
  struct Awaiter {
    Executor& executor;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) {
      executor.post([self] { self.resume(); });
    }
    void await_resume() const noexcept {}
  };
  return Awaiter{executor};
}

}  // namespace garner
