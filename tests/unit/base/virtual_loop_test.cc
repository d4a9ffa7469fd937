#include "support/virtual_loop.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;

TEST(VirtualLoop, JumpsToTheNextTimerWhenNothingIsPosted) {
  VirtualLoop loop;
  const auto begun = loop.now();
  const auto wall_begun = loop.wall_now();
  std::vector<std::string> order;
  const auto late = loop.call_at(begun + 8h, [&] { order.push_back("8h"); });
  const auto early = loop.call_at(begun + 1h, [&] {
    order.push_back("1h");
    loop.post([&] { order.push_back("posted at 1h"); });
  });
  loop.post([&] { order.push_back("post"); });
  EXPECT_EQ(loop.run_until_idle(), 4u);
  EXPECT_THAT(order, ::testing::ElementsAre("post", "1h", "posted at 1h", "8h"));
  EXPECT_EQ(loop.now() - begun, 8h);
  EXPECT_EQ(loop.wall_now() - wall_begun, 8h);
}

TEST(VirtualLoop, CallsTimersOfOneInstantInTheOrderOfTheirSetting) {
  VirtualLoop loop;
  std::vector<int> order;
  std::vector<std::unique_ptr<Executor::Timer>> timers;
  for (int i = 0; i < 4; ++i) timers.push_back(loop.call_at(loop.now() + 1s, [&order, i] { order.push_back(i); }));
  loop.run_until_idle();
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3));
}

TEST(VirtualLoop, RunsOnlyWhatIsDueWithinTheDuration) {
  VirtualLoop loop;
  const auto begun = loop.now();
  int called = 0;
  const auto at_end = loop.call_at(begun + 10s, [&] { ++called; });
  const auto after = loop.call_at(begun + 11s, [&] { ++called; });
  loop.run_for(10s);
  EXPECT_EQ(called, 1);
  EXPECT_EQ(loop.now(), begun + 10s);
  EXPECT_FALSE(loop.idle());
}

TEST(VirtualLoop, DoesNotCallADroppedTimer) {
  VirtualLoop loop;
  bool called = false;
  auto timer = loop.call_at(loop.now() + 1s, [&] { called = true; });
  timer.reset();
  EXPECT_EQ(loop.run_until_idle(), 0u);
  EXPECT_FALSE(called);
}

TEST(VirtualLoop, CallsAPastTimerWithoutTurningTimeBack) {
  VirtualLoop loop;
  const auto begun = loop.now();
  const auto timer = loop.call_at(begun - 1h, [] {});
  EXPECT_EQ(loop.run_until_idle(), 1u);
  EXPECT_EQ(loop.now(), begun);
}

TEST(VirtualLoop, ToleratesATimerThatOutlivesIt) {
  std::unique_ptr<Executor::Timer> timer;
  VirtualLoop loop;
  timer = loop.call_at(loop.now() + 1s, [] {});
}

Task<void> sleeper(Executor& loop, Duration duration, std::stop_token stop, std::optional<Result<void>>& result) {
  result = co_await sleep_for(loop, duration, stop);
}

TEST(VirtualLoop, SleepsAWholeNightAtOnce) {
  VirtualLoop loop;
  const auto begun = loop.now();
  std::optional<Result<void>> result;
  TaskGroup group;
  group.spawn(sleeper(loop, 10h, {}, result));
  EXPECT_TRUE(loop.run_until([&] { return result.has_value(); }));
  EXPECT_TRUE(result->has_value());
  EXPECT_EQ(loop.now() - begun, 10h);
}

TEST(VirtualLoop, LeavesNoTimerBehindACancelledSleep) {
  VirtualLoop loop;
  std::stop_source stop;
  std::optional<Result<void>> result;
  TaskGroup group;
  group.spawn(sleeper(loop, 10h, stop.get_token(), result));
  EXPECT_EQ(loop.timers(), 1u);
  stop.request_stop();
  loop.run_for(0s);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->error().kind, Kind::Cancelled);
  EXPECT_EQ(loop.timers(), 0u);
}

}  // namespace
}  // namespace garner::testing
