#include "base/task.h"

#include <memory>
#include <vector>

namespace garner {
namespace {

// Something to wait for that the test releases by hand.
struct Gate {
  std::vector<std::coroutine_handle<>> waiting;
  auto wait() {
    struct Awaiter {
      Gate& gate;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> self) { gate.waiting.push_back(self); }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }
  void open() {
    for (const auto handle : std::exchange(waiting, {})) handle.resume();
  }
};

Task<int> seven() {
  co_return 7;
}
Task<void> set(int& target, int value) {
  target = value;
  co_return;
}
Task<std::unique_ptr<int>> boxed(int value) {
  co_return std::make_unique<int>(value);
}

template <class T>
Task<void> store(Task<T> task, T& target) {
  target = co_await task;
}

TEST(Task, GivesItsValueToItsAwaiter) {
  int got = 0;
  TaskGroup group;
  group.spawn(store(seven(), got));
  EXPECT_EQ(got, 7);
}

TEST(Task, DoesNotRunBeforeItIsAwaited) {
  int touched = 0;
  {
    auto task = set(touched, 1);
    EXPECT_EQ(touched, 0);
  }
  EXPECT_EQ(touched, 0) << "a task that is never awaited never runs";
}

TEST(Task, CarriesMoveOnlyValues) {
  std::unique_ptr<int> got;
  TaskGroup group;
  group.spawn(store(boxed(3), got));
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, 3);
}

TEST(Task, CanBeMovedBeforeItIsAwaited) {
  int got = 0;
  auto first = seven();
  auto second = std::move(first);
  first = std::move(second);
  TaskGroup group;
  group.spawn(store(std::move(first), got));
  EXPECT_EQ(got, 7);
}

Task<int> nested(int depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await nested(depth - 1);
}

TEST(Task, AwaitsAHundredThousandDeepWithoutUsingUpTheStack) {
  int got = 0;
  TaskGroup group;
  group.spawn(store(nested(100'000), got));
  EXPECT_EQ(got, 100'000);
}

Task<int> in_a_row(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += co_await seven();
  co_return sum;
}

TEST(Task, AwaitsAHundredThousandInARowWithoutUsingUpTheStack) {
  int got = 0;
  TaskGroup group;
  group.spawn(store(in_a_row(100'000), got));
  EXPECT_EQ(got, 700'000);
}

Task<void> pass(Gate& gate, int& passed) {
  co_await gate.wait();
  ++passed;
}
Task<void> join_then(TaskGroup& group, bool& joined) {
  co_await group.join();
  joined = true;
}

TEST(TaskGroup, JoinsWhenTheLastTaskIsDone) {
  Gate early, late;
  int passed = 0;
  bool joined = false;
  TaskGroup group, outer;
  group.spawn(pass(early, passed));
  group.spawn(pass(late, passed));
  outer.spawn(join_then(group, joined));
  EXPECT_EQ(group.running(), 2u);
  early.open();
  EXPECT_EQ(passed, 1);
  EXPECT_FALSE(joined);
  late.open();
  EXPECT_TRUE(joined);
  EXPECT_EQ(group.running(), 0u);
}

TEST(TaskGroup, JoinsAtOnceWhenNothingRuns) {
  bool joined = false;
  TaskGroup group, outer;
  outer.spawn(join_then(group, joined));
  EXPECT_TRUE(joined);
}

// Its destructor tells when the frame's parameters go.
struct Tell {
  bool* gone;
  explicit Tell(bool& flag) : gone(&flag) {}
  Tell(Tell&& other) noexcept : gone(std::exchange(other.gone, nullptr)) {}
  ~Tell() {
    if (gone != nullptr) *gone = true;
  }
};
Task<void> hold(Gate& gate, Tell) {
  co_await gate.wait();
}
Task<void> look_after_join(TaskGroup& group, const bool& gone, bool& gone_by_then) {
  co_await group.join();
  gone_by_then = gone;
}

TEST(TaskGroup, DestroysATasksFrameBeforeTheJoinerGoesOn) {
  Gate gate;
  bool gone = false;
  bool gone_by_then = false;
  TaskGroup group, outer;
  group.spawn(hold(gate, Tell(gone)));
  outer.spawn(look_after_join(group, gone, gone_by_then));
  gate.open();
  EXPECT_TRUE(gone_by_then);
}

TEST(TaskGroupDeathTest, AbortsWhenItGoesWhileATaskRuns) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        Gate gate;
        int passed = 0;
        TaskGroup group;
        group.spawn(pass(gate, passed));
      },
      "");
}

}  // namespace
}  // namespace garner
