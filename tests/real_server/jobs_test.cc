// Jobs of the real server, from creation to deletion.
#include <gmock/gmock.h>

#include "real_server/rig.h"

namespace garner::real_server {
namespace {

using ::testing::HasSubstr;

class RealJobs : public RealServer {};

constexpr const char* kForever =
    "SELECT COUNT(*) FROM gaia.source AS a, gaia.source AS b WHERE SIN(a.ra) < COS(b.dec) + 5";

TEST_F(RealJobs, LiveFromCreationToDeletion) {
  auto query = adql("SELECT TOP 10 source_id FROM gaia.source");
  query.run_id = "chunk-7";
  const auto url = wait(tap().create(query, stop()));
  ASSERT_TRUE(url) << url.error().detail;
  const auto before = wait(jobs().look(*url, stop()));
  ASSERT_TRUE(before) << before.error().detail;
  EXPECT_EQ(before->phase, ivoa::Phase::Pending);
  EXPECT_EQ(before->id, ivoa::job_id_of(*url));
  EXPECT_TRUE(before->version_1_1);

  const auto listed = wait(jobs().list("", stop()));
  ASSERT_TRUE(listed) << listed.error().detail;
  EXPECT_THAT(*listed, ::testing::Contains(::testing::Field(&ivoa::JobRef::id, before->id)));

  const auto none = wait(jobs().list("2100-01-01T00:00:00Z", stop()));
  ASSERT_TRUE(none) << none.error().detail;
  EXPECT_THAT(*none, ::testing::IsEmpty());
  // It keeps no RUNIDs, which is no error.
  const auto found = wait(jobs().find("chunk-7", "", stop()));
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_FALSE(*found);

  ASSERT_TRUE(wait(jobs().run(*url, stop())));
  std::size_t looks = 0;
  ivoa::WaitOptions options;
  options.wait = std::chrono::seconds(10);
  options.on_look = [&looks](const ivoa::Job&) { ++looks; };
  const auto outcome = wait(jobs().wait_for(*url, ivoa::Tap::asked_of(query), options, stop()));
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->end, ivoa::JobEnd::Completed) << outcome->why.detail;
  EXPECT_GT(looks, 0u);
  EXPECT_TRUE(ivoa::parse_time(outcome->job.end_time));
  const auto body = wait(jobs().result(*url, outcome->job, ivoa::Tap::asked_of(query), stop()));
  ASSERT_TRUE(body) << body.error().detail;
  EXPECT_EQ(ivoa::read_answer(body->bytes()).rows, 10u);

  EXPECT_TRUE(wait(jobs().remove(*url, stop())));
  const auto after = wait(jobs().look(*url, stop()));
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().kind, Kind::NotFound) << after.error().detail;
  EXPECT_TRUE(wait(jobs().remove(*url, stop()))) << "gone already is well";
}

TEST_F(RealJobs, ThatFailGiveTheServersWords) {
  const auto query = adql("SELECT nix FROM gaia.source");
  auto ran = run_job(query);
  ASSERT_TRUE(ran) << ran.error().detail;
  EXPECT_EQ(ran->outcome.end, ivoa::JobEnd::Failed);
  EXPECT_EQ(ran->outcome.why.kind, Kind::Unsupported);
  EXPECT_THAT(ran->outcome.why.detail, HasSubstr("column 'nix' could not be located"));
  const Error error = wait(jobs().error(ran->url, ran->outcome.job, ivoa::Tap::asked_of(query), stop()));
  EXPECT_EQ(error.kind, Kind::Unsupported) << error.detail;
  EXPECT_TRUE(wait(jobs().remove(ran->url, stop())));
}

TEST_F(RealJobs, AreAdoptedByTheirUrlAndStartedByTheWait) {
  const auto query = adql("SELECT TOP 10 source_id FROM gaia.source");
  const auto url = wait(tap().create(query, stop()));
  ASSERT_TRUE(url) << url.error().detail;
  ivoa::WaitOptions options;
  options.total = std::chrono::seconds(60);
  const auto outcome = wait(jobs().wait_for(*url, ivoa::Tap::asked_of(query), options, stop()));
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->end, ivoa::JobEnd::Completed) << outcome->why.detail;
  EXPECT_TRUE(wait(jobs().remove(*url, stop())));
}

TEST_F(RealJobs, AreStillRunningWhereTheWaitEndsAndAreAborted) {
  const auto query = adql(kForever);
  const auto url = wait(tap().create(query, stop()));
  ASSERT_TRUE(url) << url.error().detail;
  ASSERT_TRUE(wait(jobs().run(*url, stop())));
  ivoa::WaitOptions options;
  options.wait = std::chrono::seconds(2);
  options.total = std::chrono::seconds(4);
  const auto early = wait(jobs().wait_for(*url, ivoa::Tap::asked_of(query), options, stop()));
  ASSERT_TRUE(early) << early.error().detail;
  EXPECT_EQ(early->end, ivoa::JobEnd::StillRunning);

  const auto aborted = wait(jobs().abort(*url, stop()));
  EXPECT_TRUE(aborted) << aborted.error().detail;
  options.total = std::chrono::seconds(60);
  const auto late = wait(jobs().wait_for(*url, ivoa::Tap::asked_of(query), options, stop()));
  ASSERT_TRUE(late) << late.error().detail;
  EXPECT_EQ(late->end, ivoa::JobEnd::Aborted) << late->why.detail;
  EXPECT_TRUE(wait(jobs().remove(*url, stop())));
}

TEST_F(RealJobs, AreRemovedWhileTheyRun) {
  const auto url = wait(tap().create(adql(kForever), stop()));
  ASSERT_TRUE(url) << url.error().detail;
  ASSERT_TRUE(wait(jobs().run(*url, stop())));
  const auto removed = wait(jobs().remove(*url, stop()));
  EXPECT_TRUE(removed) << removed.error().detail;
  const auto after = wait(jobs().look(*url, stop()));
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().kind, Kind::NotFound) << after.error().detail;
}

}  // namespace
}  // namespace garner::real_server
