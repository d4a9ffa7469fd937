// Who may ask the archive now.
#include <gtest/gtest.h>

#include "../support/virtual_loop.h"
#include "harvest/run/archive_queue.h"

namespace garner::harvest {
namespace {

using namespace std::chrono_literals;
using testing::VirtualLoop;

Error error_of(Kind kind, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
  return {kind, "words", retry_after};
}

class Queue : public ::testing::Test {
 protected:
  void TearDown() override {
    while (queue.in_flight() > 0) {
      places.clear();
      loop.run_for(0s);
    }
  }
  // Asks for a place and keeps it.
  void ask(std::stop_token stop = {}) { tasks.spawn(hold(stop)); }
  Task<void> hold(std::stop_token stop) {
    auto place = co_await queue.acquire(stop);
    if (place)
      places.push_back(std::move(*place));
    else
      ++refused;
  }
  ArchiveQueue::Place first() {
    auto place = std::move(places.front());
    places.pop_front();
    return place;
  }
  void good() {
    queue.good(first(), 100);
    loop.run_for(0s);
  }
  void trouble(Error error) {
    queue.trouble(first(), error);
    loop.run_for(0s);
  }
  VirtualLoop loop;
  Random random{1};
  ArchiveQueue queue{loop, random, "stage", {{1, 3}, {30s, 600s}}};
  TaskGroup tasks;
  std::deque<ArchiveQueue::Place> places;
  int refused = 0;
};

TEST_F(Queue, GivesAsManyPlacesAsAllowedAndServesTheRestInOrder) {
  for (int i = 0; i < 5; ++i) ask();
  loop.run_for(0s);
  EXPECT_EQ(places.size(), 3u);
  good();
  EXPECT_EQ(places.size(), 3u) << "the fourth came for the first";
  EXPECT_EQ(queue.in_flight(), 3u);
  while (!places.empty()) good();
  EXPECT_EQ(queue.in_flight(), 0u);
}

TEST_F(Queue, LetsAWaiterGoWhenItIsStopped) {
  for (int i = 0; i < 3; ++i) ask();
  std::stop_source stop;
  ask(stop.get_token());
  loop.run_for(0s);
  stop.request_stop();
  loop.run_for(0s);
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(places.size(), 3u);
}

TEST_F(Queue, SendsOneProbeAtATimeOnceItsBreakerIsOpenAndStartsSlowlyWhenItClosed) {
  for (int i = 0; i < 3; ++i) ask();
  loop.run_for(0s);
  for (int i = 0; i < 3; ++i) trouble(error_of(Kind::Overloaded));
  for (int i = 0; i < 4; ++i) ask();
  loop.run_for(0s);
  EXPECT_TRUE(places.empty());
  EXPECT_EQ(queue.status().breaker, "open");
  EXPECT_NE(queue.why_resting().find("words"), std::string::npos) << queue.why_resting();
  loop.run_for(30s);
  ASSERT_EQ(places.size(), 1u);
  EXPECT_TRUE(places.front().is_probe());
  EXPECT_EQ(queue.status().breaker, "probing");
  loop.run_for(1h);
  EXPECT_EQ(places.size(), 1u) << "one at a time, however long it takes";
  good();
  EXPECT_EQ(queue.status().breaker, "closed");
  EXPECT_EQ(places.size(), 1u) << "slowly";
  EXPECT_EQ(queue.status().last_change->to, 1u);
}

TEST_F(Queue, ObeysATimeThatTheArchiveNamesAtTheFirstFailure) {
  ask();
  loop.run_for(0s);
  trouble(error_of(Kind::RateLimited, 100s));
  ask();
  loop.run_for(99s);
  EXPECT_TRUE(places.empty());
  loop.run_for(2s);
  EXPECT_EQ(places.size(), 1u);
}

TEST_F(Queue, DoesNotCutShortATimeThatTheArchiveNamedForAGoodAnswerToAnEarlierRequest) {
  ask();
  ask();
  loop.run_for(0s);
  trouble(error_of(Kind::RateLimited, 100s));
  good();
  ask();
  loop.run_for(99s);
  EXPECT_TRUE(places.empty());
  loop.run_for(2s);
  EXPECT_EQ(places.size(), 1u);
}

TEST_F(Queue, HearsByTheKindOfAnAnswerHowTheArchiveIs) {
  ask();
  loop.run_for(0s);
  queue.ended(first(), std::unexpected(error_of(Kind::Maintenance)));
  EXPECT_EQ(queue.status().breaker, "open");
  ask();
  loop.run_for(30s);
  ASSERT_EQ(places.size(), 1u);
  queue.ended(first(), std::unexpected(error_of(Kind::Malformed)));
  EXPECT_EQ(queue.status().breaker, "open") << "nobody can tell whose fault it is";
  ask();
  loop.run_for(2min);
  ASSERT_EQ(places.size(), 1u);
  queue.ended(first(), std::unexpected(error_of(Kind::NotFound)));
  EXPECT_EQ(queue.status().breaker, "closed") << "it answers";
}

// What left before the breaker opened knows nothing of how the archive is now.
TEST_F(Queue, ClosesItsBreakerForTheProbeAlone) {
  ask();
  ask();
  loop.run_for(0s);
  trouble(error_of(Kind::Maintenance));
  ask();
  loop.run_for(30s);
  ASSERT_EQ(places.size(), 2u);
  queue.ended(first(), {});
  EXPECT_EQ(queue.status().breaker, "probing");
  queue.ended(first(), {});
  EXPECT_EQ(queue.status().breaker, "closed");
}

TEST_F(Queue, GivesAsManyJobsAsAllowedBesideThePlaces) {
  for (int i = 0; i < 3; ++i) ask();
  loop.run_for(0s);
  std::vector<ArchiveQueue::JobSlot> jobs;
  while (auto job = queue.try_job()) jobs.push_back(std::move(*job));
  EXPECT_EQ(jobs.size(), 4u);
  EXPECT_EQ(queue.status().jobs, 4u);
  jobs.pop_back();
  EXPECT_TRUE(queue.has_room_for_job());
  queue.set_manners({{1, 3}, {30s, 600s}, 3});
  EXPECT_FALSE(queue.try_job()) << "those that are there stay, and nobody comes after them";
  EXPECT_EQ(queue.in_flight(), 3u);
}

TEST_F(Queue, HearsOfJobsThatTheArchiveDoesNotManage) {
  for (int i = 0; i < 3; ++i) queue.trouble_of_job(error_of(Kind::Overloaded));
  EXPECT_EQ(queue.status().breaker, "open");
}

// Stopped while it was under way: the next one need not wait another turn.
TEST_F(Queue, GivesTheProbeToTheNextWhereItWasStopped) {
  ask();
  loop.run_for(0s);
  trouble(error_of(Kind::Maintenance));
  ask();
  ask();
  loop.run_for(30s);
  ASSERT_EQ(places.size(), 1u);
  places.clear();
  loop.run_for(0s);
  ASSERT_EQ(places.size(), 1u);
  EXPECT_TRUE(places.front().is_probe());
}

}  // namespace
}  // namespace garner::harvest
