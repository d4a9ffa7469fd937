#include "base/workers.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace garner {

ThreadWorkers::ThreadWorkers(unsigned threads, int niceness) {
  sem_init(&wake_, 0, 0);
  for (unsigned i = 0; i < std::max(threads, 1u); ++i) threads_.emplace_back([this, niceness] { work(niceness); });
}

ThreadWorkers::~ThreadWorkers() {
  for (std::size_t i = 0; i < threads_.size(); ++i) sem_post(&wake_);
  threads_.clear();  // joined before what they use goes
  sem_destroy(&wake_);
}

void ThreadWorkers::submit(std::move_only_function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(job));
  }
  sem_post(&wake_);
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
    lock.unlock();
    while (sem_wait(&wake_) != 0) {  // interrupted
    }
    lock.lock();
    if (queue_.empty()) return;  // only the end gives more permits than there are jobs
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
