#include "base/workers.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace garner {

ThreadWorkers::ThreadWorkers(unsigned threads, int niceness) {
  for (unsigned i = 0; i < std::max(threads, 1u); ++i) threads_.emplace_back([this, niceness] { work(niceness); });
}

ThreadWorkers::~ThreadWorkers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
}

void ThreadWorkers::submit(std::move_only_function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
}

std::uint64_t ThreadWorkers::jobs_done() const {
  const std::lock_guard lock(mutex_);
  return done_;
}

bool ThreadWorkers::idle() const {
  const std::lock_guard lock(mutex_);
  return busy_ == 0 && queue_.empty();
}

void ThreadWorkers::work(int niceness) {
  // On Linux a niceness belongs to the thread. Failing to be nice is no reason not to work.
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), niceness);
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto job = std::move(queue_.front());
    queue_.pop_front();
    ++busy_;
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    --busy_;
    ++done_;
  }
}

}  // namespace garner
