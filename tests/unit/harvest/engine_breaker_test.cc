// The engine under overload and outages: what is asked meanwhile, what counts against a chunk, and what status says.
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;

Error trouble(Kind kind, const char* words = "made up") {
  return {kind, words, std::nullopt};
}

std::uint64_t attempts_of(Stage& stage, std::uint32_t blocks) {
  std::uint64_t attempts = 0;
  for (std::uint32_t block = 0; block < blocks; ++block) attempts += stage.ledger.chunk({1, 0, block})->attempts;
  return attempts;
}

TEST(EngineBreaker, OpensOnAMaintenancePageAndSaysForHowLongAndWhenItTriesAgain) {
  Stage stage;
  stage.make_harvest("down", 2000, 100, {"RVS"});
  stage.weather = [](const archive::ChunkRequest&) { return trouble(Kind::Maintenance, "Archive down"); };
  stage.start_engine();
  stage.loop.run_for(5s);
  const auto status = stage.status("down");
  EXPECT_EQ(status.state, "waiting");
  EXPECT_NE(status.waiting_for.find("archive down for "), std::string::npos) << status.waiting_for;
  EXPECT_NE(status.waiting_for.find(", next try in "), std::string::npos) << status.waiting_for;
  ASSERT_TRUE(status.archive_status);
  EXPECT_EQ(status.archive_status->breaker, "open");
  EXPECT_EQ(status.archive_status->breaker_because, "Archive down");
  EXPECT_GT(status.archive_status->next_probe_s, 0);
  EXPECT_EQ(stage.archive->requests, 4) << "those that had left";
}

// Nothing of a night of "null" to everything counts against a chunk, since what is known to be well fails, too.
TEST(EngineBreaker, HalvesNothingAndCountsNoAttemptWhileTheArchiveAnswersNothingWell) {
  Stage stage;
  std::size_t least = 100;
  const SteadyTime back = stage.loop.now() + 48h;
  stage.make_harvest("dark", 2000, 100, {"RVS"});
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    if (request.ids.front().value != 42) least = std::min(least, request.ids.size());
    return stage.loop.now() < back ? std::optional(trouble(Kind::Suspect, "null")) : std::nullopt;
  };
  stage.start_engine();
  stage.loop.run_for(47h);
  EXPECT_LE(attempts_of(stage, 20), 8u) << "of those before the breaker opened";
  ASSERT_TRUE(stage.run_until_state("dark", "finished"));
  EXPECT_EQ(stage.status("dark").delivered, 2000u);
  EXPECT_EQ(least, 100u) << "never halved";
}

// The outage comes while a poison source is being found.
TEST(EngineBreaker, GoesOnFindingAPoisonSourceWhereItWasBeforeAnOutage) {
  Stage stage;
  stage.make_harvest("poison", 1500, 500, {"RVS"});
  const SteadyTime from = stage.loop.now() + 5min, back = from + 10h;
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    const SteadyTime now = stage.loop.now();
    if (now >= from && now < back) {
      return (now - from) / 1h % 2 == 0 ? trouble(Kind::Transient, "no connection") : trouble(Kind::Suspect, "null");
    }
    const bool holds = std::ranges::find(request.ids, SourceId{1377}) != request.ids.end();
    return holds ? std::optional(trouble(Kind::Suspect, "null")) : std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("poison", "finished"));
  EXPECT_EQ(stage.status("poison").delivered, 1499u);
  EXPECT_EQ(stage.status("poison").failed, 1u);
}

// Only spoilt chunks are left: what is known to be well tells that it is not the archive.
TEST(EngineBreaker, ComesToAnEndWhereOnlySpoiltChunksAreLeft) {
  Stage stage;
  stage.make_harvest("spoilt", 600, 100, {"RVS"});
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    const bool holds = std::ranges::any_of(request.ids, [](SourceId id) { return id.value % 100 == 50; });
    return holds ? std::optional(trouble(Kind::Corrupt, "CRC")) : std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("spoilt", "finished"));
  EXPECT_EQ(stage.status("spoilt").delivered, 594u);
  EXPECT_EQ(stage.status("spoilt").failed, 6u);
  EXPECT_EQ(stage.status("spoilt").archive_status->breaker, "closed");
}

TEST(EngineBreaker, LowersConcurrencyAtTheFirstOverloadAndRegainsIt) {
  Stage stage;
  stage.make_harvest("strain", 100'000, 100, {"RVS"});
  bool once = false;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    if (stage.archive->requests < 20 || std::exchange(once, true)) return std::nullopt;
    return trouble(Kind::Overloaded, "Pool empty");
  };
  stage.start_engine();
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.status("strain").archive_status->limit == 3; }));
  const auto note = stage.status("strain").archive_status->last_change;
  ASSERT_TRUE(note);
  EXPECT_EQ(note->from, 4u);
  EXPECT_EQ(note->to, 3u);
  EXPECT_NE(note->why.find("success fell to 9"), std::string::npos) << note->why;
  EXPECT_NE(note->why.find("Pool empty"), std::string::npos) << note->why;
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.status("strain").archive_status->limit == 4; }));
}

// An archive of two workers: who is the third in flight only waits.
TEST(EngineBreaker, AsksForNoMoreAtATimeThanIsWorthIt) {
  Stage stage;
  stage.profile.manners.in_flight_most = 8;
  stage.make_harvest("knee", 300'000, 100, {"RVS"});
  stage.weather = [&](const archive::ChunkRequest&) {
    stage.archive->latency = 500ms * std::max(2, stage.archive->in_flight + 1);  // of the next
    return std::nullopt;
  };
  stage.start_engine();
  stage.loop.run_for(20min);
  const auto archive = stage.status("knee").archive_status;
  ASSERT_TRUE(archive && archive->last_change);
  EXPECT_GE(archive->limit, 1u);
  EXPECT_LE(archive->limit, 3u);
  EXPECT_LT(archive->last_change->to, archive->last_change->from);
  EXPECT_NE(archive->last_change->why.find("sources a second came than with"), std::string::npos)
      << archive->last_change->why;
  ASSERT_TRUE(stage.run_until_state("knee", "finished"));
}

TEST(EngineBreaker, ObeysADayThatTheArchiveNames) {
  Stage stage;
  stage.profile.manners.in_flight_most = 1;
  stage.make_harvest("day", 500, 100, {"RVS"});
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    if (stage.archive->requests > 1) return std::nullopt;
    return Error{Kind::RateLimited, "come again tomorrow", 24h};
  };
  stage.start_engine();
  stage.loop.run_for(24h);
  EXPECT_EQ(stage.archive->requests, 1);
  EXPECT_NE(stage.status("day").waiting_for.find("come again tomorrow"), std::string::npos);
  ASSERT_TRUE(stage.run_until_state("day", "finished"));
  EXPECT_EQ(attempts_of(stage, 5), 0u);
}

// What is asked beside chunks: here the sources of a harvest that names them by a query.
TEST(EngineBreaker, HearsOfQuestionsToTheTablesToo) {
  Stage stage;
  stage.tap.rows_of_value = [](std::int64_t) { return 0; };
  stage.tap.null_rows = 0;
  const SteadyTime back = stage.loop.now() + 5h;
  stage.tap.weather = [&]() -> std::optional<Error> {
    return stage.loop.now() < back ? std::optional(trouble(Kind::Overloaded, "Pool empty")) : std::nullopt;
  };
  stage.make_harvest_of("s", {}, 100, {"a.b"},
                        "kind: rows\nrelease: Gaia DR3\nsources: {adql: 'SELECT source_id FROM a.b WHERE source_id IN "
                        "(5,6,7,8)'}\ntables: [a.b]\n");
  stage.start_engine();
  stage.loop.run_for(4h);
  const auto archive = stage.status("s").archive_status;
  ASSERT_TRUE(archive);
  EXPECT_NE(archive->breaker, "closed");
  EXPECT_EQ(archive->breaker_because, "Pool empty");
  ASSERT_TRUE(stage.run_until_state("s", "finished"));
  EXPECT_EQ(stage.status("s").archive_status->breaker, "closed");
}

TEST(EngineBreaker, SharesOneBreakerAmongTheHarvestsOfAnArchive) {
  Stage stage;
  stage.make_harvest("a", 2000, 100, {"RVS"});
  stage.make_harvest("b", 2000, 100, {"RVS"});
  const SteadyTime back = stage.loop.now() + 6h;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    return stage.loop.now() < back ? std::optional(trouble(Kind::Overloaded, "HTTP 503")) : std::nullopt;
  };
  stage.start_engine();
  stage.loop.run_for(5h);
  EXPECT_LT(stage.archive->requests, 70) << "probes of both together";
  for (const char* name : {"a", "b"})
    EXPECT_NE(stage.status(name).waiting_for.find("archive down for 5 h, "), std::string::npos);
  ASSERT_TRUE(stage.run_until_state("a", "finished"));
  ASSERT_TRUE(stage.run_until_state("b", "finished"));
}

// A supervisor that starts us again and again, or an upgrade, is no reason to ask again.
TEST(EngineBreaker, ARestartKeepsToTheTimeThatTheArchiveNamed) {
  for (const bool killed : {true, false}) {
    Stage stage;
    stage.make_harvest("h", 20'000, 100, {"RVS"});
    int requests = 0;
    std::optional<SteadyTime> named;
    stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
      ++requests;
      if (!named) named = stage.loop.now() + 3600s;
      if (stage.loop.now() < *named)
        return Error{Kind::RateLimited, "HTTP 429", std::chrono::ceil<std::chrono::seconds>(*named - stage.loop.now())};
      return std::nullopt;
    };
    stage.start_engine();
    stage.loop.run_for(10s);
    const int first = requests;
    for (int i = 0; i < 10; ++i) {
      if (killed)
        stage.kill_engine();
      else
        stage.end_engine();
      stage.start_engine();
      stage.loop.run_for(5min);
      EXPECT_EQ(stage.status("h").state, "waiting");
      EXPECT_EQ(stage.status("h").archive_status->breaker, "open");
    }
    EXPECT_EQ(requests, first);
    EXPECT_LE(stage.ledger_door.rests_kept, 4) << "not by every request";
    ASSERT_TRUE(stage.run_until_state("h", "finished"));
    EXPECT_EQ(stage.status("h").delivered, 20'000u);
    EXPECT_TRUE(stage.ledger.rests()->empty()) << "well again";
  }
}

TEST(EngineBreaker, ARestartDuringAnOutageSendsOneProbeOnly) {
  Stage stage;
  stage.make_harvest("h", 20'000, 100, {"RVS"});
  int requests = 0;
  bool down = true;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    ++requests;
    return down ? std::optional(Error{Kind::Maintenance, "down", std::nullopt}) : std::nullopt;
  };
  stage.start_engine();
  stage.loop.run_for(10s);
  for (int i = 0; i < 5; ++i) {
    stage.kill_engine();
    stage.start_engine();
    requests = 0;
    stage.loop.run_for(10s);
    EXPECT_EQ(requests, 1);
  }
  down = false;
  ASSERT_TRUE(stage.run_until_state("h", "finished"));
}

TEST(EngineBreaker, ATimeFarAheadIsNotBelieved) {
  Stage stage;
  stage.make_harvest("h", 200, 100, {"RVS"});
  const auto wall_s = std::chrono::system_clock::to_time_t(stage.loop.wall_now());
  ASSERT_TRUE(stage.ledger.keep_rest({"gaia", wall_s, wall_s + 365 * 86'400, "by a clock that was wrong"}));
  stage.start_engine();
  stage.loop.run_for(23h);
  EXPECT_EQ(stage.archive->requests, 0);
  ASSERT_TRUE(stage.run_until_state("h", "finished", 2h));
}

}  // namespace
}  // namespace garner::testing
