// Faults that once left a harvest still, or its account untrue.
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using ledger::Outcome;

Error trouble(Kind kind, const char* words = "made up") {
  return {kind, words, std::nullopt};
}

TEST(EngineFaults, WritesTheIndexesOnceTheDiskHasRoomAgain) {
  Stage stage;
  stage.make_harvest("full", 400, 100, {"RVS"});
  stage.start_engine();
  const SteadyTime from = stage.loop.now() + 500ms, to = from + 20min;
  std::uint64_t settled = 0;
  stage.disk.power.full = [&] {
    return settled >= 8 && stage.loop.now() < to;
  };  // after 4 publications and 4 settlements
  stage.ledger.fail_settles_when([&] { return ++settled, false; });
  stage.disk.publish_fault = [&]() -> std::optional<Error> { return ++settled, std::nullopt; };
  ASSERT_TRUE(stage.run_until_state("full", "waiting"));
  EXPECT_NE(stage.status("full").waiting_for.find("SHA256SUMS"), std::string::npos) << stage.status("full").waiting_for;
  ASSERT_TRUE(stage.run_until_state("full", "finished"));
  EXPECT_GE(stage.loop.now(), to);
}

TEST(EngineFaults, RecordsThatItIsFinishedOnceTheLedgerCanWriteAgain) {
  Stage stage;
  stage.make_harvest("full", 400, 100, {"RVS"});
  const SteadyTime to = stage.loop.now() + 20min;
  stage.ledger_door.fail_update = [&] { return stage.loop.now() < to; };
  stage.start_engine();
  stage.loop.run_for(10min);
  EXPECT_EQ(stage.status("full").state, "waiting");
  ASSERT_TRUE(stage.run_until_state("full", "finished"));
  EXPECT_EQ((*stage.ledger.harvests())[0].state, ledger::HarvestState::Finished);
}

TEST(EngineFaults, IndexesWhatSettlesWhileIndexesAreWritten) {
  Stage stage;
  stage.make_harvest("late", 400, 100, {"RVS"});
  stage.profile.manners.in_flight_most = 1;
  stage.start_engine();
  stage.loop.run_until([&] { return stage.status("late").chunks_done == 3; });
  ASSERT_TRUE(stage.await(stage.engine->pause("late", "ada")));
  stage.loop.run_until([&] { return !stage.engine->find("late")->in_hand(); });
  stage.engine->find("late")->indexes_stale = true;
  stage.workers.jitter = 30s;
  stage.fire(stage.engine->pause("late", "ada"));
  stage.fire(stage.engine->resume("late"));
  ASSERT_TRUE(stage.run_until_state("late", "finished"));
  EXPECT_EQ(stage.disk.indexes["/out/late"].size(), 4u);
}

TEST(EngineFaults, AsksNothingWhilePausedAlsoAfterAResumeThatWasNotNeeded) {
  Stage stage;
  stage.profile.manners.in_flight_most = 1;
  stage.make_harvest("twice", 2000, 100, {"RVS"});
  stage.start_engine();
  stage.loop.run_for(1500ms);
  ASSERT_TRUE(stage.await(stage.engine->resume("twice")));
  ASSERT_TRUE(stage.await(stage.engine->pause("twice", "ada")));
  const int requests = stage.archive->requests;
  stage.loop.run_for(1h);
  EXPECT_EQ(stage.archive->requests, requests);
  EXPECT_FALSE(stage.engine->find("twice")->in_hand());
}

TEST(EngineFaults, LearnsTheSpellingFromOneOfSeveralFirstAnswers) {
  Stage stage;
  stage.make_harvest("spelling", 1000, 100, {"RVS"});
  stage.weather = [](const archive::ChunkRequest& request) -> std::optional<Error> {
    if (request.structure_spelling == "INDIVIDUAL") return trouble(Kind::Unsupported, "Unknown data structure");
    return std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("spelling", "finished"));
  EXPECT_EQ(stage.archive->requests, 14) << "four found out together, one tried";
}

TEST(EngineFaults, TriesTheSpellingAgainAfterAnOutageInBetween) {
  Stage stage;
  stage.profile.manners.in_flight_most = 1;
  stage.make_harvest("spelling", 1000, 100, {"RVS"});
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    if (request.structure_spelling == "INDIVIDUAL") return trouble(Kind::Unsupported, "Unknown data structure");
    if (stage.archive->requests < 3) return trouble(Kind::Overloaded, "pool empty");
    return std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("spelling", "finished"));
}

TEST(EngineFaults, EndsCancelledWhenCancelledDuringARetry) {
  Stage stage;
  stage.workers.jitter = 100ms;
  stage.make_harvest("both", 2000, 100, {"RVS"});
  stage.start_engine();
  stage.loop.run_for(3s);
  stage.fire(stage.engine->retry("both", Outcome::Pending));
  const auto cancelled = stage.await(stage.engine->cancel("both", "ada"));
  ASSERT_TRUE(cancelled);
  stage.loop.run_for(1h);
  EXPECT_EQ(stage.status("both").state, "cancelled");
  EXPECT_TRUE(stage.loop.idle());
}

TEST(EngineFaults, SurvivesARetryAndARemovalAtOnce) {
  Stage stage;
  stage.workers.jitter = 100ms;
  stage.make_harvest("gone", 2000, 100, {"RVS"});
  stage.start_engine();
  stage.loop.run_for(3s);
  stage.fire(stage.engine->remove("gone"));
  const auto retried = stage.await(stage.engine->retry("gone", Outcome::Absent));
  ASSERT_FALSE(retried);
  EXPECT_EQ(retried.error().kind, Kind::NotFound);
  EXPECT_TRUE(stage.ledger.harvests()->empty());
}

TEST(EngineFaults, LeavesTheLastOfTwoVerbsInTheLedger) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Stage stage(seed);
    stage.workers.jitter = 500ms;
    stage.make_harvest("verbs", 2000, 100, {"RVS"});
    stage.start_engine();
    stage.loop.run_for(1s);
    stage.fire(stage.engine->pause("verbs", "ada"));
    ASSERT_TRUE(stage.await(stage.engine->resume("verbs")));
    stage.fire(stage.engine->resume("verbs"));
    ASSERT_TRUE(stage.await(stage.engine->pause("verbs", "ada")));
    stage.loop.run_for(1min);
    ASSERT_EQ((*stage.ledger.harvests())[0].state, ledger::HarvestState::Paused) << "seed " << seed;
  }
}

TEST(EngineFaults, GoesOnAfterARetryOfAFinishedHarvestThatACrashCutShort) {
  for (std::uint64_t step = 0; step < 12; ++step) {
    Stage stage;
    stage.make_harvest("absent", 500, 100, {"RVS"});
    for (std::uint64_t id = 1000; id < 1500; id += 3) stage.truth.missing.insert({"RVS", SourceId{id}});
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("absent", "finished"));
    stage.truth.missing.clear();
    stage.disk.power.cut_after(step);
    (void)stage.await(stage.engine->retry("absent", Outcome::Absent));
    (void)stage.loop.run_until(
        [&, end = stage.loop.now() + 1h] { return stage.disk.power.is_cut() || stage.loop.now() > end; });
    stage.kill_engine();
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("absent", "finished"));
    EXPECT_EQ(stage.status("absent").pending, 0u) << "killed after " << step << " steps";
    (void)stage.await(stage.engine->retry("absent", Outcome::Absent));
    ASSERT_TRUE(stage.run_until_state("absent", "finished"));
    EXPECT_EQ(stage.status("absent").delivered, 500u) << "killed after " << step << " steps";
  }
}

TEST(EngineFaults, KeepsItsAccountWhenARetryFailsHalfWay) {
  Stage stage;
  stage.make_harvest("half", 3000, 2, {"RVS"});  // a thousand chunks a write
  for (std::uint64_t id = 1000; id < 4000; id += 3) stage.truth.missing.insert({"RVS", SourceId{id}});
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("half", "finished"));
  int settles = 0;
  stage.ledger.fail_settles_when([&] { return ++settles == 2; });
  ASSERT_FALSE(stage.await(stage.engine->retry("half", Outcome::Absent)));
  EXPECT_GT(stage.status("half").pending, 0u);
  ASSERT_TRUE(stage.run_until_state("half", "finished"));
  EXPECT_EQ(stage.status("half").pending, 0u);
}

TEST(EngineFaults, CountsWhatABlockedRetrievalTypeHasPending) {
  Stage stage;
  stage.make_harvest("wrong", 1000, 100, {"RVS"});
  bool wrong = true;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    if (wrong) return trouble(Kind::Unsupported, "Unknown retrieval type");
    return std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("wrong", "blocked"));
  wrong = false;
  EXPECT_EQ(stage.await(stage.engine->retry("wrong", Outcome::Pending)).value_or(0), 1000u);
  ASSERT_TRUE(stage.run_until_state("wrong", "finished"));
}

TEST(EngineFaults, GoesOnWhenTheDirectoryIsBack) {
  for (const bool by_retry : {false, true}) {
    Stage stage;
    stage.make_harvest("disk", 400, 100, {"RVS"});
    stage.prepare = [] { return Result<void>(fail(Kind::NotFound, "/out/disk: is not there")); };
    stage.start_engine();
    stage.loop.run_for(1h);
    EXPECT_EQ(stage.status("disk").state, "blocked");
    (void)stage.await(stage.engine->retry("disk", Outcome::Pending));
    stage.loop.run_for(1h);
    EXPECT_EQ(stage.status("disk").state, "blocked") << "still not there";
    EXPECT_EQ(stage.archive->requests, 0);
    stage.prepare = [] { return Result<void>{}; };
    if (by_retry)
      ASSERT_TRUE(stage.await(stage.engine->retry("disk", Outcome::Pending)));
    else
      ASSERT_TRUE(stage.await(stage.engine->resume("disk")));
    EXPECT_TRUE(stage.run_until_state("disk", "finished"));
  }
}

TEST(EngineFaults, GoesOnAtAReloadThatBringsItsProfileBack) {
  Stage stage;
  stage.make_harvest("profile", 400, 100, {"RVS"});
  stage.no_profile = trouble(Kind::NotFound, "no archive 'gaia'");
  stage.start_engine();
  stage.loop.run_for(1h);
  EXPECT_EQ(stage.status("profile").state, "blocked");
  stage.no_profile.reset();
  stage.engine->reload({});
  EXPECT_TRUE(stage.run_until_state("profile", "finished"));
}

TEST(EngineFaults, KeepsItsPaceAfterAReloadOfABadProfile) {
  Stage stage;
  stage.make_harvest("pace", 8000, 100, {"RVS"});
  stage.start_engine();
  const SteadyTime begin = stage.loop.now();
  stage.loop.run_for(1500ms);
  stage.no_profile = trouble(Kind::Invalid, "gaia.yaml:3: nonsense");
  stage.engine->reload({});
  ASSERT_TRUE(stage.run_until_state("pace", "finished"));
  EXPECT_EQ(stage.loop.now() - begin, 20s);
}

TEST(EngineFaults, TakesANewProfileWithoutWaitingForTheArchivesRest) {
  Stage stage;
  stage.make_harvest("moved", 2000, 100, {"RVS"});
  bool moved = false;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    if (!moved) return Error{Kind::RateLimited, "later", 1h};
    return std::nullopt;
  };
  stage.start_engine();
  stage.loop.run_for(10s);
  auto* before = stage.archive;
  stage.profile.base_url = "https://elsewhere.example.org";
  stage.engine->reload({});
  stage.loop.run_for(10s);
  EXPECT_NE(stage.archive, before);
  EXPECT_EQ(stage.archive->requests, 0) << "the rest that was asked for is kept";
  moved = true;
  EXPECT_TRUE(stage.run_until_state("moved", "finished"));
}

TEST(EngineFaults, PutsALostOutputDirectoryDownToOurselves) {
  Stage stage;
  stage.make_harvest("lost", 400, 100, {"RVS"});
  bool lost = true;
  stage.disk.publish_fault = [&]() -> std::optional<Error> {
    if (lost) return trouble(Kind::NotFound, "/out/lost/.garner/tmp: No such file or directory");
    return std::nullopt;
  };
  stage.start_engine();
  stage.loop.run_for(10min);
  EXPECT_EQ(stage.status("lost").state, "waiting");
  lost = false;
  EXPECT_TRUE(stage.run_until_state("lost", "finished"));
}

TEST(EngineFaults, EndsWhileVerbsAreUnderWay) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Stage stage(seed);
    stage.workers.jitter = 500ms;
    stage.make_harvest("end", 2000, 100, {"RVS"});
    stage.start_engine();
    stage.loop.run_for(std::chrono::milliseconds(100 * seed));
    stage.fire(stage.engine->pause("end", "ada"));
    stage.fire(stage.engine->resume("end"));
    stage.fire(stage.engine->retry("end", Outcome::Pending));
    if (seed % 3 == 0) stage.fire(stage.engine->cancel("end", "ada"));
    if (seed % 5 == 0) stage.fire(stage.engine->remove("end"));
    stage.fire(stage.engine->pause("end", "ada"));
    stage.end_engine();
  }
}

TEST(EngineFaults, CountsTheChunksOfACancelledHarvestAfterARestart) {
  Stage stage;
  stage.make_harvest("counted", 2000, 100, {"RVS"});
  stage.start_engine();
  stage.loop.run_until([&] { return stage.status("counted").chunks_done >= 8; });
  ASSERT_TRUE(stage.await(stage.engine->cancel("counted", "ada")));
  const auto done = stage.status("counted").chunks_done;
  stage.end_engine();
  stage.start_engine();
  EXPECT_EQ(stage.status("counted").chunks_done, done);
}

TEST(EngineFaults, AsksNothingMoreOfATypeOnceTheArchiveCallsItWrong) {
  for (const Kind kind : {Kind::Unsupported, Kind::Auth}) {
    Stage stage;
    stage.make_harvest("wrong", 10'000, 100, {"XP_SAMPLED", "RVS"});
    stage.workers.jitter = 20ms;  // the ledger takes its time to write the failure down
    int wrong = 0, in_flight = 0;
    stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
      if (request.retrieval_type != "XP_SAMPLED") return std::nullopt;
      if (++wrong == 1) in_flight = stage.archive->in_flight + 1;
      return trouble(kind, "Unknown retrieval type");
    };
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("wrong", "blocked"));
    EXPECT_EQ(stage.status("wrong").types[1].delivered, 10'000U);
    EXPECT_LE(wrong, in_flight + (kind == Kind::Unsupported ? 1 : 0)) << "and once in the other spelling";
    int told = 0;
    for (const auto& entry : *stage.ledger.journal(1, {}))
      told += entry.text.starts_with("XP_SAMPLED is blocked") ? 1 : 0;
    EXPECT_EQ(told, 1);
  }
}

}  // namespace
}  // namespace garner::testing
