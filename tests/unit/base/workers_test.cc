#include "base/workers.h"

#include <latch>

#include "base/uv_loop.h"
#include "support/virtual_loop.h"

namespace garner {
namespace {

Task<void> square_on(Workers& workers, UvLoop& loop, int number, int& result, std::thread::id& ran_on,
                     std::thread::id& resumed_on) {
  auto job = [number, &ran_on] {
    ran_on = std::this_thread::get_id();
    return number * number;
  };
  result = co_await workers.run(loop, job);
  resumed_on = std::this_thread::get_id();
  loop.request_stop();
}

TEST(ThreadWorkers, RunAJobOffTheLoopAndResumeOnIt) {
  UvLoop loop;
  ThreadWorkers workers(2);
  int result = 0;
  std::thread::id ran_on, resumed_on;
  TaskGroup group;
  group.spawn(square_on(workers, loop, 12, result, ran_on, resumed_on));
  loop.run();
  EXPECT_EQ(result, 144);
  EXPECT_NE(ran_on, std::this_thread::get_id());
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

Task<void> many(Workers& workers, UvLoop& loop, int count, std::vector<std::unique_ptr<int>>& results) {
  for (int i = 0; i < count; ++i) {
    auto job = [i] { return std::make_unique<int>(i); };
    results.push_back(co_await workers.run(loop, job));
  }
  loop.request_stop();
}

TEST(ThreadWorkers, HandBackMoveOnlyValuesInTheOrderAwaited) {
  UvLoop loop;
  ThreadWorkers workers(3);
  std::vector<std::unique_ptr<int>> results;
  TaskGroup group;
  group.spawn(many(workers, loop, 500, results));
  loop.run();
  ASSERT_EQ(results.size(), 500u);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(*results[static_cast<std::size_t>(i)], i);
}

TEST(ThreadWorkers, FinishQueuedJobsBeforeTheyGo) {
  std::atomic<int> done = 0;
  {
    ThreadWorkers workers(1);
    for (int i = 0; i < 100; ++i) workers.submit([&done] { ++done; });
  }
  EXPECT_EQ(done, 100);
}

TEST(ThreadWorkers, RunJobsSideBySide) {
  std::latch both(3);
  ThreadWorkers workers(2);  // goes first: its jobs use the latch
  workers.submit([&both] { both.arrive_and_wait(); });
  workers.submit([&both] { both.arrive_and_wait(); });
  both.arrive_and_wait();
}

TEST(ThreadWorkers, AreNotIdleWhileAJobIsUnderWay) {
  std::latch begun(1), go_on(1);
  ThreadWorkers workers(1);
  workers.submit([&] {
    begun.count_down();
    go_on.wait();
  });
  begun.wait();
  EXPECT_FALSE(workers.idle());
  EXPECT_EQ(workers.jobs_done(), 0u);
  go_on.count_down();
  while (!workers.idle()) std::this_thread::yield();
  EXPECT_EQ(workers.jobs_done(), 1u);
}

Task<void> inline_job(Workers& workers, Executor& loop, std::vector<std::string>& order) {
  order.push_back("before");
  auto job = [&order] {
    order.push_back("job");
    return 1;
  };
  co_await workers.run(loop, job);
  order.push_back("after");
}

TEST(InlineWorkers, RunAJobWhenItsPostIsRun) {
  testing::VirtualLoop loop;
  testing::InlineWorkers workers(loop);
  std::vector<std::string> order;
  TaskGroup group;
  loop.post([&] { order.push_back("earlier post"); });
  group.spawn(inline_job(workers, loop, order));
  EXPECT_THAT(order, ::testing::ElementsAre("before"));
  loop.run_until_idle();
  EXPECT_THAT(order, ::testing::ElementsAre("before", "earlier post", "job", "after"));
  EXPECT_EQ(workers.submitted(), 1u);
}

}  // namespace
}  // namespace garner
