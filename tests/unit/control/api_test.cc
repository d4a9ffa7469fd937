// Client and server against each other over a real socket: every route, and every error on its way back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon_fixture.h"

namespace garner::control {
namespace {

using control_test::example_status;
using control_test::TestDaemon;
using testing::ElementsAre;
using testing::HasSubstr;

struct Api : testing::Test {
  TestDaemon daemon;
  Client client = daemon.client();
  void SetUp() override { daemon.service.harvests["rvs-bright"] = example_status(); }
};

TEST_F(Api, TheDaemonTellsAboutItself) {
  const auto info = client.daemon();
  ASSERT_TRUE(info) << info.error().detail;
  EXPECT_EQ(info->version, "0.1.0");
  EXPECT_EQ(info->pid, 4242);
  EXPECT_GE(info->uptime_s, 0);
  EXPECT_EQ(info->identity, "anonymous");
}

TEST_F(Api, HarvestsAreListedAndShown) {
  daemon.service.harvests["b"] = example_status("b");
  const auto list = client.list();
  ASSERT_TRUE(list) << list.error().detail;
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ(list->at(0).name, "b");
  const auto status = client.status("rvs-bright");
  ASSERT_TRUE(status) << status.error().detail;
  EXPECT_EQ(status_json(*status), status_json(example_status()));
}

TEST_F(Api, HarvestsArePausedResumedCancelledRemovedAndRetried) {
  EXPECT_TRUE(client.pause("rvs-bright"));
  EXPECT_TRUE(client.resume("rvs-bright"));
  EXPECT_TRUE(client.cancel("rvs-bright"));
  EXPECT_TRUE(client.remove("rvs-bright", false));
  EXPECT_TRUE(client.remove("rvs-bright", true));
  EXPECT_EQ(client.retry("rvs-bright", "absent").value_or(0), 500u);
  EXPECT_THAT(daemon.service.calls(), ElementsAre("pause rvs-bright", "resume rvs-bright", "cancel rvs-bright",
                                                  "remove rvs-bright", "remove+data rvs-bright", "retry 2 rvs-bright"));
}

TEST_F(Api, ListingsGoOnFromTheirCursor) {
  daemon.service.pages = {{{{SourceId{5937083312263887616}, "RVS", "a b"}}, {}, "1"},
                          {{{SourceId{7}, "RVS", ""}}, {}, ""}};
  const auto first = client.sources("rvs-bright", "failed", "", 10);
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ(first->rows.at(0).id.value, 5937083312263887616u);
  EXPECT_EQ(first->next, "1");
  const auto second = client.sources("rvs-bright", "failed", first->next, 10);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->next, "");
  EXPECT_THAT(daemon.service.calls(),
              ElementsAre("sources failed '' 10 rvs-bright", "sources failed '1' 10 rvs-bright"));
}

TEST_F(Api, ACursorOfAnyBytesComesBackAsItWas) {
  daemon.service.pages = {{{}, {}, "1 & ü\t/%"}};
  EXPECT_EQ(client.sources("rvs-bright", "failed", "", 10)->next, "1 & ü\t/%");
}

TEST_F(Api, RefusedRowsAreListed) {
  daemon.service.pages = {{{}, {{"ids.txt line 12", "2.26e18", "went through a double"}}, ""}};
  const auto page = client.sources("rvs-bright", "refused", "", 10);
  ASSERT_TRUE(page) << page.error().detail;
  EXPECT_EQ(page->refused_rows.at(0).where, "ids.txt line 12");
}

TEST_F(Api, AProductComesByteForByteWithItsName) {
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7);
  daemon.service.found = {bytes, "RVS-Gaia DR3 5937083312263887616.fits", "RVS", true};
  const auto product = client.product("rvs-bright", SourceId{5937083312263887616}, "RVS");
  ASSERT_TRUE(product) << product.error().detail;
  EXPECT_EQ(product->bytes, bytes);
  EXPECT_EQ(product->file_name, "RVS-Gaia DR3 5937083312263887616.fits");
  EXPECT_EQ(product->retrieval_type, "RVS");
  EXPECT_TRUE(product->whole_table);
}

TEST_F(Api, VerifyingGoesPageByPage) {
  daemon.service.verify_pages = {{10, 5000, 1 << 20, {"RVS/0000/a.zip: sha256 differs"}, "1"}};
  const auto page = client.verify("rvs-bright", "");
  ASSERT_TRUE(page) << page.error().detail;
  EXPECT_EQ(page->packs, 10u);
  EXPECT_THAT(page->damages, ElementsAre("RVS/0000/a.zip: sha256 differs"));
  EXPECT_EQ(page->next, "1");
}

TEST_F(Api, AnUnknownHarvestIsNotFound) {
  const auto status = client.status("nope");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, Kind::NotFound);
  EXPECT_EQ(status.error().detail, "no harvest 'nope' here");
}

TEST_F(Api, EveryKindOfErrorComesBackButTransientWhichMeansUnreachable) {
  for (int k = 0; k <= static_cast<int>(Kind::Internal); ++k) {
    const auto kind = static_cast<Kind>(k);
    daemon.service.error = Error{kind, "why", std::nullopt};
    const auto answer = client.pause("rvs-bright");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, kind == Kind::Transient ? Kind::Overloaded : kind);
    EXPECT_EQ(answer.error().detail, "why");
  }
}

TEST_F(Api, ASubmissionArrivesWhole) {
  std::vector<SourceId> ids;
  for (std::uint64_t i = 1; i <= 200'000; ++i) ids.push_back({i << 35});
  const auto upload = client.submit(false, "rvs.yaml", "harvest: rvs-bright\n");
  ASSERT_TRUE(upload->add_ids(ids));
  for (int i = 0; i < 700; ++i) ASSERT_TRUE(upload->add_refused({fmt::format("ids.txt line {}", i), "x", "no digits"}));
  ASSERT_TRUE(upload->add_ids(std::span(ids).first(1)));
  const auto result = upload->finish();
  ASSERT_TRUE(result) << result.error().detail;
  EXPECT_EQ(result->status.name, "rvs-bright");
  const auto submissions = daemon.service.submissions();
  ASSERT_EQ(submissions.size(), 1u);
  EXPECT_EQ(submissions[0].manifest, "harvest: rvs-bright\n");
  EXPECT_EQ(submissions[0].file, "rvs.yaml");
  EXPECT_EQ(submissions[0].peer.uid, ::geteuid());
  EXPECT_TRUE(submissions[0].finished);
  EXPECT_FALSE(submissions[0].plan_only);
  EXPECT_EQ(submissions[0].refused.size(), 700u);
  ids.push_back(ids.front());
  EXPECT_EQ(submissions[0].ids, ids);
}

TEST_F(Api, APlanKeepsNothing) {
  const auto upload = client.submit(true, "rvs.yaml", "harvest: rvs-bright\n");
  ASSERT_TRUE(upload->add_ids(std::vector<SourceId>{{1}, {2}}));
  const auto result = upload->finish();
  ASSERT_TRUE(result) << result.error().detail;
  EXPECT_EQ(result->plan.products, 4u);
  EXPECT_TRUE(daemon.service.submissions().at(0).plan_only);
}

TEST_F(Api, ARefusedManifestIsToldInTheDaemonsWords) {
  daemon.service.submit_error =
      Error{Kind::Invalid, "rvs.yaml:3:1: archive: no profile 'gaja'\nrvs.yaml:4:1: second problem", std::nullopt};
  const auto upload = client.submit(false, "rvs.yaml", "text");
  (void)upload->add_ids(std::vector<SourceId>(100'000, SourceId{1}));
  const auto result = upload->finish();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Kind::Invalid);
  EXPECT_THAT(result.error().detail, HasSubstr("no profile 'gaja'\nrvs.yaml:4:1"));
}

TEST_F(Api, AVerdictAtTheEndIsTold) {
  daemon.service.error = Error{Kind::DiskFull, "no space for the ledger", std::nullopt};
  const auto result = client.submit(false, "rvs.yaml", "text")->finish();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Kind::DiskFull);
}

TEST(Client, SaysWhichSocketIsMissingAndWhatToDo) {
  const auto info = Client("/tmp/no/such/garnerd.sock").daemon();
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().kind, Kind::Transient);
  EXPECT_THAT(info.error().detail, HasSubstr("/tmp/no/such/garnerd.sock"));
  EXPECT_THAT(info.error().detail, HasSubstr("systemctl start garnerd"));
}

TEST(Client, ToldOfASocketThatNobodyAnswersOn) {
  TestDaemon daemon;
  daemon.stop();  // its file stays
  EXPECT_EQ(daemon.client().list().error().kind, Kind::Transient);
  EXPECT_EQ(daemon.client().submit(false, "m", "t")->finish().error().kind, Kind::Transient);
}

TEST(Client, ReachesADaemonThatWasStartedAgain) {
  TestDaemon daemon;
  auto client = daemon.client();
  EXPECT_TRUE(client.daemon());
  daemon.stop();
  EXPECT_FALSE(client.daemon());
  daemon.start();
  EXPECT_TRUE(client.daemon());
}

TEST(Client, RefusesAPathThatIsNoSocketsPath) {
  EXPECT_EQ(Client(std::string(300, 'x')).daemon().error().kind, Kind::Invalid);
}

}  // namespace
}  // namespace garner::control
