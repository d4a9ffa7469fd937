// Where work runs that burns CPU or waits for a disk: off the loop, on threads of our own (libuv's pool is shared with
// name resolution). A job gets values in and hands values back; it shares nothing with the loop while it runs. Workers
// is the interface (tests run jobs inline, in an order they choose); ThreadWorkers is the real one, niced so that the
// control path stays quick on a busy machine.
#pragma once

#include <semaphore.h>

#include <deque>
#include <mutex>
#include <thread>
#include <type_traits>

#include "base/executor.h"

namespace garner {

class Workers {
 public:
  virtual ~Workers() = default;
  // Runs the job once, on some thread that is not the loop's.
  virtual void submit(std::move_only_function<void()> job) = 0;

  // result = co_await workers.run(executor, job): the coroutine resumes on the loop.
  template <class Job>
  Task<std::invoke_result_t<Job&>> run(Executor& executor, Job job) {
    using Value = std::invoke_result_t<Job&>;
    struct Awaiter {
      Workers& workers;
      Executor& executor;
      Job& job;
      std::optional<Value> value;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> self) {
        workers.submit([this, self] {
          value.emplace(job());
          executor.post([self] { self.resume(); });
        });
      }
      Value await_resume() { return std::move(*value); }
    };
    Awaiter awaiter{*this, executor, job, std::nullopt};
    co_return co_await awaiter;
  }
};

class ThreadWorkers final : public Workers {
 public:
  explicit ThreadWorkers(unsigned threads, int niceness = 10);
  // Waits for the jobs under way and those queued.
  ~ThreadWorkers() override;
  void submit(std::move_only_function<void()> job) override;

  // For the watchdog: jobs done since the start, and whether any is queued or under way.
  std::uint64_t jobs_done() const;
  bool idle() const;

 private:
  void work(int niceness);

  mutable std::mutex mutex_;
  // A permit a job. Not a condition variable: glibc's may make who signals wait until a niced, preempted waiter has
  // run, and that is the loop. Nor std::counting_semaphore: libstdc++ 12's can miss a wake-up (GCC PR 104928).
  sem_t wake_;
  std::deque<std::move_only_function<void()>> queue_;
  std::uint64_t done_ = 0;
  unsigned busy_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace garner
