// An Executor whose time the test moves: it stands still while anything is posted, and jumps to the next timer when
// nothing is. The same actions give the same order every time: posts first, in order; then timers by time, those of one
// instant in the order in which they were set. InlineWorkers runs jobs on that loop. Threads: one. Timers may outlive
// the loop.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <utility>

#include "base/executor.h"
#include "base/workers.h"

namespace garner::testing {

class VirtualLoop final : public Executor {
 public:
  explicit VirtualLoop(WallTime begin = WallTime(std::chrono::seconds(1'800'000'000))) : wall_begin_(begin) {}

  void post(Action action) override { posted_.push_back(std::move(action)); }
  SteadyTime now() const override { return now_; }
  WallTime wall_now() const override {
    return wall_begin_ + std::chrono::duration_cast<WallTime::duration>(now_ - kBegin);
  }
  [[nodiscard]] std::unique_ptr<Timer> call_at(SteadyTime when, Action action) override {
    const Key key{when, next_timer_++};
    timers_->emplace(key, std::move(action));
    return std::make_unique<Handle>(timers_, key);
  }

  // Runs until nothing is posted and no timer is set. Too many actions mean that something never ends: aborts.
  std::size_t run_until_idle() {
    std::size_t actions = 0;
    while (step(SteadyTime::max())) count(actions);
    return actions;
  }
  // Runs what is due within the duration, and leaves the time at its end.
  std::size_t run_for(Duration duration) {
    const SteadyTime end = now_ + duration;
    std::size_t actions = 0;
    while (step(end)) count(actions);
    now_ = end;
    return actions;
  }
  // Runs until done() holds, looked at after each action; false if the loop fell idle first.
  template <class Done>
  bool run_until(Done done) {
    std::size_t actions = 0;
    while (!done()) {
      if (!step(SteadyTime::max())) return false;
      count(actions);
    }
    return true;
  }
  bool idle() const { return posted_.empty() && timers_->empty(); }
  std::size_t timers() const { return timers_->size(); }

 private:
  using Key = std::pair<SteadyTime, std::uint64_t>;
  using Timers = std::map<Key, Action>;
  static constexpr SteadyTime kBegin{std::chrono::hours(1000)};
  static constexpr std::size_t kEndless = 50'000'000;

  class Handle final : public Timer {
   public:
    Handle(std::weak_ptr<Timers> timers, Key key) : timers_(std::move(timers)), key_(key) {}
    ~Handle() override {
      const auto timers = timers_.lock();
      if (!timers) return;
      // Taken out first: the action's own destruction may drop other timers.
      const auto gone = timers->extract(key_);
    }

   private:
    std::weak_ptr<Timers> timers_;
    Key key_;
  };

  static void count(std::size_t& actions) {
    if (++actions < kEndless) return;
    std::fputs("VirtualLoop: this never ends\n", stderr);
    std::abort();
  }

  bool step(SteadyTime end) {
    if (!posted_.empty()) {
      auto action = std::move(posted_.front());
      posted_.pop_front();
      action();
      return true;
    }
    if (timers_->empty() || timers_->begin()->first.first > end) return false;
    auto due = timers_->extract(timers_->begin());
    now_ = std::max(now_, due.key().first);
    due.mapped()();
    return true;
  }

  const WallTime wall_begin_;
  SteadyTime now_ = kBegin;
  std::uint64_t next_timer_ = 0;
  std::deque<Action> posted_;
  std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
};

// A job runs when its post is run: on the same thread, after what was posted before it.
class InlineWorkers final : public Workers {
 public:
  explicit InlineWorkers(VirtualLoop& loop) : loop_(loop) {}
  void submit(std::move_only_function<void()> job) override {
    ++submitted_;
    loop_.post(std::move(job));
  }
  std::size_t submitted() const { return submitted_; }

 private:
  VirtualLoop& loop_;
  std::size_t submitted_ = 0;
};

}  // namespace garner::testing
