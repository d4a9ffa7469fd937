// What operators are told of a harvest, and what their verbs say that they did.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> events(Stage& stage) {
  stage.loop.run_for(1s);
  std::vector<std::string> out;
  for (const auto& entry : *stage.ledger.journal(1, {.block = {}, .type = {}, .most = 1000})) {
    if (!entry.attempt) out.push_back(entry.text);
  }
  return out;
}

TEST(Resume, TriesAtOnceWhatOurOwnDiskHeldBack) {
  Stage stage;
  stage.make_harvest("full", 1000, 100, {"RVS"});
  bool full = true;
  stage.ledger.fail_settles_when([&] { return full; });
  stage.start_engine();
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.status("full").waiting_for.starts_with("tried again in "); }));
  EXPECT_THAT(stage.status("full").waiting_for, HasSubstr(": ledger: ")) << "the time first, then the reason";
  EXPECT_FALSE(stage.status("full").eta_s) << "nothing moves";
  full = false;
  ASSERT_TRUE(stage.await(stage.engine->resume("full", "ada")));
  stage.loop.run_for(10s);
  EXPECT_EQ(stage.status("full").state, "finished") << "the hold would have lasted a minute";
  EXPECT_THAT(events(stage), Contains("resumed by ada"));
}

TEST(Resume, OfWhatRunsIsNoEvent) {
  Stage stage;
  stage.make_harvest("runs", 1000, 100, {"RVS"});
  stage.start_engine();
  stage.archive->latency = 1min;
  stage.loop.run_for(10s);
  ASSERT_TRUE(stage.await(stage.engine->resume("runs", "ada")));
  EXPECT_THAT(events(stage), Not(Contains(HasSubstr("resumed"))));
}

TEST(Retry, OfWhatIsNotBlockedSaysSo) {
  Stage stage;
  stage.make_harvest("runs", 6000, 100, {"RVS"});
  stage.start_engine();
  stage.archive->latency = 1min;
  stage.loop.run_for(10s);
  ASSERT_EQ(stage.await(stage.engine->retry("runs", ledger::Outcome::Pending, "ada")).value_or(1), 0u);
  EXPECT_THAT(events(stage), Contains("retry by ada: nothing was blocked; its own holds and waits are cut short"));
}

TEST(Retry, CountsAsPeopleRead) {
  Stage stage;
  stage.make_harvest("rvs", 3000, 100, {"RVS"});
  for (std::uint64_t id = 1000; id < 3500; ++id) stage.truth.missing.insert({"RVS", SourceId{id}});
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("rvs", "finished"));
  ASSERT_EQ(stage.await(stage.engine->retry("rvs", ledger::Outcome::Absent, "ada")).value_or(0), 2500u);
  EXPECT_THAT(events(stage), Contains("retry by ada: 2,500 absent products are put back to pending"));
}

TEST(Submitted, IsToldInChunksOfAllTypes) {
  Stage stage;
  stage.start_engine();
  stage.make_harvest("both", 3000, 100);
  ASSERT_TRUE(stage.await(stage.engine->add((*stage.ledger.harvests())[0])));
  EXPECT_THAT(events(stage), Contains("submitted: 3,000 sources in 60 chunks"));
}

TEST(Blocked, NamesEveryBlockedType) {
  Stage stage;
  stage.make_harvest("types", 400, 100, {"RVS", "XP_SAMPLED"});
  stage.weather = [](const archive::ChunkRequest& request) -> std::optional<Error> {
    return Error{Kind::Auth, request.retrieval_type == "RVS" ? "not for you" : "nor this", std::nullopt};
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("types", "blocked"));
  EXPECT_EQ(stage.status("types").waiting_for, "RVS: not for you · XP_SAMPLED: nor this");
  EXPECT_FALSE(stage.status("types").eta_s);
}

TEST(Blocked, TellsAReasonOfSeveralTypesOnce) {
  Stage stage;
  stage.make_harvest("types", 400, 100, {"RVS", "XP_SAMPLED"});
  stage.weather = [](const archive::ChunkRequest&) {
    return std::optional(Error{Kind::Auth, "not for you", std::nullopt});
  };
  stage.start_engine();
  ASSERT_TRUE(stage.run_until_state("types", "blocked"));
  EXPECT_EQ(stage.status("types").waiting_for, "RVS, XP_SAMPLED: not for you");
}

TEST(TimeLeft, IsNotToldWhileTheArchiveIsDown) {
  Stage stage;
  stage.make_harvest("down", 40'000, 100, {"RVS"});
  bool down = false;
  stage.weather = [&](const archive::ChunkRequest&) -> std::optional<Error> {
    return down ? std::optional(Error{Kind::Maintenance, "Archive down", std::nullopt}) : std::nullopt;
  };
  stage.start_engine();
  stage.archive->latency = 2s;
  stage.loop.run_for(7s);
  ASSERT_EQ(stage.status("down").state, "running");
  EXPECT_TRUE(stage.status("down").eta_s);
  down = true;
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.status("down").waiting_for.starts_with("archive down for "); }));
  EXPECT_FALSE(stage.status("down").eta_s);
}

TEST(TimeLeft, CountsARateCapIn) {
  Stage stage;
  stage.profile.manners.limits.requests_per_minute = 1;
  stage.make_harvest("slow", 6000, 100, {"RVS"});
  stage.start_engine();
  stage.loop.run_for(30s);
  const auto status = stage.status("slow");
  EXPECT_EQ(status.limited_by, "1 request/min (for gaia)");
  ASSERT_TRUE(status.eta_s) << status.state << ": " << status.waiting_for;
  EXPECT_NEAR(*status.eta_s, 59 * 60, 120) << "59 chunks are left, whatever the first minute's rate";
}

TEST(Chunks, ThatAwaitTheSecondLookAreCounted) {
  Stage stage;
  stage.make_harvest("empty", 1000, 100, {"RVS"});
  for (std::uint64_t id = 1000; id < 2000; id += 10) stage.truth.missing.insert({"RVS", SourceId{id}});
  stage.start_engine();
  ASSERT_TRUE(stage.loop.run_until([&] { return stage.status("empty").empty_so_far == 100; }));
  EXPECT_EQ(stage.status("empty").chunks_done, 0u);
  EXPECT_EQ(stage.status("empty").chunks_to_look_at, 10u);
  ASSERT_TRUE(stage.run_until_state("empty", "finished"));
  EXPECT_EQ(stage.status("empty").chunks_to_look_at, 0u);
}

}  // namespace
}  // namespace garner::testing
