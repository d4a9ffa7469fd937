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
  EXPECT_NE(harvest::fold_times("chunk 3 is tried again in 5 s: a"), harvest::fold_times("chunk 3 is tried again in 5 s: b"));
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

}  // namespace
}  // namespace garner::testing
