#include "base/uv_loop.h"

#include <thread>

namespace garner {
namespace {

using namespace std::chrono_literals;

// Starts the task on the loop, runs the loop until it is done.
Task<void> then_stop(UvLoop& loop, Task<void> task) {
  co_await task;
  loop.request_stop();
}
void run(UvLoop& loop, Task<void> task) {
  TaskGroup group;
  auto whole = then_stop(loop, std::move(task));
  loop.post([&group, &whole] { group.spawn(std::move(whole)); });
  loop.run();
}

Task<void> sleep_into(Executor& executor, Duration duration, std::stop_token stop,
                      std::optional<Result<void>>& result) {
  result = co_await sleep_for(executor, duration, stop);
}

TEST(UvLoop, RunsPostsInOrder) {
  UvLoop loop;
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) loop.post([&order, i] { order.push_back(i); });
  loop.request_stop();
  loop.run();
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3, 4));
}

TEST(UvLoop, RunsWhatWasPostedByAPostBeforeItStops) {
  UvLoop loop;
  bool ran = false;
  loop.post([&] {
    loop.request_stop();
    loop.post([&] { ran = true; });
  });
  loop.run();
  EXPECT_TRUE(ran);
}

TEST(UvLoop, TakesPostsFromOtherThreads) {
  UvLoop loop;
  constexpr int kThreads = 4;
  constexpr int kPosts = 1000;
  int count = 0;  // touched on the loop's thread only
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&loop, &count] {
      for (int i = 0; i < kPosts; ++i) {
        loop.post([&loop, &count] {
          if (++count == kThreads * kPosts) loop.request_stop();
        });
      }
    });
  }
  loop.run();
  EXPECT_EQ(count, kThreads * kPosts);
}

TEST(UvLoop, RunsTimersByTheirTimeAndNotByTheirSetting) {
  UvLoop loop;
  std::vector<int> order;
  const auto now = loop.now();
  const auto third = loop.call_at(now + 30ms, [&] { order.push_back(3), loop.request_stop(); });
  const auto first = loop.call_at(now + 10ms, [&] { order.push_back(1); });
  const auto second = loop.call_at(now + 20ms, [&] { order.push_back(2); });
  loop.run();
  EXPECT_THAT(order, ::testing::ElementsAre(1, 2, 3));
}

TEST(UvLoop, NeverCallsATimerEarly) {
  UvLoop loop;
  constexpr int kTimers = 20;
  int fired = 0;
  std::vector<std::unique_ptr<Executor::Timer>> timers;
  for (int i = 0; i < kTimers; ++i) {
    const auto when = loop.now() + std::chrono::microseconds(700 * i + 37);
    timers.push_back(loop.call_at(when, [&loop, &fired, when] {
      EXPECT_GE(loop.now(), when);
      if (++fired == kTimers) loop.request_stop();
    }));
  }
  loop.run();
  EXPECT_EQ(fired, kTimers);
}

TEST(UvLoop, DoesNotCallADroppedTimer) {
  UvLoop loop;
  bool called = false;
  auto dropped = loop.call_at(loop.now() + 1ms, [&] { called = true; });
  dropped.reset();
  const auto later = loop.call_at(loop.now() + 20ms, [&] { loop.request_stop(); });
  loop.run();
  EXPECT_FALSE(called);
}

TEST(UvLoop, LetsATimerDropItselfFromItsOwnAction) {
  UvLoop loop;
  std::unique_ptr<Executor::Timer> timer;
  timer = loop.call_at(loop.now(), [&] {
    timer.reset();
    loop.request_stop();
  });
  loop.run();
  EXPECT_FALSE(timer);
}

TEST(UvLoop, CallsASignalsActionEachTime) {
  UvLoop loop;
  int seen = 0;
  std::unique_ptr<Executor::Timer> signal;
  signal = loop.on_signal(SIGUSR1, [&] {
    if (++seen < 3) {
      std::raise(SIGUSR1);
      return;
    }
    signal.reset();
    loop.request_stop();
  });
  loop.post([] { std::raise(SIGUSR1); });
  loop.run();
  EXPECT_EQ(seen, 3);
}

TEST(UvLoop, CanBeRunAgainAfterItWasStopped) {
  UvLoop loop;
  loop.request_stop();
  loop.run();
  bool ran = false;
  const auto timer = loop.call_at(loop.now() + 2ms, [&] {
    ran = true;
    loop.request_stop();
  });
  // A stop left over from the first run would end the second one here.
  loop.post([] {});
  loop.run();
  EXPECT_TRUE(ran);
}

TEST(UvLoop, GoesCleanlyWithPostsThatNeverRan) {
  auto held = std::make_shared<int>(1);
  {
    UvLoop loop;
    std::shared_ptr<Executor::Timer> timer = loop.call_at(loop.now() + 1h, [] {});
    loop.post([held, timer] {});
    timer.reset();
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(UvLoopDeathTest, AbortsWhenATimerOutlivesIt) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        std::unique_ptr<Executor::Timer> timer;
        UvLoop loop;
        timer = loop.call_at(loop.now() + 1h, [] {});
      },
      "");
}

TEST(SleepFor, EndsWellAfterItsTime) {
  UvLoop loop;
  std::optional<Result<void>> result;
  const auto begun = loop.now();
  run(loop, sleep_into(loop, 20ms, {}, result));
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(result->has_value());
  EXPECT_GE(loop.now() - begun, 20ms);
}

TEST(SleepFor, IsCancelledByItsStopToken) {
  UvLoop loop;
  std::stop_source stop;
  std::optional<Result<void>> result;
  const auto soon = loop.call_at(loop.now() + 5ms, [&] { stop.request_stop(); });
  run(loop, sleep_into(loop, 1h, stop.get_token(), result));
  ASSERT_TRUE(result.has_value());
  ASSERT_FALSE(result->has_value());
  EXPECT_EQ(result->error().kind, Kind::Cancelled);
}

TEST(SleepFor, DoesNotEvenBeginWhenStopWasRequested) {
  UvLoop loop;
  std::stop_source stop;
  stop.request_stop();
  std::optional<Result<void>> result;
  run(loop, sleep_into(loop, 1h, stop.get_token(), result));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->error().kind, Kind::Cancelled);
}

}  // namespace
}  // namespace garner
