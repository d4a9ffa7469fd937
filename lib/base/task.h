// Task<T>: a lazy coroutine that is awaited exactly once; and TaskGroup, which owns tasks nobody awaits one by one.
//
// A task starts when it is awaited and resumes its awaiter when done, by symmetric transfer (no recursion however long
// the chain). Threads: a task runs on the thread that resumes it, which is the loop's for every awaitable of this
// project. Ownership: the Task object owns the coroutine's frame. A frame that is suspended half-way must not be
// destroyed, because what it waits for would resume it: stop it by its stop_token and await it. The destructor aborts
// on a violation. Exceptions end the process: they do not cross our interfaces.
#pragma once

#include <coroutine>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace garner {

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> awaiter = nullptr;

  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) noexcept {
      const auto next = done.promise().awaiter;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };

  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
};

template <>
struct Promise<void> : PromiseBase {
  void return_void() noexcept {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  struct promise_type : detail::Promise<T> {
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
  };

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)), started_(other.started_) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      frame_ = std::exchange(other.frame_, nullptr);
      started_ = other.started_;
    }
    return *this;
  }
  ~Task() { destroy(); }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    started_ = true;
    frame_.promise().awaiter = awaiter;
    return frame_;
  }
  T await_resume() {
    if constexpr (!std::is_void_v<T>) return std::move(*frame_.promise().value);
  }

 private:
  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  void destroy() {
    if (!frame_) return;
    if (started_ && !frame_.done()) std::abort();
    frame_.destroy();
    frame_ = nullptr;
  }

  std::coroutine_handle<promise_type> frame_ = nullptr;
  bool started_ = false;
};

// Runs tasks side by side on one thread; whoever owns the group stops them (by their stop_token) and joins before it
// goes.
class TaskGroup {
 public:
  TaskGroup() = default;
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup() {
    if (running_ != 0) std::abort();
  }

  // Starts the task now, on the caller's thread, until its first suspension.
  void spawn(Task<void> task) {
    ++running_;
    drive(*this, std::move(task));
  }
  std::size_t running() const { return running_; }

  // Resumes when nothing runs any more. One joiner at a time.
  auto join() {
    struct Awaiter {
      TaskGroup& group;
      bool await_ready() const noexcept { return group.running_ == 0; }
      void await_suspend(std::coroutine_handle<> awaiter) noexcept { group.joiner_ = awaiter; }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }

 private:
  struct Detached {
    struct promise_type {
      Detached get_return_object() { return {}; }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() noexcept {}
      [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };
  };
  static Detached drive(TaskGroup& group, Task<void> task) {
    {
      // The frame goes before the joiner is resumed: its parameters may refer to what the joiner destroys.
      Task<void> mine = std::move(task);
      co_await mine;
    }
    if (--group.running_ == 0 && group.joiner_) std::exchange(group.joiner_, nullptr).resume();
  }

  std::size_t running_ = 0;
  std::coroutine_handle<> joiner_ = nullptr;
};

}  // namespace garner
