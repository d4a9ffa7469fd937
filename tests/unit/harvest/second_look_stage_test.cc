// Absent is confirmed: the engine against archives that leave things out, mostly have nothing, or contradict
// themselves.
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using ledger::Outcome;

Error trouble(Kind kind, const char* words = "made up") {
  return {kind, words, std::nullopt};
}

std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ value >> 31) * 0x9E3779B97F4A7C15;
  return value ^ value >> 29;
}

// Every outcome against the truth, and the counters against a recount.
void expect_truth(Stage& stage, const std::string& name) {
  const auto run = stage.engine->find(name);
  const auto& record = run->record();
  const auto counters = *stage.ledger.counters(record.no);
  for (std::uint16_t type = 0; type < record.retrieval_types.size(); ++type) {
    ledger::CounterDelta sum;
    for (std::uint32_t block = 0; block < record.blocks; ++block) {
      const auto ids = *stage.ledger.ids(record.no, block);
      const auto chunk = *stage.ledger.chunk({record.no, type, block});
      sum += ledger::delta_between({}, chunk, static_cast<std::uint32_t>(ids.size()));
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const bool missing = stage.truth.missing.contains({record.retrieval_types[type], ids[i]});
        const Outcome outcome = chunk.outcomes.empty() ? Outcome::Pending : chunk.outcomes[i];
        if (outcome == Outcome::Absent) EXPECT_TRUE(missing) << ids[i].value;
        if (outcome == Outcome::Delivered) EXPECT_FALSE(missing) << ids[i].value;
      }
    }
    EXPECT_EQ(static_cast<std::uint64_t>(sum.empty), counters[type].empty);
    EXPECT_EQ(static_cast<std::uint64_t>(sum.found_again), counters[type].found_again);
    EXPECT_EQ(static_cast<std::uint64_t>(sum.absent), counters[type].absent);
    EXPECT_EQ(static_cast<std::uint64_t>(sum.delivered), counters[type].delivered);
  }
}

void miss(Stage& stage, std::uint64_t from, std::uint64_t to, std::uint64_t step = 1) {
  for (std::uint64_t id = from; id < to; id += step) stage.truth.missing.insert({"RVS", SourceId{id}});
}

const std::string kKeys = "release: Gaia DR3\nsources: {file: ids.txt}\nretrieval_types: [RVS]\n";

std::vector<SourceId> ids_from(std::uint64_t first, std::uint64_t count) {
  std::vector<SourceId> ids;
  for (std::uint64_t i = 0; i < count; ++i) ids.push_back(SourceId{first + i});
  return ids;
}

TEST(AbsentIsConfirmed, WhatTheFirstAnswerLeavesOutComesHome) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Stage stage(seed);
    const std::uint64_t sources = 50 + mixed(seed) % 2000;
    stage.make_harvest("some", sources, static_cast<std::uint32_t>(10 + mixed(seed + 1) % 200));
    for (std::uint64_t i = 0; i < sources; ++i) {
      if (mixed(i + seed) % 5 == 0) stage.truth.missing.insert({"RVS", SourceId{1000 + i}});
    }
    stage.truth.leaves_out = [seed](const Truth::Key& key, int time) {
      return time == 1 && mixed(key.second.value * seed + key.first.size()) % 20 == 0;
    };
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("some", "finished")) << stage.status("some").waiting_for;
    const auto status = stage.status("some");
    EXPECT_EQ(status.absent, stage.truth.missing.size());
    EXPECT_EQ(status.delivered, 2 * sources - stage.truth.missing.size());
    EXPECT_EQ(status.empty_so_far, 0u);
    EXPECT_GT(status.types[0].second_look_found + status.types[1].second_look_found, 0u);
    expect_truth(stage, "some");
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(AbsentIsConfirmed, ByTheSourcesOfSeveralChunksTogether) {
  Stage stage;
  stage.make_harvest("few", 10'000, 100, {"RVS"});
  miss(stage, 1000, 11'000, 20);  // five of each chunk
  std::vector<std::vector<SourceId>> second;
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    if (stage.truth.asked[{"RVS", request.ids[0]}] == 2) second.push_back(request.ids);
    return std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.status("few").empty_so_far == 500; }));
  EXPECT_EQ(stage.status("few").pending, 500u) << "absent is nobody yet";
  EXPECT_EQ(stage.status("few").absent, 0u);
  ASSERT_TRUE(stage.run_until_state("few", "finished"));
  EXPECT_EQ(stage.status("few").absent, 500u);
  EXPECT_EQ(stage.archive->requests, 100 + 5);
  for (const auto& ids : second) EXPECT_EQ(ids.size(), 100u);
  for (const auto& [key, times] : stage.truth.asked) EXPECT_EQ(times, stage.truth.missing.contains(key) ? 2 : 1);
}

TEST(AbsentIsConfirmed, AtTheEndOfItsTypeAndBeforeTheNextTypesOtherChunks) {
  Stage stage;
  stage.profile.manners.in_flight_most = 1;
  stage.make_harvest("order", 2000, 100);
  miss(stage, 1000, 3000, 10);
  std::vector<std::string> asked;
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    const bool again = stage.truth.asked[{request.retrieval_type, request.ids[0]}] == 2;
    asked.push_back(request.retrieval_type + (again ? " again" : ""));
    return std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("order", "finished"));
  const auto first_again = std::ranges::find(asked, "RVS again") - asked.begin();
  EXPECT_EQ(std::count(asked.begin(), asked.begin() + first_again, "RVS"), 20);
  EXPECT_LE(std::count(asked.begin(), asked.begin() + first_again, "XP_SAMPLED"), 3) << "those claimed ahead";
}

TEST(AbsentIsConfirmed, NotWhereTheManifestTurnsItOff) {
  Stage stage;
  stage.make_harvest_of("off", ids_from(1000, 1000), 100, {"RVS"}, kKeys + "confirm_absent: false\n");
  miss(stage, 1000, 2000, 4);
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("off", "finished"));
  EXPECT_EQ(stage.archive->requests, 10);
  EXPECT_EQ(stage.status("off").absent, 250u);
}

TEST(AbsentIsConfirmed, ByASampleWhereMostCameBackEmpty) {
  Stage stage;
  stage.make_harvest("most", 20'000, 100, {"RVS"});
  for (std::uint64_t id = 1000; id < 21'000; ++id) {
    if (id % 10 != 0) stage.truth.missing.insert({"RVS", SourceId{id}});
  }
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("most", "finished"));
  EXPECT_EQ(stage.archive->requests, 200 + 2) << "180 of 18,000";
  EXPECT_EQ(stage.status("most").absent, 18'000u);
  expect_truth(stage, "most");
  EXPECT_TRUE(stage.ledger.chunk({1, 0, 77})->sampled);
}

TEST(AbsentIsConfirmed, ByAskingForAllWhereTheSampleFindsSomething) {
  Stage stage;
  stage.make_harvest("lapse", 5000, 100, {"RVS"});
  miss(stage, 1000, 6000, 10);
  stage.truth.leaves_out = [](const Truth::Key& key, int time) { return time == 1 && key.second.value % 10 > 2; };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("lapse", "finished"));
  EXPECT_EQ(stage.status("lapse").absent, 500u);
  EXPECT_EQ(stage.status("lapse").delivered, 4500u);
  EXPECT_EQ(stage.status("lapse").types[0].second_look_found, 3500u);
  expect_truth(stage, "lapse");
}

TEST(AbsentIsConfirmed, OfOneChunkThatCameBackEmptyInTwoHalves) {
  Stage stage;
  stage.make_harvest("none", 80, 100, {"RVS"});
  miss(stage, 1000, 1080);
  std::vector<std::size_t> sizes;
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    sizes.push_back(request.ids.size());
    return std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("none", "finished"));
  EXPECT_EQ(sizes, (std::vector<std::size_t>{80, 40, 40}));
  EXPECT_EQ(stage.status("none").absent, 80u);
}

TEST(AbsentIsConfirmed, NotByThePrefiltersEvidence) {
  Stage stage;
  stage.profile.releases = {{"Gaia DR3", {{"RVS", 20'000, 1 << 20, "has_it"}}, "gaiadr3.gaia_source"}};
  stage.tap.flag_of = [](std::uint64_t id) { return id % 4 == 0; };
  miss(stage, 1000, 1400, 20);
  for (std::uint64_t id = 1000; id < 1400; ++id) {
    if (id % 4 != 0) stage.truth.missing.insert({"RVS", SourceId{id}});
  }
  stage.make_harvest_of("sieved", ids_from(1000, 400), 50, {"RVS"}, kKeys + "prefilter: true\n");
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("sieved", "finished")) << stage.status("sieved").waiting_for;
  EXPECT_EQ(stage.status("sieved").absent, 320u);
  for (const auto& [key, times] : stage.truth.asked) {
    EXPECT_EQ(key.second.value % 4, 0u);
    EXPECT_EQ(times, key.second.value % 20 == 0 ? 2 : 1);
  }
}

TEST(AbsentIsConfirmed, ASourceThatComesAndGoesIsFailedInTheEnd) {
  Stage stage;
  stage.make_harvest("flaps", 500, 100, {"RVS"});
  stage.truth.leaves_out = [](const Truth::Key& key, int time) { return key.second.value == 1234 && time % 2 == 1; };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("flaps", "finished"));
  const auto status = stage.status("flaps");
  EXPECT_EQ(status.delivered, 499u);
  EXPECT_EQ(status.failed, 1u);
  EXPECT_EQ(status.absent, 0u);
  const auto record = *stage.ledger.chunk({1, 0, 2});
  EXPECT_NE(record.failures.at(34).find("contradicts itself"), std::string::npos);
  const int asked = stage.truth.asked[(Truth::Key{"RVS", SourceId{1234}})];
  EXPECT_LE(asked, 14);
  // A retry begins anew with it.
  stage.truth.leaves_out = [](const Truth::Key&, int) { return false; };
  ASSERT_EQ(stage.await(stage.engine->retry("flaps", Outcome::Failed)).value_or(0), 1u);
  ASSERT_TRUE(stage.run_until_state("flaps", "finished"));
  EXPECT_EQ(stage.status("flaps").delivered, 500u);
}

TEST(AbsentIsConfirmed, AlthoughOtherChunksStayHopeless) {
  Stage stage;
  stage.make_harvest("blocked", 8 + 300, 100, {"RVS"});
  miss(stage, 1000, 1100, 10);
  stage.profile.manners.attempts_most = 1;
  bool gone = false;
  // The last chunk spoils every answer, whoever is asked; of the others nobody passes meanwhile.
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    if (gone || request.ids.back().value < 1300) return std::nullopt;
    return trouble(Kind::TooLarge, "too large");
  };
  stage.profile.probe_id = "1307";
  stage.start_engine();
  stage.loop.run_for(24h);
  const auto status = stage.status("blocked");
  EXPECT_EQ(status.absent, 10u) << status.waiting_for;
  EXPECT_EQ(status.empty_so_far, 0u);
  gone = true;
  ASSERT_TRUE(stage.await(stage.engine->retry("blocked", Outcome::Pending)));
  (void)stage.await(stage.engine->retry("blocked", Outcome::Failed));
  ASSERT_TRUE(stage.run_until_state("blocked", "finished"));
  EXPECT_EQ(stage.status("blocked").delivered, 298u);
}

TEST(AbsentIsConfirmed, OfAllButThePoisonSourceThatSpoilsTheSecondLook) {
  Stage stage;
  stage.make_harvest("poison", 2000, 100, {"RVS"});
  miss(stage, 1000, 3000, 10);
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    const bool holds = std::ranges::find(request.ids, SourceId{1730}) != request.ids.end();
    const bool again = stage.truth.asked[{"RVS", SourceId{1730}}] > 1;
    return holds && again ? std::optional(trouble(Kind::Suspect, "500 \"null\"")) : std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("poison", "finished")) << stage.status("poison").waiting_for;
  EXPECT_EQ(stage.status("poison").absent, 199u);
  EXPECT_EQ(stage.status("poison").failed, 1u);
  EXPECT_EQ(stage.status("poison").delivered, 1800u);
  expect_truth(stage, "poison");
}

TEST(AbsentIsConfirmed, WaitsOutAnOutageOfTheSecondLook) {
  Stage stage;
  stage.make_harvest("outage", 2000, 100, {"RVS"});
  miss(stage, 1000, 3000, 10);
  std::optional<SteadyTime> back;
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    if (stage.truth.asked[{"RVS", request.ids[0]}] < 2) return std::nullopt;
    if (!back) back = stage.loop.now() + 20h;
    return stage.loop.now() < *back ? std::optional(trouble(Kind::Maintenance, "down")) : std::nullopt;
  };
  stage.start_engine();
  stage.loop.run_for(10h);
  EXPECT_EQ(stage.status("outage").state, "waiting");
  EXPECT_FALSE(stage.engine->activity().forgotten);
  EXPECT_EQ(stage.status("outage").empty_so_far, 200u);
  ASSERT_TRUE(stage.run_until_state("outage", "finished"));
  EXPECT_EQ(stage.status("outage").absent, 200u);
  EXPECT_EQ(stage.status("outage").failed, 0u);
}

// Millions of chunks may rest when the daemon starts: which they are is told by their first bytes.
TEST(AbsentIsConfirmed, ARestartReadsOnlyTheChunksThatItAsksFor) {
  Stage stage;
  stage.make_harvest("rests", 40'000, 100, {"RVS"});
  miss(stage, 1000, 41'000, 10);
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    const bool again = stage.truth.asked[{"RVS", request.ids[0]}] > 1;
    return again ? std::optional(trouble(Kind::Maintenance, "down")) : std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.status("rests").empty_so_far == 4000; }));
  stage.end_engine();
  stage.ledger_door.chunks_read = 0;
  stage.start_engine();
  stage.loop.run_for(1min);
  EXPECT_GT(stage.archive->requests, 0);
  EXPECT_LT(stage.ledger_door.chunks_read, 200) << "ten chunks a group, some groups";
  EXPECT_EQ(stage.status("rests").empty_so_far, 4000u);
  stage.weather = [](const archive::ChunkRequest&) { return std::nullopt; };
  ASSERT_TRUE(stage.run_until_state("rests", "finished"));
  EXPECT_EQ(stage.status("rests").absent, 4000u);
}

TEST(AbsentIsConfirmed, AlsoAfterARetryOfWhatWasAbsent) {
  Stage stage;
  stage.make_harvest("again", 1000, 100, {"RVS"});
  miss(stage, 1000, 2000, 10);
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("again", "finished"));
  ASSERT_EQ(stage.await(stage.engine->retry("again", Outcome::Absent)).value_or(0), 100u);
  ASSERT_TRUE(stage.run_until_state("again", "finished"));
  EXPECT_EQ(stage.status("again").absent, 100u);
  EXPECT_EQ(stage.truth.asked[(Truth::Key{"RVS", SourceId{1010}})], 4);
  expect_truth(stage, "again");
}

TEST(AbsentIsConfirmed, TilesAreMergedWhenTheSecondLookIsOver) {
  Stage stage;
  stage.make_harvest("tables", 500, 100, {"RVS"}, "table");
  miss(stage, 1000, 1500, 10);
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("tables", "finished"));
  std::ranges::sort(stage.tiles.done);
  EXPECT_EQ(stage.tiles.done, (std::vector<harvest::ChunkClaim>{{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}}));
  EXPECT_GE(stage.tiles.caught_up, 1);
}

TEST(AbsentIsConfirmed, APauseStopsItAndAResumeGoesOn) {
  Stage stage;
  stage.make_harvest("pause", 20'000, 100, {"RVS"});
  miss(stage, 1000, 21'000, 4);
  stage.start_engine();
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.status("pause").absent > 0; }));
  ASSERT_TRUE(stage.await(stage.engine->pause("pause", "ada")));
  stage.loop.run_for(1h);
  const int requests = stage.archive->requests;
  EXPECT_GT(stage.status("pause").empty_so_far, 0u);
  stage.loop.run_for(1h);
  EXPECT_EQ(stage.archive->requests, requests);
  ASSERT_TRUE(stage.await(stage.engine->resume("pause")));
  ASSERT_TRUE(stage.run_until_state("pause", "finished"));
  EXPECT_EQ(stage.status("pause").absent, 5000u);
}

// At every durable step of a harvest with a second look that finds something, and of one that goes by a sample.
TEST(AbsentIsConfirmed, SurvivesAPowerCutAtEveryStep) {
  for (const bool mostly : {false, true}) {
    for (std::uint64_t step = 0; step < 60; ++step) {
      Stage stage;
      stage.make_harvest("cut", 300, 50, {"RVS"});
      miss(stage, 1000, 1300, mostly ? 1 : 7);
      if (mostly) {
        for (std::uint64_t id = 1000; id < 1300; id += 10) stage.truth.missing.erase({"RVS", SourceId{id}});
      }
      stage.truth.leaves_out = [mostly](const Truth::Key& key, int time) {
        return !mostly && time == 1 && key.second.value % 11 == 0;
      };
      stage.start_engine();
      stage.disk.power.cut_after(step);
      (void)stage.loop.run_until(
          [&, end = stage.loop.now() + 1h] { return stage.disk.power.is_cut() || stage.loop.now() > end; });
      stage.kill_engine();
      stage.start_engine();
      ASSERT_TRUE(stage.run_until_state("cut", "finished")) << "step " << step;
      const auto status = stage.status("cut");
      EXPECT_EQ(status.absent, stage.truth.missing.size()) << "step " << step;
      EXPECT_EQ(status.delivered, 300 - stage.truth.missing.size()) << "step " << step;
      EXPECT_EQ(status.empty_so_far, 0u);
      expect_truth(stage, "cut");
      if (::testing::Test::HasFailure()) FAIL() << "step " << step << (mostly ? ", mostly empty" : "");
    }
  }
}

const std::string kRows = "kind: rows\nrelease: Gaia DR3\nsources: {file: ids.txt}\ntables: [a.b]\n";

TEST(AbsentIsConfirmed, OfRowsThatTheFirstAnswerLeftOut) {
  for (const char* mode : {"sync", "async"}) {
    Stage stage;
    stage.tap.job_time = 1min;
    std::map<std::uint64_t, int> asked;
    stage.tap.rows_of_source = [&](std::uint64_t id) {
      return id % 5 == 0 || (++asked[id] == 1 && id % 7 == 0) ? 0 : 2;
    };
    stage.make_harvest_of("r", ids_from(1000, 700), 100, {"a.b"}, kRows + "mode: " + mode + "\n");
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("r", "finished")) << stage.status("r").waiting_for;
    const auto status = stage.status("r");
    EXPECT_EQ(status.absent, 140u);
    EXPECT_EQ(status.delivered, 560u);
    EXPECT_EQ(status.types[0].second_look_found, 80u);
    stage.loop.run_for(1min);
    for (const auto& [url, job] : stage.tap.jobs) {
      EXPECT_LE(job.runs, 1);
      EXPECT_TRUE(job.gone) << url << " stays at the archive";
    }
  }
}

TEST(AbsentIsConfirmed, LeavesNoJobBehindWhenItIsKilled) {
  for (std::uint64_t step = 0; step < 40; ++step) {
    Stage stage;
    stage.tap.job_time = 1min;
    stage.tap.rows_of_source = [](std::uint64_t id) { return id % 5 == 0 ? 0 : 1; };
    stage.make_harvest_of("r", ids_from(1000, 300), 100, {"a.b"}, kRows + "mode: async\n");
    stage.start_engine();
    stage.disk.power.cut_after(step);
    (void)stage.loop.run_until(
        [&, end = stage.loop.now() + 2h] { return stage.disk.power.is_cut() || stage.loop.now() > end; });
    stage.kill_engine();
    stage.start_engine();
    ASSERT_TRUE(stage.run_until_state("r", "finished"));
    EXPECT_EQ(stage.status("r").absent, 60u);
    stage.loop.run_for(1min);
    for (const auto& [url, job] : stage.tap.jobs)
      EXPECT_TRUE(job.gone || job.runs == 0) << "step " << step << ": " << url << " stays at the archive";
  }
}

}  // namespace
}  // namespace garner::testing
