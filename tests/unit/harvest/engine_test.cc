#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using ledger::Outcome;

Error trouble(Kind kind, const char* words = "made up") {
  return {kind, words, std::nullopt};
}

TEST(Engine, AccountsForEverySourceOfAQuietNight) {
  Stage stage;
  stage.make_harvest("quiet", 1050, 100);
  for (std::uint64_t i = 0; i < 1050; i += 7) stage.truth.missing.insert({"RVS", SourceId{1000 + i}});
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("quiet", "finished"));
  const auto status = stage.status("quiet");
  EXPECT_EQ(status.requested, 2100u);
  EXPECT_EQ(status.absent, 150u);
  EXPECT_EQ(status.delivered, 1950u);
  EXPECT_EQ(status.pending, 0u);
  EXPECT_EQ(stage.archive->requests, 22 + 2) << "150 came back empty, and are asked for once more by the hundred";
  EXPECT_EQ(stage.indexes_written, 1);
}

TEST(Engine, KeepsToTheArchivesCeiling) {
  Stage stage;
  stage.profile.manners.in_flight_most = 3;
  stage.make_harvest("a", 3000, 100);
  stage.make_harvest("b", 3000, 100);
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("a", "finished"));
  ASSERT_TRUE(stage.run_until_state("b", "finished"));
  EXPECT_EQ(stage.archive->highest, 3);
}

TEST(Engine, FillsEveryPlaceWhileThereIsWork) {
  Stage stage;
  stage.make_harvest("full", 8000, 100, {"RVS"});
  stage.start_engine();
  const SteadyTime begin = stage.loop.now();
  ASSERT_TRUE(stage.run_until_state("full", "finished"));
  EXPECT_EQ(stage.loop.now() - begin, 20s) << "80 requests of 1 s, 4 at a time";
}

TEST(Engine, IsFairBetweenHarvests) {
  Stage stage;
  stage.make_harvest("long", 100'000, 100, {"RVS"});
  stage.make_harvest("short", 400, 100, {"RVS"});
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("short", "finished", 10s));
  EXPECT_LE(stage.status("long").chunks_done, 12u);
}

TEST(Engine, NeverAsksAgainForWhatARestartFindsDelivered) {
  Stage stage;
  stage.make_harvest("restart", 5000, 100, {"RVS"});
  stage.start_engine();
  stage.loop.run_until([&] { return stage.status("restart").chunks_done >= 20; });
  stage.end_engine();
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("restart", "finished"));
  for (const auto& [key, times] : stage.truth.asked) EXPECT_EQ(times, 1) << key.second.value;
}

// The culprit is somewhere among 500; every set that is asked holds it or not.
TEST(Engine, FindsOnePoisonSourceAmongFiveHundredInFewRequests) {
  for (const std::uint64_t poison : {1000u, 1001u, 1249u, 1250u, 1377u, 1498u, 1499u}) {
    Stage stage;
    std::set<std::vector<SourceId>> sets;
    stage.make_harvest("poison", 1500, 500, {"RVS"});
    stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
      if (request.ids.front().value < 1500) sets.insert(request.ids);
      const bool holds = std::ranges::find(request.ids, SourceId{poison}) != request.ids.end();
      return holds ? std::optional(trouble(Kind::Suspect, "500 \"null\"")) : std::nullopt;
    };
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("poison", "finished")) << poison;
    const auto status = stage.status("poison");
    EXPECT_EQ(status.delivered, 1499u);
    EXPECT_EQ(status.failed, 1u);
    EXPECT_EQ(status.absent, 0u);
    EXPECT_LE(sets.size(), 18u) << poison << ": requests, repeats not counted";
    const auto run = stage.engine->find("poison");
    const auto record = *stage.ledger.chunk({run->record().no, 0, 0});
    ASSERT_EQ(record.failures.size(), 1u);
    EXPECT_EQ(record.failures.begin()->first, poison - 1000);
    EXPECT_NE(record.failures.begin()->second.find("500 \"null\""), std::string::npos);
  }
}

TEST(Engine, FindsEveryPoisonSourceOfAChunk) {
  Stage stage;
  const std::set<std::uint64_t> poison{1003, 1004, 1050, 1099};
  stage.make_harvest("poison", 300, 100, {"RVS"});
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    const bool holds = std::ranges::any_of(request.ids, [&](SourceId id) { return poison.contains(id.value); });
    return holds ? std::optional(trouble(Kind::Corrupt, "cut")) : std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("poison", "finished"));
  EXPECT_EQ(stage.status("poison").delivered, 296u);
  EXPECT_EQ(stage.status("poison").failed, 4u);
}

// Who is asked alone is no culprit where nothing else passes either.
TEST(Engine, GivesUpNoSourceWhereNothingPasses) {
  Stage stage;
  stage.make_harvest("alone", 8, 100, {"RVS"});
  stage.weather = [](const archive::ChunkRequest&) { return trouble(Kind::Suspect, "500 \"null\""); };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("alone", "blocked"));
  const auto status = stage.status("alone");
  EXPECT_EQ(status.pending, 8u);
  EXPECT_EQ(status.failed, 0u);
  EXPECT_NE(status.waiting_for.find("500 \"null\""), std::string::npos) << status.waiting_for;
  EXPECT_GT(stage.truth.asked[(Truth::Key{"RVS", SourceId{42}})], 0) << "a source that is known to be there";

  stage.end_engine();
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("alone", "blocked")) << "a restart does not forget";
  EXPECT_EQ(stage.archive->requests, 0);

  stage.weather = [](const archive::ChunkRequest&) { return std::nullopt; };
  const auto reopened = stage.await(stage.engine->retry("alone", Outcome::Pending));
  ASSERT_TRUE(reopened);
  EXPECT_EQ(*reopened, 8u);
  ASSERT_TRUE(stage.run_until_state("alone", "finished"));
  EXPECT_EQ(stage.status("alone").delivered, 8u);
}

// The last bad answer must have come after the archive was well for others.
TEST(Engine, GivesUpNoSourceForBadAnswersFromBeforeTheArchiveWasWell) {
  Stage stage;
  stage.make_harvest("alone", 1, 100, {"RVS"});
  std::uint32_t bad = stage.profile.manners.attempts_most + 1;  // the first attempt asks in both spellings
  stage.weather = [&bad](const archive::ChunkRequest& request) -> std::optional<Error> {
    const bool is_bad = request.ids.front().value == 1000 && bad > 0;
    if (is_bad) --bad;
    return is_bad ? std::optional(trouble(Kind::Suspect, "500 \"null\"")) : std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("alone", "finished"));
  EXPECT_EQ(stage.status("alone").delivered, 1u);
}

// Hours in which every answer is "null": the archive's trouble, whatever it says.
TEST(Engine, BlamesTheArchiveWhereAllChunksFailAlike) {
  Stage stage;
  const auto until = stage.loop.now() + 5h;
  stage.make_harvest("dark", 2000, 100, {"RVS"});
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    return stage.loop.now() < until ? std::optional(trouble(Kind::Suspect, "null")) : std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("dark", "finished"));
  EXPECT_EQ(stage.status("dark").delivered, 2000u);
}

TEST(Engine, WaitsOutALongOutageWithoutCountingItAgainstAnyChunk) {
  Stage stage;
  stage.make_harvest("outage", 2000, 100, {"RVS"});
  const SteadyTime back = stage.loop.now() + 30h;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    if (stage.loop.now() < back) return trouble(Kind::Maintenance, "Archive down for maintenance");
    return std::nullopt;
  };
  stage.start_engine();
  stage.loop.run_for(10h);
  const auto status = stage.status("outage");
  EXPECT_EQ(status.state, "waiting");
  EXPECT_NE(status.waiting_for.find("Archive down for maintenance"), std::string::npos) << status.waiting_for;
  EXPECT_LT(stage.archive->requests, 400) << "one probe at a time, minutes apart";
  ASSERT_TRUE(stage.run_until_state("outage", "finished"));
  for (std::uint32_t block = 0; block < 20; ++block) EXPECT_EQ(stage.ledger.chunk({1, 0, block})->attempts, 0u);
}

TEST(Engine, BlocksTheRetrievalTypeThatTheArchiveCallsWrongAndFinishesTheOther) {
  Stage stage;
  stage.make_harvest("wrong", 1000, 100);
  stage.weather = [](const archive::ChunkRequest& request) -> std::optional<Error> {
    if (request.retrieval_type == "RVS") return trouble(Kind::Unsupported, "Unknown retrieval type: 'RVS'");
    return std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("wrong", "blocked"));
  const auto status = stage.status("wrong");
  EXPECT_EQ(status.types[0].pending, 1000u);
  EXPECT_NE(status.types[0].blocked.find("Unknown retrieval type"), std::string::npos);
  EXPECT_EQ(status.types[1].delivered, 1000u);
}

TEST(Engine, TriesTheOtherSpellingOfDataStructureOnceAndKeepsWhatWorks) {
  Stage stage;
  stage.make_harvest("spelling", 1000, 100, {"RVS"});
  stage.weather = [](const archive::ChunkRequest& request) -> std::optional<Error> {
    if (request.structure_spelling == "INDIVIDUAL") return trouble(Kind::Unsupported, "Unknown data structure");
    return std::nullopt;
  };
  stage.profile.manners.in_flight_most = 1;
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("spelling", "finished"));
  EXPECT_EQ(stage.archive->requests, 11);
  EXPECT_EQ((*stage.ledger.harvests())[0].data_structure, "DATAMODEL_STANDARD");
}

TEST(Engine, PausesResumesAndCancels) {
  Stage stage;
  stage.make_harvest("verbs", 10'000, 100, {"RVS"});
  stage.start_engine();
  stage.loop.run_until([&] { return stage.status("verbs").chunks_done >= 8; });
  ASSERT_TRUE(stage.await(stage.engine->pause("verbs", "ada")));
  stage.loop.run_for(1h);
  const auto paused = stage.status("verbs");
  EXPECT_EQ(paused.state, "paused");
  EXPECT_NE(paused.waiting_for.find("ada"), std::string::npos);
  EXPECT_LE(paused.chunks_done, 12u) << "what was in flight settles, nothing new starts";
  EXPECT_EQ(paused.chunks_in_flight, 0u);
  ASSERT_TRUE(stage.await(stage.engine->resume("verbs")));
  stage.loop.run_until([&] { return stage.status("verbs").chunks_done >= 20; });
  const auto cancelled = stage.await(stage.engine->cancel("verbs", "ada"));
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->state, "cancelled");
  EXPECT_FALSE(stage.await(stage.engine->resume("verbs")));
  ASSERT_TRUE(stage.await(stage.engine->remove("verbs")));
  EXPECT_FALSE(stage.engine->status("verbs"));
  EXPECT_TRUE(stage.ledger.harvests()->empty());
}

TEST(Engine, AsksAgainForAbsentSourcesOnRetryAndOnlyForThose) {
  Stage stage;
  stage.make_harvest("absent", 500, 100, {"RVS"});
  for (std::uint64_t id = 1000; id < 1050; ++id) stage.truth.missing.insert({"RVS", SourceId{id}});
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("absent", "finished"));
  EXPECT_EQ(stage.status("absent").absent, 50u);
  stage.truth.missing.clear();
  ASSERT_EQ(stage.await(stage.engine->retry("absent", Outcome::Absent)).value_or(0), 50u);
  ASSERT_TRUE(stage.run_until_state("absent", "finished"));
  EXPECT_EQ(stage.status("absent").delivered, 500u);
  EXPECT_EQ(stage.truth.asked[(Truth::Key{"RVS", SourceId{1020}})], 3) << "twice before it was absent";
  EXPECT_EQ(stage.truth.asked[(Truth::Key{"RVS", SourceId{1060}})], 1) << "delivered before, in the same chunk";
  const auto record = *stage.ledger.chunk({1, 0, 0});
  ASSERT_EQ(record.packs.size(), 2u);
  EXPECT_EQ(record.packs[1].generation, 1u);
  EXPECT_EQ(record.pack_of[0], 1u);
  EXPECT_EQ(record.pack_of[60], 0u);
}

TEST(Engine, HoldsAHarvestWhileTheLedgerCannotWrite) {
  Stage stage;
  stage.make_harvest("full", 1000, 100, {"RVS"});
  bool full = true;
  stage.ledger.fail_settles_when([&] { return full; });
  stage.start_engine();
  stage.loop.run_for(10min);
  auto status = stage.status("full");
  EXPECT_EQ(status.state, "waiting");
  EXPECT_NE(status.waiting_for.find("no space left"), std::string::npos) << status.waiting_for;
  EXPECT_EQ(status.delivered, 0u);
  full = false;
  ASSERT_TRUE(stage.run_until_state("full", "finished"));
  EXPECT_EQ(stage.status("full").delivered, 1000u);
}

TEST(Engine, SaysWhyAHarvestWithoutItsDirectoryDoesNotRun) {
  Stage stage;
  stage.make_harvest("gone", 100, 100, {"RVS"});
  stage.prepare = [] { return Result<void>(fail(Kind::Internal, "/out/gone: Read-only file system")); };
  stage.start_engine();
  stage.loop.run_for(1min);
  EXPECT_EQ(stage.status("gone").state, "blocked");
  EXPECT_NE(stage.status("gone").waiting_for.find("Read-only"), std::string::npos);
}

TEST(Engine, HasTilesMergedAsChunksAreDoneAndTheRestBeforeItFinishes) {
  Stage stage;
  stage.make_harvest("tables", 950, 100, {"RVS", "XP_SAMPLED"}, "table");
  stage.make_harvest("zips", 950, 100);
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("tables", "finished"));
  ASSERT_TRUE(stage.run_until_state("zips", "finished"));
  std::ranges::sort(stage.tiles.done);
  std::vector<harvest::ChunkClaim> every;
  for (std::uint16_t type = 0; type < 2; ++type) {
    for (std::uint32_t block = 0; block < 10; ++block) every.push_back({type, block});
  }
  EXPECT_EQ(stage.tiles.done, every);
  EXPECT_EQ(stage.tiles.caught_up, 1);
  EXPECT_EQ(stage.tiles.made, 1);
}

TEST(Engine, BlocksAHarvestWhoseTilesCannotBeMergedAndFinishesItWhenTheyCan) {
  Stage stage;
  stage.make_harvest("tables", 300, 100, {"RVS"}, "table");
  stage.tiles.trouble = [] { return fail(Kind::Corrupt, "1 of 12 tiles can't be merged"); };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("tables", "blocked"));
  EXPECT_EQ(stage.indexes_written, 1) << "of those that could be merged";
  stage.loop.run_for(10h);
  EXPECT_EQ(stage.indexes_written, 1) << "nothing is tried again by itself";
  EXPECT_NE(stage.status("tables").waiting_for.find("merging tables: 1 of 12 tiles can't be merged"), std::string::npos)
      << stage.status("tables").waiting_for;
  stage.tiles.trouble = [] { return Result<void>(); };
  const int made = stage.tiles.made;
  ASSERT_TRUE(stage.await(stage.engine->resume("tables")));
  ASSERT_TRUE(stage.run_until_state("tables", "finished"));
  EXPECT_EQ(stage.tiles.made, made + 1) << "an operator's resume looks at everything anew";
}

// Whoever writes the index of millions of packs anew each minute because of one that is damaged reads all night.
TEST(Engine, WritesTheIndexesOnceWherePacksAreDamagedAndWaitsForAnOperator) {
  Stage stage;
  stage.make_harvest("rvs", 1000, 100, {"RVS"});
  stage.damaged_packs = {2, "RVS/0000/RVS-0000001.zip: sha256 differs"};
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("rvs", "blocked"));
  EXPECT_EQ(stage.indexes_written, 1);
  stage.loop.run_for(10h);
  EXPECT_EQ(stage.indexes_written, 1);
  EXPECT_EQ(stage.status("rvs").delivered, 1000u);
  const std::string why = stage.status("rvs").waiting_for;
  EXPECT_NE(why.find("leave out 2 damaged or missing packs, the first: RVS/0000/RVS-0000001.zip"), std::string::npos)
      << why;
  EXPECT_NE(why.find("garner verify rvs --repair"), std::string::npos) << why;

  ASSERT_TRUE(stage.await(stage.engine->resume("rvs")));
  ASSERT_TRUE(stage.run_until_state("rvs", "blocked"));
  EXPECT_EQ(stage.indexes_written, 2) << "once for each time that somebody asks";
  stage.damaged_packs = {};
  ASSERT_TRUE(stage.await(stage.engine->retry("rvs", ledger::Outcome::Failed)));
  ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
  EXPECT_EQ(stage.indexes_written, 3);
}

// What is damaged keeps nothing else from being fetched.
TEST(Engine, GoesOnWithAPausedHarvestWhosePacksAreDamaged) {
  Stage stage;
  stage.make_harvest("rvs", 1000, 100, {"RVS"});
  stage.damaged_packs = {1, "RVS/0000/RVS-0000001.zip is missing"};
  stage.start_engine();
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.status("rvs").delivered >= 200; }));
  ASSERT_TRUE(stage.await(stage.engine->pause("rvs", "joe")));
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.indexes_written == 1; }));
  ASSERT_TRUE(stage.await(stage.engine->resume("rvs")));
  ASSERT_TRUE(stage.run_until_state("rvs", "blocked"));
  EXPECT_EQ(stage.status("rvs").delivered, 1000u);
}

TEST(Engine, DoesNotFinishAHarvestWhoseMergeWasStopped) {
  Stage stage;
  stage.make_harvest("tables", 300, 100, {"RVS"}, "table");
  stage.start_engine();
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.tiles.done.size() == 2; }));
  stage.tiles.trouble = [] { return fail(Kind::Cancelled, "stopped"); };
  stage.loop.run_until([&] { return stage.tiles.caught_up > 0; });
  EXPECT_NE(stage.status("tables").state, "finished");
  stage.end_engine();
  stage.tiles.trouble = [] { return Result<void>(); };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("tables", "finished"));
  EXPECT_EQ(stage.tiles.made, 2);
}

TEST(Engine, ARetryLooksAtTheTilesAnew) {
  Stage stage;
  stage.make_harvest("tables", 300, 100, {"RVS"}, "table");
  stage.truth.missing.insert({"RVS", SourceId{1005}});
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("tables", "finished"));
  stage.truth.missing.clear();
  const auto reopened = stage.await(stage.engine->retry("tables", Outcome::Absent));
  ASSERT_TRUE(reopened);
  EXPECT_EQ(*reopened, 1u);
  ASSERT_TRUE(stage.run_until_state("tables", "finished"));
  EXPECT_EQ(stage.tiles.made, 2);
  EXPECT_EQ(stage.tiles.caught_up, 2);
}

}  // namespace
}  // namespace garner::testing
