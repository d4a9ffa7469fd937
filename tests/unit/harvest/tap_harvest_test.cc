// Harvests that ask by TAP, in virtual time: rows for ids, the parts of a query, sources by a query, products that are
// sifted first. The service on the stage cuts its answers as archives do.
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using ledger::Outcome;

const std::string kRows = "kind: rows\nrelease: Gaia DR3\nsources: {file: ids.txt}\ntables: [a.b]\n";
const std::string kQuery = "kind: query\nadql: SELECT * FROM a.b\n";

std::vector<SourceId> ids_from(std::uint64_t first, std::size_t count) {
  std::vector<SourceId> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(SourceId{first + i});
  return ids;
}

// What lies on disk of a harvest: every row once, or more often where something is wrong.
std::map<std::uint64_t, int> rows_on_disk(Stage& stage, const std::string& name) {
  std::map<std::uint64_t, int> out;
  for (const auto& [key, ids] : stage.disk.packs) {
    if (std::get<0>(key) != "/out/" + name) continue;
    for (const SourceId id : ids) ++out[id.value];
  }
  return out;
}

TEST(RowsHarvest, EverySourceIsDeliveredOrAbsentByTheRowsThatCame) {
  Stage stage;
  stage.tap.rows_of_source = [](std::uint64_t id) { return id % 3 == 0 ? 0 : static_cast<int>(id % 4); };
  stage.make_harvest_of("r", ids_from(1000, 350), 100, {"a.b"}, kRows);
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("r", "finished"));
  const auto rows = rows_on_disk(stage, "r");
  for (std::uint64_t id = 1000; id < 1350; ++id) {
    const bool has_rows = id % 3 != 0 && id % 4 != 0;
    EXPECT_EQ(rows.contains(id), has_rows) << id;
  }
  const auto status = stage.status("r");
  EXPECT_EQ(status.delivered, rows.size());
  EXPECT_EQ(status.delivered + status.absent, 350u);
  EXPECT_EQ(stage.tap.syncs, 4 + 2) << "175 are asked for once more, in two lists";
  EXPECT_TRUE(stage.tap.jobs.empty());
}

// A sync answer of exactly the limit says nothing about what is missing.
TEST(RowsHarvest, AnAnswerCutAtTheRowLimitMakesNothingAbsent) {
  Stage stage;
  stage.tap.rows_of_source = [](std::uint64_t) { return 3; };
  stage.tap.sync_rows_most = stage.profile.tap.sync_rows_most = 100;
  stage.make_harvest_of("r", ids_from(1000, 300), 90, {"a.b"}, kRows);
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("r", "finished"));
  EXPECT_EQ(stage.status("r").delivered, 300u);
  EXPECT_EQ(rows_on_disk(stage, "r").size(), 300u);
}

TEST(RowsHarvest, ASourceWithMoreRowsThanASyncAnswerHoldsIsAskedForByAJob) {
  Stage stage;
  stage.tap.rows_of_source = [](std::uint64_t id) { return id == 1005 ? 500 : 1; };
  stage.tap.sync_rows_most = stage.profile.tap.sync_rows_most = 100;
  stage.make_harvest_of("r", ids_from(1000, 20), 20, {"a.b"}, kRows);
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("r", "finished"));
  EXPECT_EQ(stage.status("r").delivered, 20u);
  EXPECT_EQ(stage.tap.jobs.size(), 1u);
}

TEST(RowsHarvest, IdsGoIntoTheQueriesWhereTheArchiveTakesNoTables) {
  Stage stage;
  stage.profile.tap.uploads = archive::TapFacts::Uploads::Always;
  stage.profile.tap.ids_per_list = 50;
  stage.tap.uploads_refused = true;
  stage.make_harvest_of("r", ids_from(1000, 400), 300, {"a.b"}, kRows);
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("r", "finished"));
  const auto status = stage.status("r");
  EXPECT_EQ(status.delivered, 400u);
  EXPECT_EQ(status.chunks_blocked, 0u);
  EXPECT_LE(stage.tap.uploads, 2);
  EXPECT_EQ(stage.tap.syncs - stage.tap.uploads, 8);
}

TEST(RowsHarvest, AWrongQueryBlocksWithTheArchivesWordsAfterOneChunk) {
  Stage stage;
  stage.profile.manners.in_flight_most = 1;
  stage.make_harvest_of("r", ids_from(1000, 4000), 10, {"a.wrong"},
                        "kind: rows\nrelease: Gaia DR3\nsources: {file: ids.txt}\ntables: [a.wrong]\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("r", "blocked"));
  EXPECT_LE(stage.tap.syncs, 5);
  EXPECT_NE(stage.status("r").waiting_for.find("Cannot parse query"), std::string::npos);
  EXPECT_EQ(stage.status("r").absent, 0u);
}

struct QueryCase {
  const char* name;
  const char* keys;
  std::size_t job_rows_most;
};

class QueryHarvest : public ::testing::TestWithParam<QueryCase> {};

TEST_P(QueryHarvest, BringsEveryRowOfTheTableOnce) {
  Stage stage;
  stage.tap.rows_of_value = [](std::int64_t value) { return value % 100 < 30 ? 0 : static_cast<int>(value % 5); };
  stage.tap.null_rows = 7;
  stage.tap.job_rows_most = GetParam().job_rows_most;
  stage.make_harvest_of("q", ids_from(1, 11), 1, {"result"}, kQuery + GetParam().keys);
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("q", "finished"));
  std::size_t expected = 7;
  for (std::int64_t value = 0; value <= 999; ++value)
    expected += static_cast<std::size_t>(stage.tap.rows_of_value(value));
  const auto rows = rows_on_disk(stage, "q");
  EXPECT_EQ(rows.size(), expected);
  for (const auto& [row, times] : rows) EXPECT_EQ(times, 1) << row;
  stage.loop.run_for(1min);  // the count's job goes when the end is recorded
  for (const auto& [url, job] : stage.tap.jobs) {
    EXPECT_EQ(job.runs, 1);
    EXPECT_TRUE(job.gone) << url << " stays at the archive";
  }
  EXPECT_EQ(stage.status("q").delivered, 11u);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, QueryHarvest,
    ::testing::Values(QueryCase{"whole", "partition: {column: n, from: 0, to: 999, parts: 10}\n", 100'000},
                      QueryCase{"halved", "partition: {column: n, from: 0, to: 999, parts: 10}\n", 20},
                      QueryCase{"counted", "partition: {column: n, from: 0, to: 999, parts: 10}\ncount: true\n", 20}),
    [](const auto& instance) { return std::string(instance.param.name); });

// With the count of the whole, which is a job, too, whose answer is nowhere written down before the harvest's end is.
TEST(QueryHarvest, AJobIsAdoptedAfterACrashNotRunTwice) {
  for (std::uint64_t step = 0; step < 100; ++step) {
    Stage stage;
    stage.make_harvest_of(
        "q", ids_from(1, 4), 1, {"result"},
        kQuery + "partition: {column: n, from: 1, to: 300, parts: 3}\n" + (step % 2 == 0 ? "" : "count: true\n"));
    stage.start_engine();
    stage.disk.power.cut_after(step / 2);
    (void)stage.loop.run_until(
        [&, end = stage.loop.now() + 2h] { return stage.disk.power.is_cut() || stage.loop.now() > end; });
    stage.kill_engine();
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("q", "finished"));
    const auto rows = rows_on_disk(stage, "q");
    EXPECT_EQ(rows.size(), 300u);
    std::map<std::string, int> runs;  // by query
    for (const auto& [url, job] : stage.tap.jobs) runs[job.question.adql] += job.runs;
    for (const auto& [adql, times] : runs) EXPECT_EQ(times, 1) << "step " << step << ": " << adql;
    stage.loop.run_for(1min);
    for (const auto& [url, job] : stage.tap.jobs)
      EXPECT_TRUE(job.gone || job.runs == 0) << "step " << step << ": " << url << " stays at the archive";
  }
}

TEST(QueryHarvest, LeavesNoJobBehindWhenItIsCancelledOrRemoved) {
  for (const bool removed : {false, true}) {
    Stage stage;
    stage.tap.job_time = 10h;
    stage.make_harvest_of("q", ids_from(1, 4), 1, {"result"},
                          kQuery + "partition: {column: n, from: 1, to: 300, parts: 3}\n");
    stage.start_engine();
    stage.loop.run_for(10min);
    ASSERT_FALSE(stage.tap.jobs.empty());
    if (removed)
      ASSERT_TRUE(stage.await(stage.engine->remove("q")));
    else
      ASSERT_TRUE(stage.await(stage.engine->cancel("q", "ada")));
    stage.loop.run_for(1min);
    for (const auto& [url, job] : stage.tap.jobs) EXPECT_TRUE(job.gone) << url << " stays at the archive";
  }
}

TEST(QueryHarvest, TroubleWhileAJobRunsSaysNothingOfTheJob) {
  Stage stage;
  int answers = 0;
  stage.tap.weather = [&]() -> std::optional<Error> {
    return ++answers % 3 == 0 ? std::nullopt : std::optional(Error{Kind::Transient, "the network", std::nullopt});
  };
  stage.make_harvest_of("q", ids_from(1, 4), 1, {"result"},
                        kQuery + "partition: {column: n, from: 1, to: 300, parts: 3}\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("q", "finished"));
  EXPECT_EQ(stage.tap.jobs.size(), 4u) << "each part is run once";
  EXPECT_EQ(rows_on_disk(stage, "q").size(), 300u);
}

TEST(QueryHarvest, APartThatItsCountCallsTooLargeIsHalvedBeforeAJobRuns) {
  Stage stage;
  stage.tap.job_rows_most = stage.profile.tap.job_rows_most = 20;
  stage.make_harvest_of("q", ids_from(1, 3), 1, {"result"},
                        kQuery + "partition: {column: n, from: 1, to: 200, parts: 2}\ncount: true\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("q", "finished"));
  EXPECT_EQ(rows_on_disk(stage, "q").size(), 200u);
  EXPECT_EQ(stage.tap.cuts, 0);
}

// Its job was stopped by somebody, or ran out of its time because the archive was slow.
TEST(QueryHarvest, APartThatCanNotBeSmallerIsAskedAgainBeforeItIsHopeless) {
  Stage stage;
  int answers = 0;
  stage.tap.weather = [&]() -> std::optional<Error> {
    return ++answers <= 4 ? std::optional(Error{Kind::TooLarge, "aborted", std::nullopt}) : std::nullopt;
  };
  stage.make_harvest_of("q", ids_from(1, 2), 1, {"result"},
                        kQuery + "partition: {column: n, from: 1, to: 1, parts: 1}\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("q", "finished"));
  stage.tap.weather = [] { return std::optional(Error{Kind::TooLarge, "aborted", std::nullopt}); };
  stage.make_harvest_of("never", ids_from(1, 2), 1, {"result"},
                        kQuery + "partition: {column: n, from: 1, to: 1, parts: 1}\n");
  stage.kill_engine();
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("never", "blocked"));
  EXPECT_EQ(stage.status("never").pending, 2u);
}

TEST(QueryHarvest, RowsThatDoNotMatchTheirCountAreNotTaken) {
  Stage stage;
  stage.profile.manners.attempts_most = 2;
  stage.tap.count_lies_by = 1;
  stage.make_harvest_of("q", ids_from(1, 3), 1, {"result"},
                        kQuery + "partition: {column: n, from: 1, to: 20, parts: 2}\ncount: true\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("q", "blocked"));
  EXPECT_EQ(stage.status("q").delivered, 0u);
  EXPECT_EQ(stage.status("q").pending, 3u);
  EXPECT_NE(stage.status("q").waiting_for.find("COUNT(*)"), std::string::npos);
}

const std::string kByQuery =
    "kind: rows\nrelease: Gaia DR3\nsources: {adql: SELECT row_id FROM a.b, column: row_id}\ntables: [a.b]\n";

TEST(SourcesByQuery, BecomeTheHarvestOnceTheWholeAnswerIsIn) {
  Stage stage;
  stage.tap.rows_of_value = [](std::int64_t) { return 0; };
  stage.tap.null_rows = 0;
  stage.make_harvest_of("s", {}, 100, {"a.b"},
                        "kind: rows\nrelease: Gaia DR3\nsources: {adql: 'SELECT source_id FROM a.b WHERE source_id IN "
                        "(5,6,7,8)'}\ntables: [a.b]\n");
  stage.start_engine();
  EXPECT_EQ(stage.status("s").state, "ingesting");
  ASSERT_TRUE(stage.run_until_state("s", "finished"));
  EXPECT_EQ(stage.status("s").sources, 4u);
  EXPECT_EQ(stage.status("s").delivered, 4u);
  for (const auto& [url, job] : stage.tap.jobs) EXPECT_TRUE(job.gone);
}

TEST(SourcesByQuery, AnAnswerThatCanNotBeCutIsRefusedWithWords) {
  Stage stage;
  stage.tap.job_rows_most = 3;
  stage.make_harvest_of("s", {}, 100, {"a.b"},
                        "kind: rows\nrelease: Gaia DR3\nsources: {adql: 'SELECT TOP 10 source_id FROM a.b WHERE "
                        "source_id IN (5,6,7,8)'}\ntables: [a.b]\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("s", "blocked"));
  const auto words = stage.status("s").waiting_for;
  EXPECT_NE(words.find("OVERFLOW"), std::string::npos) << words;
  EXPECT_NE(words.find("TOP"), std::string::npos) << words;
  EXPECT_EQ(stage.status("s").sources, 0u);
}

TEST(SourcesByQuery, SurviveVerbsAndCrashes) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    const auto pick = [&](std::uint64_t most) { return random() % (most + 1); };
    Stage stage(seed);
    stage.tap.weather = [&]() -> std::optional<Error> {
      return pick(3) == 0 ? std::optional(Error{Kind::Overloaded, "weather", std::nullopt}) : std::nullopt;
    };
    stage.make_harvest_of("s", {}, 2, {"a.b"},
                          "kind: rows\nrelease: Gaia DR3\nsources: {adql: 'SELECT source_id FROM a.b WHERE source_id "
                          "IN (5,6,7,8,9)'}\ntables: [a.b]\n");
    stage.start_engine();
    for (int i = 0; i < 5; ++i) {
      stage.loop.run_for(std::chrono::seconds(pick(600)));
      switch (pick(3)) {
        case 0:
          stage.fire(stage.engine->pause("s", "ada"));
          stage.loop.run_for(std::chrono::seconds(pick(30)));
          stage.fire(stage.engine->resume("s"));
          break;
        case 1:
          stage.disk.power.cut_after(pick(4));
          (void)stage.loop.run_until(
              [&, end = stage.loop.now() + 30min] { return stage.disk.power.is_cut() || stage.loop.now() > end; });
          stage.kill_engine();
          stage.start_engine();
          break;
        default:
          break;
      }
    }
    (void)stage.await(stage.engine->resume("s"));
    ASSERT_TRUE(stage.run_until_state("s", "finished")) << "seed " << seed << ": " << stage.status("s").waiting_for;
    EXPECT_EQ(stage.status("s").delivered, 5u);
    EXPECT_EQ(stage.ledger.harvests()->size(), 1u);
  }
}

// Each sorts in memory of its own.
TEST(SourcesByQuery, AreAskedForAFewHarvestsAtATime) {
  Stage stage;
  for (int i = 0; i < 5; ++i)
    stage.make_harvest_of(
        "s" + std::to_string(i), {}, 100, {"a.b"},
        "kind: rows\nrelease: Gaia DR3\nsources: {adql: 'SELECT source_id FROM a.b WHERE source_id IN "
        "(5,6,7,8)'}\ntables: [a.b]\n");
  stage.start_engine();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(stage.run_until_state("s" + std::to_string(i), "finished"));
  EXPECT_EQ(stage.tap.highest_running, 2);
  EXPECT_EQ(stage.tap.jobs.size(), 5u);
}

TEST(SourcesByQuery, CancelAndRemoveEndTheQuestion) {
  Stage stage;
  stage.make_harvest_of("s", {}, 100, {"a.b"}, kByQuery);
  stage.make_harvest_of("t", {}, 100, {"a.b"}, kByQuery);
  stage.start_engine();
  stage.loop.run_for(30s);
  ASSERT_TRUE(stage.await(stage.engine->cancel("s", "ada")));
  EXPECT_EQ(stage.status("s").state, "cancelled");
  ASSERT_TRUE(stage.await(stage.engine->remove("t")));
  stage.loop.run_for(24h);
  EXPECT_EQ(stage.status("s").state, "cancelled");
  EXPECT_FALSE(stage.engine->find("t"));
}

TEST(Prefilter, HopelessSourcesCostNoRequestForProducts) {
  Stage stage;
  stage.profile.releases = {{"Gaia DR3", {{"RVS", 20'000, 1 << 20, "has_it"}}, "gaiadr3.gaia_source"}};
  stage.tap.flag_of = [](std::uint64_t id) { return id % 4 == 0; };
  for (std::uint64_t id = 1000; id < 1100; ++id) {
    if (id % 4 != 0) stage.truth.missing.insert({"RVS", SourceId{id}});
  }
  stage.make_harvest_of("p", ids_from(1000, 100), 50, {"RVS"},
                        "release: Gaia DR3\nsources: {file: ids.txt}\nretrieval_types: [RVS]\nprefilter: true\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("p", "finished")) << stage.status("p").waiting_for;
  EXPECT_EQ(stage.status("p").delivered, 25u);
  EXPECT_EQ(stage.status("p").absent, 75u);
  for (const auto& [key, times] : stage.truth.asked) EXPECT_EQ(key.second.value % 4, 0u);
}

TEST(Prefilter, TroubleWithTheQuestionMakesNothingAbsent) {
  Stage stage;
  stage.profile.releases = {{"Gaia DR3", {{"RVS", 20'000, 1 << 20, "has_wrong"}}, "gaiadr3.gaia_source"}};
  stage.make_harvest_of("p", ids_from(1000, 100), 50, {"RVS"},
                        "release: Gaia DR3\nsources: {file: ids.txt}\nretrieval_types: [RVS]\nprefilter: true\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("p", "blocked"));
  EXPECT_EQ(stage.status("p").absent, 0u);
  EXPECT_TRUE(stage.truth.asked.empty());
}

// Weather, power cuts and restarts over both kinds: every row once, nothing absent that is there.
TEST(TapNights, EndWithATrueAccount) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    const auto pick = [&](std::uint64_t least, std::uint64_t most) { return least + random() % (most - least + 1); };
    Stage stage(seed);
    stage.profile.manners.in_flight_most = static_cast<std::uint32_t>(pick(1, 4));
    stage.profile.manners.attempts_most = 1000;
    stage.profile.tap.sync_rows_most = stage.tap.sync_rows_most = pick(10, 200);
    stage.tap.job_rows_most = pick(10, 400);
    if (pick(0, 1) == 0) stage.profile.tap.uploads = archive::TapFacts::Uploads::Always;
    stage.profile.tap.ids_per_list = static_cast<std::uint32_t>(pick(5, 100));
    if (pick(0, 2) == 0) stage.workers.jitter = std::chrono::milliseconds(pick(1, 2000));
    stage.tap.rows_of_source = [](std::uint64_t id) { return static_cast<int>(id * 7919 % 5); };
    stage.tap.rows_of_value = [](std::int64_t value) { return static_cast<int>(value * 7919 % 3); };
    stage.tap.null_rows = static_cast<int>(pick(0, 9));
    const auto calm = stage.loop.now() + std::chrono::minutes(pick(0, 300));
    stage.tap.weather = [&]() -> std::optional<Error> {
      if (stage.loop.now() >= calm || pick(0, 3) != 0) return std::nullopt;
      static constexpr Kind kKinds[] = {Kind::Transient, Kind::Overloaded, Kind::Maintenance, Kind::Corrupt,
                                        Kind::TooLarge};
      return Error{kKinds[pick(0, 4)], "weather", std::nullopt};
    };
    const std::size_t sources = pick(1, 400);
    const auto rows_record =
        stage.make_harvest_of("r", ids_from(1000, sources), static_cast<std::uint32_t>(pick(5, 150)), {"a.b"}, kRows);
    stage.make_harvest_of("q", ids_from(1, 6), 1, {"result"},
                          kQuery + "partition: {column: n, from: 1, to: 200, parts: 5}\n");
    stage.start_engine();
    for (std::uint64_t crashes = pick(0, 4); crashes > 0; --crashes) {
      stage.loop.run_for(std::chrono::seconds(pick(1, 3000)));
      stage.disk.power.cut_after(pick(0, 30));
      (void)stage.loop.run_until(
          [&, end = stage.loop.now() + 30min] { return stage.disk.power.is_cut() || stage.loop.now() > end; });
      stage.kill_engine();
      stage.start_engine();
    }
    // The morning: what was bad too often in the weather is set going again.
    stage.loop.run_for(48h);
    for (const char* name : {"r", "q"}) {
      (void)stage.await(stage.engine->retry(name, Outcome::Pending));
      ASSERT_TRUE(stage.run_until_state(name, "finished")) << "seed " << seed << ": " << stage.status(name).waiting_for;
    }
    const auto rows = rows_on_disk(stage, "r");
    for (std::uint64_t id = 1000; id < 1000 + sources; ++id) {
      const auto found = rows.find(id);
      EXPECT_EQ(found == rows.end() ? 0 : found->second, stage.tap.rows_of_source(id) > 0 ? 1 : 0) << id;
    }
    std::size_t expected = static_cast<std::size_t>(stage.tap.null_rows);
    for (std::int64_t value = 1; value <= 200; ++value)
      expected += static_cast<std::size_t>(stage.tap.rows_of_value(value));
    const auto result = rows_on_disk(stage, "q");
    EXPECT_EQ(result.size(), expected);
    for (const auto& [row, times] : result) EXPECT_EQ(times, 1) << row;
    for (const auto& [url, job] : stage.tap.jobs) EXPECT_LE(job.runs, 1);
    EXPECT_LE(stage.people.highest, static_cast<int>(stage.profile.manners.in_flight_most));
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(SourcesByQuery, AResumeGivesTheQuestionAllItsAttemptsAgain) {
  Stage stage;
  stage.make_harvest_of("s", {}, 100, {"a.b"},
                        "kind: rows\nrelease: Gaia DR3\nsources: {adql: 'SELECT source_id FROM a.b WHERE source_id IN "
                        "(5,6,7,8)'}\ntables: [a.b]\n");
  int questions = 0;
  stage.tap.weather = [&]() -> std::optional<Error> {
    ++questions;
    return Error{Kind::Suspect, "null", std::nullopt};
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("s", "blocked"));
  const int before = std::exchange(questions, 0);
  EXPECT_GT(before, 1);
  ASSERT_TRUE(stage.await(stage.engine->resume("s")));
  ASSERT_TRUE(stage.run_until_state("s", "blocked"));
  EXPECT_EQ(questions, before);
}

}  // namespace
}  // namespace garner::testing
