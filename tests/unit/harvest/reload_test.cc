// A profile that is read again while chunks are under way, some of which take hours.
#include <gtest/gtest.h>

#include "stage.h"

namespace garner::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kProducts = 100'000;

// One harvest by jobs of ten hours, one of products that are asked for meanwhile.
struct Busy {
  Stage stage;

  Busy() {
    stage.tap.job_time = 10h;
    stage.truth.counts_asked = false;
    stage.make_harvest_of("jobs", {SourceId{1}, SourceId{2}}, 1, {"result"},
                          "kind: query\nadql: SELECT * FROM a.b\npartition: {column: n, from: 1, to: 9, parts: 1}\n");
    stage.make_harvest("products", kProducts, 100, {"RVS"});
  }
  void run_into_the_jobs() {
    stage.start_engine();
    stage.loop.run_for(2min);
    ASSERT_EQ(stage.tap.running, 2);
    ASSERT_LT(stage.status("products").delivered, kProducts);
  }
};

TEST(Reload, OfTheSameProfileChangesNothing) {
  Busy busy;
  busy.run_into_the_jobs();
  const auto* before = busy.stage.archive;
  busy.stage.engine->reload({});
  busy.stage.loop.run_for(1h);
  EXPECT_EQ(busy.stage.archive, before) << "whoever is asked keeps his sessions";
  EXPECT_EQ(busy.stage.status("products").state, "finished");
  EXPECT_EQ(busy.stage.people.left, 0);
}

// What stands in the file of the credentials is not in the profile.
TEST(Reload, OfAProfileWithALoginLogsInAnew) {
  Busy busy;
  busy.stage.profile.credential_file = "/etc/garner/credentials";
  busy.run_into_the_jobs();
  const auto* before = busy.stage.archive;
  busy.stage.engine->reload({});
  EXPECT_NE(busy.stage.archive, before);
}

TEST(Reload, OfAChangedProfileIsTakenAtOnceAndWhatIsUnderWayEndsByTheOldOne) {
  Busy busy;
  busy.run_into_the_jobs();
  auto* before = busy.stage.archive;
  busy.stage.profile.user_agent_contact = "ops@example.org";
  busy.stage.engine->reload({});
  auto* after = busy.stage.archive;
  ASSERT_NE(after, before);
  const int asked_before = before->requests;
  busy.stage.loop.run_for(9h);
  EXPECT_EQ(busy.stage.status("products").state, "finished");
  EXPECT_GT(after->requests, 0);
  EXPECT_EQ(before->requests, asked_before);
  EXPECT_EQ(busy.stage.people.left, 0) << "two jobs are waited for in the old one's session";
  ASSERT_TRUE(busy.stage.run_until_state("jobs", "finished"));
  busy.stage.loop.run_for(1min);
  EXPECT_EQ(busy.stage.people.left, 1);
  EXPECT_EQ(busy.stage.tap.jobs.size(), 2u) << "none was made twice";
}

TEST(Reload, SessionsOfTheOldProfileEndToo) {
  Busy busy;
  busy.run_into_the_jobs();
  busy.stage.profile.user_agent_contact = "ops@example.org";
  busy.stage.engine->reload({});
  busy.stage.end_engine();
  EXPECT_EQ(busy.stage.people.left, 2);
}

}  // namespace
}  // namespace garner::testing
