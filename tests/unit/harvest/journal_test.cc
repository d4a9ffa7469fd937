// What the engine writes down about what happened, and under which reasons it is counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harvest/account/reasons.h"
#include "harvest/chunk/journal_text.h"
#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using harvest::fold_reason;
using ::testing::HasSubstr;

TEST(FoldReason, MakesOneRowOfWhatDiffersByCaseOnly) {
  const std::pair<const char*, const char*> kCases[] = {
      {"500 null", "500 null"},
      {"HTTP 503: try later", "HTTP 503: try later"},
      {"chunk 17 of 4,814", "chunk N of N"},
      {"no reply within 30 s", "no reply within N s"},
      {"id 5937083312263887616 is no good", "id N is no good"},
      {"https://gea.esac.esa.int/tap/async/123 is gone", "URL is gone"},
      {"a  b   c", "a b c"},
      {"gaiadr3.gaia_source", "gaiadr3.gaia_source"},
      {"since 10:45:03.5", "since N"},
      {"", ""},
  };
  for (const auto& [text, folded] : kCases) EXPECT_EQ(fold_reason(text), folded);
}

TEST(FoldReason, IsBoundedAndItsOwnFixedPoint) {
  const std::string folded = fold_reason(std::string(10'000, 'x') + " 123");
  EXPECT_LE(folded.size(), 160u);
  for (const char* text : {"chunk 17: HTTP 500 at https://a.b/c?d=1", "999 of 1,000"})
    EXPECT_EQ(fold_reason(fold_reason(text)), fold_reason(text));
}

TEST(FoldTimes, WhatOnlyGrowsOlderIsTheSame) {
  const auto down = [](const char* since, const char* next) {
    return harvest::fold_times(fmt::format("archive down for {}, next try in {}: HTTP 503", since, next));
  };
  EXPECT_EQ(down("12 s", "3 min"), down("1 h 5 min", "40 s"));
  EXPECT_EQ(down("2 h", "40 s"), down("3 d 1 h", "1 s"));
  EXPECT_NE(down("2 h", "40 s"), harvest::fold_times("archive down for 2 h, a try is under way: HTTP 503"));
  EXPECT_NE(harvest::fold_times("chunk 3 is tried again in 5 s: a"),
            harvest::fold_times("chunk 3 is tried again in 5 s: b"));
}

// The journal's texts, what follows included.
std::vector<std::string> journal_of(Stage& stage, ledger::JournalWanted wanted = {}) {
  std::vector<std::string> out;
  for (const auto& entry : *stage.ledger.journal(1, wanted))
    out.push_back(entry.next.empty() ? entry.text : entry.text + "; " + entry.next);
  return out;
}

TEST(EngineJournal, HoldsEachFailedRequestAndWhatCameAfter) {
  Stage stage;
  stage.make_harvest("rvs", 200, 100, {"RVS"});
  int failures = 2;
  stage.weather = [&](const archive::ChunkRequest& request) -> std::optional<Error> {
    if (request.ids.front() != SourceId{1000} || failures == 0) return std::nullopt;
    --failures;
    return Error{Kind::Suspect, "HTTP 500: null, request 123", std::nullopt};
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
  const auto lines = journal_of(stage, {.block = 0, .type = {}});
  ASSERT_GE(lines.size(), 2u);
  EXPECT_THAT(lines[0], ::testing::MatchesRegex("HTTP 500: null, request 123; tried again after [0-9]+ s"));
  EXPECT_EQ(lines.back(), "answered well: 100 delivered, 0 absent");
  EXPECT_TRUE(journal_of(stage, {.block = 1, .type = {}}).empty()) << "a chunk that came at once leaves no line";

  const auto reasons = *stage.ledger.reasons(1);
  ASSERT_EQ(reasons.size(), 1u);
  EXPECT_EQ(reasons[0].reason, "HTTP 500: null, request N");
  EXPECT_EQ(reasons[0].count, lines.size() - 1);
  EXPECT_EQ(reasons[0].against, ledger::Against::Chunk);
  EXPECT_EQ(reasons[0].attempt->first, SourceId{1000});
}

TEST(EngineJournal, PutsOverloadDownToTheArchive) {
  Stage stage;
  stage.make_harvest("rvs", 100, 100, {"RVS"});
  int failures = 1;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    return failures-- > 0 ? std::optional(Error{Kind::Overloaded, "pool empty", std::nullopt}) : std::nullopt;
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
  ASSERT_EQ(stage.ledger.reasons(1)->size(), 1u);
  EXPECT_EQ(stage.ledger.reasons(1)->front().against, ledger::Against::Archive);
}

TEST(EngineJournal, CountsGoOnAfterARestart) {
  Stage stage;
  stage.make_harvest("rvs", 100, 100, {"RVS"});
  stage.weather = [&](const archive::ChunkRequest&) { return Error{Kind::Overloaded, "pool empty", std::nullopt}; };
  stage.start_engine();
  ASSERT_TRUE(stage.loop.run_until([&] { return !stage.ledger.reasons(1)->empty(); }));
  stage.kill_engine();
  const auto before = stage.ledger.reasons(1)->front().count;
  stage.start_engine();
  EXPECT_TRUE(stage.loop.run_until([&] { return stage.ledger.reasons(1)->front().count > before; }));
}

TEST(EngineJournal, TellsWhoPausedAndResumed) {
  Stage stage;
  stage.make_harvest("rvs", 100, 100, {"RVS"});
  stage.start_engine();
  ASSERT_TRUE(stage.await(stage.engine->pause("rvs", "ada")));
  ASSERT_TRUE(stage.await(stage.engine->resume("rvs", "grace")));
  ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
  stage.loop.run_for(1s);
  EXPECT_THAT(journal_of(stage), ::testing::ElementsAre("taken up by a daemon that started", "paused by ada",
                                                        "resumed by grace", "finished"));
}

// Why nothing moved in the night, in the order in which it came.
TEST(EngineJournal, TellsWindowsBreakersAndDisksAsTheyTurnAndNothingMore) {
  Stage stage;
  bool low = false, down = false;
  stage.disk_space = [&](const std::filesystem::path& directory) -> Result<output::DiskSpace> {
    const std::uint64_t free = low && directory == "/out/n" ? 1'000'000'000 : 500'000'000'000;
    return output::DiskSpace{free, 1'000'000'000'000, 1'000'000, 2'000'000, true};
  };
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    if (down) return Error{Kind::Maintenance, "Archive down", std::nullopt};
    return std::nullopt;
  };
  std::vector<SourceId> ids;
  for (std::uint64_t id = 1000; id < 101'000; ++id) ids.push_back(SourceId{id});
  stage.truth.counts_asked = false;
  stage.make_harvest_of("n", ids, 100, {"RVS"},
                        "release: Gaia DR3\nsources: {file: ids.txt}\nretrieval_types: [RVS]\nwindow: 08:00-10:00\n"
                        "time_zone: UTC\n");
  stage.start_engine();
  stage.archive->latency = 1min;
  stage.loop.run_for(5min);
  down = true;
  stage.loop.run_for(20min);
  down = false;
  stage.loop.run_for(20min);
  low = true;
  stage.loop.run_for(10min);
  low = false;
  stage.loop.run_for(24h);
  std::vector<std::string> told;
  for (const auto& entry : *stage.ledger.journal(1, ledger::JournalWanted{{}, {}, 0, 1000})) {
    if (!entry.attempt) told.push_back(entry.text);
  }
  EXPECT_THAT(told, ::testing::ElementsAre(HasSubstr("taken up"), HasSubstr("its breaker opens"),
                                           HasSubstr("its breaker closes"), HasSubstr("disk low on /out/n"),
                                           HasSubstr("there is room again"), HasSubstr("window closed until"),
                                           HasSubstr("its window opens")));
}

// It opens and closes again and again, all night.
TEST(EngineJournal, IsNotFilledByAnArchiveThatComesAndGoes) {
  Stage stage;
  stage.make_harvest("n", 400'000, 100, {"RVS"});
  stage.truth.counts_asked = false;
  int answers = 0;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    if (++answers % 3 == 0) return Error{Kind::Maintenance, "Archive down", std::nullopt};
    return std::nullopt;
  };
  stage.start_engine();
  stage.loop.run_for(10h);
  int opened = 0, closed = 0;
  for (const auto& text : journal_of(stage, {{}, {}, 0, 100'000})) {
    opened += text.find("its breaker opens") != text.npos ? 1 : 0;
    closed += text.find("its breaker closes") != text.npos ? 1 : 0;
  }
  EXPECT_GT(opened, 10);
  EXPECT_LE(opened, 61);
  EXPECT_LE(std::abs(opened - closed), 1);
}

}  // namespace
}  // namespace garner::testing
