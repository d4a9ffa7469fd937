// A harvest that does not move always says why, and says it once in its log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::vector<std::string> explanations(Stage& stage) {
  std::vector<std::string> out;
  for (const auto& entry : *stage.ledger.journal(1, {.block = {}, .type = {}, .most = 1000})) {
    if (entry.text.starts_with("nothing moves: ")) out.push_back(entry.text);
  }
  return out;
}

TEST(Stillness, OfALongOutageIsExplainedOnce) {
  Stage stage;
  stage.make_harvest("rvs", 400, 100, {"RVS"});
  const SteadyTime outage_ends = stage.loop.now() + 6h;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    if (stage.loop.now() >= outage_ends) return std::nullopt;
    return Error{Kind::Maintenance, "down for maintenance", std::nullopt};
  };
  stage.start_engine();
  while (stage.loop.now() < outage_ends) {
    stage.loop.run_for(10s);
    stage.engine->explain_stillness();
  }
  const auto said = explanations(stage);
  ASSERT_FALSE(said.empty());
  EXPECT_LE(said.size(), 4u) << ::testing::PrintToString(said);  // once a kind of reason
  EXPECT_THAT(said[0], HasSubstr("down for maintenance"));
  ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
}

// Looks every 10 s of virtual time: whoever does not move has a reason.
void expect_reasons(Stage& stage, Duration most) {
  const SteadyTime end = stage.loop.now() + most;
  while (stage.loop.now() < end) {
    stage.loop.run_for(10s);
    for (const auto& status : stage.engine->list()) {
      const auto run = stage.engine->find(status.name);
      const bool works = status.chunks_in_flight > 0 || run->in_hand() || run->indexing;
      if (status.state == "finished" || (status.state == "running" && works)) continue;
      EXPECT_FALSE(status.waiting_for.empty()) << status.name << " is " << status.state << " and does not say why";
    }
  }
}

Error words(Kind kind) {
  return {kind, "made up", std::nullopt};
}

TEST(Stillness, AlwaysHasAReasonWhateverTheArchiveSays) {
  for (int kind = 0; kind <= static_cast<int>(Kind::Internal); ++kind) {
    SCOPED_TRACE(kind_name(static_cast<Kind>(kind)));
    Stage stage;
    stage.make_harvest("rvs", 400, 100);
    stage.make_harvest("other", 400, 100, {"RVS"});
    stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
      return words(static_cast<Kind>(kind));
    };
    stage.start_engine();
    if (static_cast<Kind>(kind) == Kind::Cancelled) continue;  // nobody but us says that
    expect_reasons(stage, 2h);
  }
}

TEST(Stillness, AlwaysHasAReasonWhateverOperatorsDo) {
  Stage stage;
  stage.make_harvest("rvs", 4000, 100);
  stage.start_engine();
  stage.archive->latency = 30s;
  expect_reasons(stage, 1min);
  ASSERT_TRUE(stage.await(stage.engine->pause("rvs", "ada")));
  expect_reasons(stage, 5min);
  EXPECT_THAT(stage.status("rvs").waiting_for, HasSubstr("ada"));
  stage.end_engine();
  stage.start_engine();
  EXPECT_THAT(stage.status("rvs").waiting_for, HasSubstr("ada"));
  ASSERT_TRUE(stage.await(stage.engine->resume("rvs")));
  ASSERT_TRUE(stage.await(stage.engine->cancel("rvs", "grace")));
  expect_reasons(stage, 1min);
  EXPECT_THAT(stage.status("rvs").waiting_for, HasSubstr("grace"));
}

TEST(Stillness, AlwaysHasAReasonWhateverOurOwnDiskDoes) {
  for (int fault = 0; fault < 5; ++fault) {
    SCOPED_TRACE(fault);
    Stage stage;
    stage.make_harvest("rvs", 400, 100);
    if (fault == 0) stage.disk.power.full = [] { return true; };
    if (fault == 1) stage.disk.publish_fault = [] { return words(Kind::Internal); };
    if (fault == 2) stage.prepare = [] { return Result<void>(fail(Kind::NotFound, "is its disk mounted?")); };
    if (fault == 3) stage.no_profile = words(Kind::Invalid);
    if (fault == 4) stage.receipt_fault = [] { return words(Kind::DiskFull); };
    stage.start_engine();
    expect_reasons(stage, 30min);
    EXPECT_NE(stage.status("rvs").state, "finished");
  }
}

TEST(Stillness, AlwaysHasAReasonWhileSourcesAreAskedFor) {
  Stage stage;
  for (const char* name : {"a", "b", "c"}) {
    stage.make_harvest_of(name, {}, 100, {"RVS"},
                          "release: Gaia DR3\nsources: {adql: SELECT source_id FROM gaiadr3.gaia_source}\n"
                          "retrieval_types: [RVS]\n");
  }
  stage.start_engine();
  expect_reasons(stage, 10min);
}

}  // namespace
}  // namespace garner::testing
