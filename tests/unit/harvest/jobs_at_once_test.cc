// Jobs of the TAP service beside all else: they take hours and no place, there are never more than the profile allows,
// and whoever waits for one tells nobody that the archive is well, or not, but by looking at it.
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;

std::string parts(int count, const std::string& more = {}) {
  return fmt::format("kind: query\nadql: SELECT * FROM a.b\npartition: {{column: n, from: 1, to: 300, parts: {}}}\n{}",
                     count, more);
}

std::vector<SourceId> numbers(std::uint64_t count) {
  std::vector<SourceId> ids;
  for (std::uint64_t i = 1; i <= count; ++i) ids.push_back(SourceId{i});
  return ids;
}

TEST(JobsAtOnce, ProductsComeWhileJobsRun) {
  Stage stage;
  stage.truth.counts_asked = false;
  stage.tap.job_time = 1h;
  stage.make_harvest_of("jobs", numbers(41), 1, {"result"}, parts(40));
  stage.make_harvest("products", 100'000, 100, {"RVS"});
  stage.start_engine();
  stage.loop.run_for(10min);
  EXPECT_EQ(stage.status("products").state, "finished");
  EXPECT_EQ(stage.tap.running, 4);
  EXPECT_EQ(stage.people.now, 0) << "nobody has a place who waits for a job";
  EXPECT_EQ(stage.status("jobs").archive_status->jobs, 4u);
  ASSERT_TRUE(stage.run_until_state("jobs", "finished"));
  EXPECT_EQ(stage.tap.highest_running, 4);
  EXPECT_LE(stage.people.highest, 4);
  EXPECT_EQ(stage.tap.jobs.size(), 41u);
}

TEST(JobsAtOnce, AreAsManyAsTheProfileSaysWhateverMayBeInFlight) {
  for (const std::uint32_t most : {1u, 7u}) {
    Stage stage;
    stage.profile.manners.jobs_at_once = most;
    stage.profile.manners.in_flight_most = 2;
    stage.make_harvest_of("one", numbers(13), 1, {"result"}, parts(12, "count: true\n"));
    stage.make_harvest_of("two", numbers(13), 1, {"result"}, parts(12));
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("one", "finished"));
    ASSERT_TRUE(stage.run_until_state("two", "finished"));
    EXPECT_EQ(stage.tap.highest_running, static_cast<int>(most)) << "the counts of the whole are among them";
    EXPECT_LE(stage.people.highest, 2);
  }
}

// Of which nobody knows before their record is read that they wait for a job.
TEST(JobsAtOnce, HoldForJobsThatAreAdoptedToo) {
  Stage stage;
  stage.tap.job_time = 5h;
  stage.tap.rows_of_source = [](std::uint64_t) { return 500; };
  stage.tap.sync_rows_most = stage.profile.tap.sync_rows_most = 100;
  stage.make_harvest_of("r", numbers(8), 1, {"a.b"},
                        "kind: rows\nrelease: Gaia DR3\nsources: {file: ids.txt}\ntables: [a.b]\n");
  stage.start_engine();
  stage.loop.run_for(10min);
  EXPECT_EQ(stage.tap.running, 4);
  stage.end_engine();
  stage.profile.manners.jobs_at_once = 2;
  stage.tap.highest_running = 0;
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("r", "finished"));
  EXPECT_EQ(stage.tap.highest_running, 2);
  EXPECT_EQ(stage.tap.jobs.size(), 8u);
}

TEST(JobsAtOnce, ASearchForSourcesIsOneOfThem) {
  Stage stage;
  stage.tap.job_time = 3h;
  stage.profile.manners.jobs_at_once = 1;
  stage.make_harvest_of("jobs", numbers(3), 1, {"result"}, parts(2));
  stage.make_harvest_of("found", {}, 100, {"a.b"},
                        "kind: rows\nrelease: Gaia DR3\nsources: {adql: 'SELECT source_id FROM a.b WHERE source_id IN "
                        "(5,6,7,8)'}\ntables: [a.b]\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("jobs", "finished"));
  ASSERT_TRUE(stage.run_until_state("found", "finished")) << stage.status("found").waiting_for;
  EXPECT_EQ(stage.tap.highest_running, 1);
}

// A job of an earlier life is looked at first when the breaker is open: the look tells that the archive is well, and
// not the job's end.
TEST(JobsAtOnce, AnAdoptedJobThatIsTheProbeClosesTheBreakerAtTheFirstLook) {
  Stage stage;
  stage.tap.job_time = 10h;
  stage.truth.counts_asked = false;
  stage.make_harvest_of("q", numbers(4), 1, {"result"}, parts(3));
  stage.start_engine();
  stage.loop.run_for(1min);
  stage.end_engine();
  stage.make_harvest("a", 20'000, 100, {"RVS"});
  stage.profile.manners.in_flight_most = 1;
  const SteadyTime back = stage.loop.now() + 10s;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    if (stage.loop.now() >= back) return std::nullopt;
    return Error{Kind::Maintenance, "down", std::nullopt};
  };
  stage.start_engine();
  stage.loop.run_for(10min);
  EXPECT_EQ(stage.status("a").state, "finished") << stage.status("a").waiting_for;
  ASSERT_TRUE(stage.run_until_state("q", "finished"));
  for (const auto& [url, job] : stage.tap.jobs) EXPECT_EQ(job.runs, 1);
}

TEST(JobsAtOnce, AFirstLookThatIsLostTellsTheBreakerAndTheJobGoesOn) {
  Stage stage;
  stage.tap.job_time = 2h;
  stage.make_harvest_of("q", numbers(2), 1, {"result"}, parts(1));
  stage.start_engine();
  stage.loop.run_for(1min);
  stage.end_engine();
  const SteadyTime back = stage.loop.now() + 1h;
  stage.tap.weather = [&]() -> std::optional<Error> {
    if (stage.loop.now() >= back) return std::nullopt;
    return Error{Kind::Maintenance, "down", std::nullopt};
  };
  stage.start_engine();
  stage.loop.run_for(1min);
  EXPECT_EQ(stage.status("q").archive_status->breaker, "open");
  EXPECT_EQ(stage.people.now, 0);
  ASSERT_TRUE(stage.run_until_state("q", "finished"));
  EXPECT_EQ(stage.tap.jobs.size(), 2u);
}

// The place for a result comes in its turn, and while the breaker is open only as its probe.
TEST(JobsAtOnce, AResultWaitsForTheBreaker) {
  Stage stage;
  stage.tap.job_time = 1h;
  stage.truth.counts_asked = false;
  stage.make_harvest_of("q", numbers(4), 1, {"result"}, parts(3));
  stage.start_engine();
  stage.loop.run_for(30min);
  const SteadyTime back = stage.loop.now() + 5h;
  const auto down = [&]() -> std::optional<Error> {
    if (stage.loop.now() >= back) return std::nullopt;
    return Error{Kind::Maintenance, "down", std::nullopt};
  };
  stage.tap.weather = down;
  stage.loop.run_for(3h);
  EXPECT_EQ(stage.status("q").archive_status->breaker, "open");
  EXPECT_LE(stage.people.now, 1);
  ASSERT_TRUE(stage.run_until_state("q", "finished"));
  EXPECT_EQ(stage.tap.jobs.size(), 4u);
  for (const auto& [url, job] : stage.tap.jobs) EXPECT_EQ(job.runs, 1);
}

TEST(JobsAtOnce, AStopDoesNotWaitForThePlaceOfAResult) {
  Stage stage;
  stage.tap.job_time = 10min;
  stage.make_harvest_of("q", numbers(2), 1, {"result"}, parts(1));
  stage.start_engine();
  stage.loop.run_for(5min);
  stage.tap.weather = [] { return Error{Kind::RateLimited, "later", 24h}; };
  stage.loop.run_for(1h);
  const SteadyTime begin = stage.loop.now();
  stage.end_engine();
  EXPECT_LE(stage.loop.now() - begin, 31s);
  stage.tap.weather = [] { return std::nullopt; };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("q", "finished"));
  EXPECT_EQ(stage.tap.jobs.size(), 2u) << "both are adopted";
}

}  // namespace
}  // namespace garner::testing
