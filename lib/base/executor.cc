#include "base/executor.h"

namespace garner {

namespace {

struct Sleep {
  Executor& executor;
  SteadyTime until;
  std::stop_token stop;
  std::unique_ptr<Executor::Timer> timer;
  struct OnStop {
    Sleep* sleep;
    void operator()() const { sleep->wake_by_stop(); }
  };
  std::optional<std::stop_callback<OnStop>> on_stop;
  std::coroutine_handle<> self;
  bool woken = false;

  bool await_ready() const noexcept { return stop.stop_requested(); }
  void await_suspend(std::coroutine_handle<> handle) {
    self = handle;
    timer = executor.call_at(until, [this] { wake(); });
    on_stop.emplace(stop, OnStop{this});
  }
  void wake() {
    if (std::exchange(woken, true)) return;
    // Not from inside the stop source's or the timer's own call: both are destroyed with this awaiter.
    executor.post([handle = self] { handle.resume(); });
  }
  void wake_by_stop() { wake(); }
  void await_resume() noexcept {
    on_stop.reset();
    timer.reset();
  }
};

}  // namespace

Task<Result<void>> sleep_for(Executor& executor, Duration duration, std::stop_token stop) {
  Sleep sleep{executor, executor.now() + duration, stop, nullptr, std::nullopt, nullptr};
  co_await sleep;
  if (stop.stop_requested()) co_return fail(Kind::Cancelled, "stopped while waiting");
  co_return Result<void>{};
}

}  // namespace garner
