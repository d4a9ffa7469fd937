// Windows, deadlines and rate caps as the engine keeps them. The stage's time begins on a Friday at 08:00 UTC.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const std::string kProducts = "release: Gaia DR3\nsources: {file: ids.txt}\nretrieval_types: [RVS]\n";

class Hours : public ::testing::Test {
 protected:
  Hours() {
    stage.weather = [this](const archive::ChunkRequest&) -> std::optional<Error> {
      ends.push_back(stage.loop.now() - begin);
      return std::nullopt;
    };
  }
  void make(const std::string& name, std::size_t chunks, const std::string& keys) {
    std::vector<SourceId> ids;
    for (std::uint64_t i = 0; i < chunks * 10; ++i) ids.push_back(SourceId{1000 + i});
    stage.make_harvest_of(name, ids, 10, {"RVS"}, kProducts + keys);
  }
  // From 08:00 on the first day.
  void run_until_hour(Duration since) { stage.loop.run_for(begin + since - stage.loop.now()); }
  std::size_t ended_between(Duration from, Duration to) {
    return static_cast<std::size_t>(std::ranges::count_if(ends, [&](Duration end) { return end >= from && end < to; }));
  }

  Stage stage;
  const SteadyTime begin = stage.loop.now();
  std::vector<Duration> ends;  // of requests that were answered
};

constexpr auto kTen = 2h, kNoon = 4h, kDay = 24h;  // since 08:00

TEST_F(Hours, NothingIsAskedOutsideTheWindow) {
  stage.profile.manners.in_flight_least = stage.profile.manners.in_flight_most = 2;
  make("w", 60, "window: 10:00-12:00\ntime_zone: UTC\n");
  stage.start_engine();
  stage.archive->latency = 10min;
  ASSERT_TRUE(stage.run_until_state("w", "finished"));
  ASSERT_EQ(ends.size(), 60u);
  for (const Duration end : ends) {
    const Duration start = (end - 10min) % kDay;
    EXPECT_GE(start, kTen);
    EXPECT_LT(start, kNoon);
  }
  EXPECT_EQ(ended_between({}, kDay), 24u) << "twelve times two on the first day";
  EXPECT_EQ(ended_between(kDay, 2 * kDay), 24u);
}

TEST_F(Hours, ItSaysUntilWhenItIsClosedAndWhenItCloses) {
  make("w", 60, "window: 10:00-12:00\ntime_zone: UTC\n");
  stage.start_engine();
  auto status = stage.status("w");
  EXPECT_EQ(status.state, "waiting");
  EXPECT_EQ(status.waiting_for, "window closed until 10:00 UTC (in 2 h)");
  EXPECT_EQ(status.window, "10:00-12:00 UTC");
  EXPECT_EQ(status.opens_s, 1'800'000'000 + 7200);
  stage.archive->latency = 10min;
  run_until_hour(kTen + 1min);
  status = stage.status("w");
  EXPECT_EQ(status.state, "running");
  EXPECT_EQ(status.opens_s, 0);
  EXPECT_EQ(status.closes_s, 1'800'000'000 + 14'400);
  // 48 chunks are done at noon; the others take half an hour of tomorrow's window.
  run_until_hour(kNoon + 1h);
  status = stage.status("w");
  EXPECT_EQ(status.waiting_for, "window closed until tomorrow 10:00 UTC (in 21 h)");
  ASSERT_TRUE(status.eta_s);
  EXPECT_GT(*status.eta_s, 21 * 3600);
  EXPECT_LT(*status.eta_s, 23 * 3600);
  EXPECT_FALSE(stage.engine->activity().forgotten);
}

TEST_F(Hours, WhatIsInFlightAtTheCloseMayEndUntilItsTimeIsOverThenItIsStopped) {
  stage.profile.manners.in_flight_most = 2;
  make("w", 8, "window: 10:00-12:00\ntime_zone: UTC\ndrain_by: 12:20\n");
  stage.start_engine();
  stage.archive->latency = 50min;  // two at 10:50, two at 11:40; the next would end at 12:30
  run_until_hour(kNoon + 15min);
  EXPECT_EQ(stage.status("w").state, "running");
  EXPECT_EQ(stage.people.now, 2);
  run_until_hour(kNoon + 21min);
  EXPECT_EQ(stage.people.now, 0);
  auto status = stage.status("w");
  EXPECT_EQ(status.state, "waiting");
  EXPECT_EQ(status.delivered, 40u);
  EXPECT_EQ(status.attempts, 4u) << "what was stopped is no attempt";
  EXPECT_EQ(stage.indexes_written, 2) << "at the start, and when the window has closed";
  stage.archive->latency = 25min;
  ASSERT_TRUE(stage.run_until_state("w", "finished"));
  EXPECT_EQ(stage.status("w").delivered, 80u);
  EXPECT_EQ(ended_between(kNoon, kDay + kTen), 0u);
}

TEST_F(Hours, ItClosesWhileTheArchiveRests) {
  stage.weather = [](const archive::ChunkRequest&) {
    return std::optional(Error{Kind::RateLimited, "come back later", 5h});
  };
  make("w", 8, "window: 10:00-12:00\ntime_zone: UTC\n");
  stage.start_engine();
  run_until_hour(kNoon - 1min);
  EXPECT_THAT(stage.status("w").waiting_for, HasSubstr("come back later"));
  EXPECT_TRUE(stage.engine->find("w")->in_hand()) << "chunks wait for a place";
  stage.loop.run_for(2min);
  EXPECT_FALSE(stage.engine->find("w")->in_hand()) << "and come again when it opens";
  EXPECT_THAT(stage.status("w").waiting_for, HasSubstr("window closed until tomorrow 10:00"));
}

TEST_F(Hours, AnOperatorsVerbsWorkWhileItIsClosed) {
  make("w", 6, "window: 10:00-12:00\ntime_zone: UTC\n");
  make("gone", 6, "window: 10:00-12:00\ntime_zone: UTC\n");
  stage.start_engine();
  ASSERT_TRUE(stage.await(stage.engine->pause("w", "ada")));
  EXPECT_EQ(stage.status("w").state, "paused");
  ASSERT_TRUE(stage.await(stage.engine->resume("w")));
  EXPECT_THAT(stage.status("w").waiting_for, HasSubstr("window closed until 10:00"));
  ASSERT_TRUE(stage.await(stage.engine->cancel("gone", "ada")));
  EXPECT_EQ(stage.status("gone").state, "cancelled");
  EXPECT_TRUE(ends.empty());
  ASSERT_TRUE(stage.run_until_state("w", "finished"));
}

TEST_F(Hours, AHarvestWithoutAWindowIsNotHeldUp) {
  make("night", 50, "window: 20:00-06:00\ntime_zone: UTC\n");
  make("day", 50, "");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("day", "finished", 1h));
  EXPECT_EQ(stage.status("night").delivered, 0u);
}

TEST_F(Hours, AfterItsDeadlineItIsBlockedUntilAnOperatorSaysGoOn) {
  make("late", 40, "deadline: 2027-01-15 09:00\ntime_zone: UTC\n");
  stage.start_engine();
  stage.archive->latency = 10min;
  ASSERT_TRUE(stage.run_until_state("late", "blocked"));
  EXPECT_THAT(stage.status("late").waiting_for,
              HasSubstr("its deadline was 09:00 UTC; go on in spite of it with: garner resume late"));
  EXPECT_EQ(stage.status("late").delivered, 240u);
  run_until_hour(kDay);
  EXPECT_EQ(ends.size(), 24u);
  ASSERT_TRUE(stage.await(stage.engine->resume("late")));
  EXPECT_EQ(stage.status("late").state, "running");
  stage.kill_engine();
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("late", "finished")) << "a restart remembers it";
  EXPECT_EQ(stage.status("late").delivered, 400u);
}

TEST_F(Hours, ADeadlineConcernsNobodyWhoseHarvestIsAtRest) {
  make("late", 40, "deadline: 2027-01-15 09:00\ntime_zone: UTC\n");
  stage.start_engine();
  ASSERT_TRUE(stage.await(stage.engine->cancel("late", "ada")));
  run_until_hour(kTen);
  stage.end_engine();
  stage.start_engine();
  EXPECT_FALSE(stage.engine->find("late")->past_deadline());
  EXPECT_EQ(stage.status("late").state, "cancelled");
}

TEST_F(Hours, TheSourcesOfAQueryAreAskedForInTheWindowToo) {
  std::vector<Duration> asked;
  stage.tap.weather = [&]() -> std::optional<Error> {
    asked.push_back(stage.loop.now() - begin);
    return std::nullopt;
  };
  stage.make_harvest_of("s", {}, 100, {"a.b"},
                        "kind: rows\nrelease: Gaia DR3\nsources: {adql: 'SELECT source_id FROM a.b WHERE source_id IN "
                        "(5,6,7,8)'}\ntables: [a.b]\nwindow: 10:00-10:05\ntime_zone: UTC\n");
  stage.start_engine();
  EXPECT_THAT(stage.status("s").waiting_for, HasSubstr("window closed until 10:00"));
  run_until_hour(kTen + 1h);
  ASSERT_FALSE(asked.empty());
  EXPECT_GE(asked.front(), kTen);
  EXPECT_EQ(stage.tap.jobs.size(), 1u) << "its job takes ten minutes, and goes on at the archive";
  EXPECT_THAT(stage.status("s").waiting_for, HasSubstr("window closed until tomorrow 10:00"));
  ASSERT_TRUE(stage.run_until_state("s", "finished"));
  EXPECT_EQ(stage.tap.jobs.size(), 1u) << "adopted at the next opening";
  for (const Duration at : asked) EXPECT_LE(at % kDay, kTen + 5min + 1s);
}

TEST_F(Hours, TheCountOfTheWholeWaitsForTheWindow) {
  stage.make_harvest_of("q", {SourceId{1}, SourceId{2}}, 1, {"result"},
                        "kind: query\nadql: SELECT * FROM a.b\npartition: {column: n, from: 1, to: 20, parts: 1}\n"
                        "count: true\nmode: sync\nwindow: 10:00-10:01\ntime_zone: UTC\ndrain_by: 1 h\n");
  stage.start_engine();
  stage.tap.latency = 20min;  // each part: COUNT(*), then its rows; all of it after the close
  run_until_hour(kTen + 2h);
  EXPECT_EQ(stage.status("q").pending, 0u);
  EXPECT_EQ(stage.status("q").state, "waiting");
  EXPECT_THAT(stage.status("q").waiting_for, HasSubstr("window closed until tomorrow 10:00"));
  EXPECT_FALSE(stage.engine->activity().forgotten);
  ASSERT_TRUE(stage.run_until_state("q", "finished"));
}

TEST_F(Hours, ARequestCapHoldsOverAnHour) {
  make("slow", 2000, "limits: {requests_per_minute: 10}\n");
  stage.start_engine();
  stage.archive->latency = 10s;
  run_until_hour(2h);
  EXPECT_LE(ended_between({}, 1h), 600u);
  EXPECT_EQ(ended_between(1h, 2h), 600u) << "the archive would take more";
  const auto status = stage.status("slow");
  EXPECT_EQ(status.limited_by, "10 requests/min (the manifest's)");
  EXPECT_FALSE(stage.engine->activity().forgotten);
}

TEST_F(Hours, AnArchivesRequestCapHoldsForAllHarvestsTogetherAndIsReadAnew) {
  stage.profile.manners.limits.requests_per_minute = 10;
  make("one", 2000, "");
  make("two", 2000, "");
  stage.start_engine();
  run_until_hour(1h + 1s);
  EXPECT_EQ(ended_between({}, 1h + 1s), 600u);
  EXPECT_EQ(stage.status("one").limited_by, "10 requests/min (for gaia)");
  EXPECT_NEAR(static_cast<double>(stage.status("one").delivered), static_cast<double>(stage.status("two").delivered),
              10)
      << "fair between them";
  stage.engine->reload({}, {{"gaia", {30, 0}}});
  ends.clear();
  run_until_hour(2h + 1s);
  EXPECT_NEAR(static_cast<double>(ends.size()), 1'800, 2);
}

TEST_F(Hours, ABandwidthCapHoldsOnAverage) {
  stage.truth.reply_bytes = 100'000;
  make("thin", 1000, "limits: {bandwidth: 2 kB/s}\n");  // a reply in 50 s
  stage.start_engine();
  run_until_hour(1h);
  EXPECT_EQ(stage.archive->highest, 4) << "a cap on bytes is none on requests";
  EXPECT_EQ(ends.size(), 72u);
  EXPECT_EQ(stage.status("thin").limited_by, "2 kB/s (the manifest's)");
}

// The only source of its chunk that spoils answers is found out under a cap, too.
TEST_F(Hours, ACapDoesNotKeepAPoisonSourceFromBeingFound) {
  stage.weather = [](const archive::ChunkRequest& request) -> std::optional<Error> {
    for (const SourceId id : request.ids)
      if (id.value == 1003) return Error{Kind::Suspect, "null", std::nullopt};
    return std::nullopt;
  };
  make("p", 3, "limits: {requests_per_minute: 30}\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("p", "finished")) << stage.status("p").waiting_for;
  EXPECT_EQ(stage.status("p").failed, 1u);
  EXPECT_EQ(stage.status("p").delivered, 29u);
}

}  // namespace
}  // namespace garner::testing
