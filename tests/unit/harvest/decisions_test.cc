// The engine's pure decisions: what a failure means, and who may ask the archive now.
#include <gtest/gtest.h>

#include "../support/virtual_loop.h"
#include "harvest/archive_queue.h"
#include "harvest/plan.h"
#include "harvest/rate_meter.h"
#include "harvest/retry_policy.h"

namespace garner::harvest {
namespace {

using namespace std::chrono_literals;
using testing::VirtualLoop;

Error error_of(Kind kind, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
  return {kind, "words", retry_after};
}

Verdict judge(Kind kind, std::uint32_t attempts = 1, std::uint32_t failures = 1) {
  Random random(1);
  return judge_failure(error_of(kind), attempts, failures, archive::Manners{}, random);
}

TEST(RetryPolicy, GivesEachKindItsMeaning) {
  struct Row {
    Kind kind;
    Next next;
    bool counted, trouble;
  };
  const Row rows[] = {
      {Kind::Transient, Next::RetryChunk, false, true},   {Kind::Overloaded, Next::RetryChunk, false, true},
      {Kind::Maintenance, Next::RetryChunk, false, true}, {Kind::RateLimited, Next::RetryChunk, false, true},
      {Kind::Suspect, Next::RetryChunk, true, false},     {Kind::Malformed, Next::RetryChunk, true, false},
      {Kind::Corrupt, Next::RetryChunk, true, false},     {Kind::TooLarge, Next::BlockChunk, false, false},
      {Kind::Auth, Next::BlockType, false, false},        {Kind::Quota, Next::BlockType, false, false},
      {Kind::Unsupported, Next::BlockType, false, false}, {Kind::DiskFull, Next::HoldHarvest, false, false},
      {Kind::Internal, Next::HoldHarvest, false, false},  {Kind::Cancelled, Next::Stop, false, false},
  };
  for (const Row& row : rows) {
    const Verdict verdict = judge(row.kind);
    EXPECT_EQ(verdict.next, row.next) << kind_name(row.kind);
    EXPECT_EQ(verdict.counted, row.counted) << kind_name(row.kind);
    EXPECT_EQ(verdict.archive_trouble, row.trouble) << kind_name(row.kind);
  }
}

TEST(RetryPolicy, BlocksAChunkAtItsLastCountedAttempt) {
  EXPECT_EQ(judge(Kind::Suspect, 5).next, Next::RetryChunk);
  EXPECT_EQ(judge(Kind::Suspect, 6).next, Next::BlockChunk);
}

TEST(RetryPolicy, NeverGivesUpOverAnOutage) {
  EXPECT_EQ(judge(Kind::Overloaded, 1000, 100'000).next, Next::RetryChunk);
}

TEST(RetryPolicy, BacksOffExponentiallyWithFullJitterUpToItsCap) {
  archive::Manners manners;
  manners.retry_first = 1000ms;
  manners.retry_most = 60'000ms;
  Random random(7);
  for (const auto& [failures, cap] :
       {std::pair{1u, 1000ms}, {2u, 2000ms}, {5u, 16'000ms}, {7u, 60'000ms}, {500u, 60'000ms}}) {
    Duration least = 1h, most = 0s;
    for (int i = 0; i < 2000; ++i) {
      const Duration wait = back_off(failures, manners, random);
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    EXPECT_LE(most, cap) << failures;
    EXPECT_GE(most, cap * 9 / 10) << failures;
    EXPECT_LE(least, cap / 10) << failures;
  }
}

TEST(RetryPolicy, WaitsAtLeastAsLongAsTheArchiveAsks) {
  Random random(3);
  const Verdict verdict = judge_failure(error_of(Kind::RateLimited, 3600s), 0, 1, archive::Manners{}, random);
  EXPECT_GE(verdict.wait, 3600s);
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

TEST(RateMeter, MeasuresOverTheLastMinuteOnly) {
  RateMeter meter;
  const SteadyTime start{1h};
  meter.add(start, 600, 6000);
  EXPECT_DOUBLE_EQ(meter.sources_per_s(start + 60s), 10);
  EXPECT_DOUBLE_EQ(meter.sources_per_s(start + 61s), 0);
  meter.add(start + 100s, 120, 0);
  EXPECT_DOUBLE_EQ(meter.sources_per_s(start + 100s), 2);
}

TEST(Plan, CountsRequestsByTheTypeAndTimeByTheArchivesRate) {
  manifest::Manifest manifest;
  manifest.release = "Gaia DR3";
  manifest.layout = LayoutKind::Zip;
  archive::Profile profile;
  profile.releases = {{"Gaia DR3", {{"RVS", 1000, 0}, {"XP_SAMPLED", 500, 0}}}};
  profile.manners.sources_per_s_slow = 10;
  profile.manners.sources_per_s_fast = 100;
  const auto plan = make_plan({manifest, profile, {"RVS", "XP_SAMPLED"}, 500, 36'001, 7, 2, 1});
  EXPECT_EQ(plan.products, 72'002u);
  EXPECT_EQ(plan.requests, 146u) << "a last chunk of one source is a request too";
  EXPECT_EQ(plan.bytes_received, 36'001u * 1500);
  EXPECT_EQ(plan.bytes_stored, plan.bytes_received) << "layout zip stores what was received";
  EXPECT_NEAR(plan.hours_least, 0.2, 1e-4);
  EXPECT_NEAR(plan.hours_most, 2.0, 1e-3);
}

}  // namespace
}  // namespace garner::harvest
