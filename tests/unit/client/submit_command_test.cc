// `garner submit`: the manifest, the id list, and what is said about them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "daemon_fixture.h"
#include "run_garner.h"

namespace garner::client {
namespace {

using client_test::Outcome;
using client_test::run_garner;
using control_test::example_status;
using control_test::TestDaemon;
using testing::HasSubstr;

struct Submit : testing::Test {
  TestDaemon daemon;
  void SetUp() override {
    daemon.service.harvests["rvs-bright"] = example_status();
    write("ids.txt", "5937083312263887616\n4657994321463473792\nnonsense\n");
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(daemon.folder / name) << text; }
  void write_manifest(const std::string& sources) {
    write("rvs.yaml", "harvest: rvs-bright\narchive: gaia\nrelease: Gaia DR3\nsources: " + sources +
                          "\nretrieval_types: [RVS, XP_CONTINUOUS]\noutput: {directory: /srv/gaia/rvs-bright}\n");
  }
  Outcome submit(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"submit", daemon.folder / "rvs.yaml"});
    more.insert(more.end(), {"--socket", daemon.socket()});
    return run_garner(more);
  }
};

TEST_F(Submit, ReadsTheListBesideTheManifestAndTellsWhatComesNext) {
  write_manifest("{file: ids.txt}");
  const auto outcome = submit();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("rvs-bright    submitted: 2,406,004 products in 4,814 chunks, 3 rows refused"));
  EXPECT_THAT(outcome.out, HasSubstr("refused: ids.txt line 3 \"nonsense\""));
  EXPECT_THAT(outcome.out, HasSubstr("garner watch rvs-bright"));
  const auto got = daemon.service.submissions().at(0);
  EXPECT_EQ(got.ids, (std::vector<SourceId>{{5937083312263887616}, {4657994321463473792}}));
  EXPECT_EQ(got.refused.at(0).where, "ids.txt line 3");
}

TEST_F(Submit, TakesIdsFromTheManifestItself) {
  write_manifest("{ids: [\"5937083312263887616\", \"Gaia DR3 4657994321463473792\"]}");
  const auto outcome = submit();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(daemon.service.submissions().at(0).ids.size(), 2u);
}

TEST_F(Submit, APlanTellsTheCostAndThatNothingWasSent) {
  write_manifest("{file: ids.txt}");
  const auto outcome = submit({"--plan"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out.substr(0, outcome.out.find('\n')),
            "ids.txt       3 rows = 2 sources + 0 duplicates + 1 refused");
  EXPECT_THAT(outcome.out, HasSubstr("plan          2 retrieval types × 2 sources = 4 products to account for\n"));
  EXPECT_THAT(outcome.out, HasSubstr("              at 25 to 225 sources/s this archive takes 3.0 to 26.7 hours\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Nothing was sent."));
  EXPECT_TRUE(daemon.service.submissions().at(0).plan_only);
}

TEST_F(Submit, RowsOfTablesAreCountedBySourcesAndTables) {
  write("rvs.yaml",
        "harvest: rvs-bright\narchive: gaia\nrelease: Gaia DR3\nkind: rows\nsources: ids.txt\n"
        "tables: [a.b, a.c]\noutput: {directory: /srv/gaia/rvs-bright}\n");
  const auto planned = submit({"--plan"});
  EXPECT_EQ(planned.code, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("3 rows = 2 sources + 0 duplicates + 1 refused\n"));
  EXPECT_THAT(planned.out, HasSubstr("plan          rows of 2 tables × 2 sources to account for\n"));
  const auto outcome = submit();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("submitted: rows of 2 tables × 1,203,002 sources in 4,814 chunks, 3 rows refused"));
  EXPECT_EQ(daemon.service.submissions().at(1).ids.size(), 2u);
}

TEST_F(Submit, SourcesByQueryBringNoIds) {
  write_manifest("{cone: {ra: 1, dec: 2, radius: 3}}");
  const auto outcome = submit();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("submitted: the archive is asked for its sources first (sources.cone)\n"));
  const auto got = daemon.service.submissions().at(0);
  EXPECT_TRUE(got.finished);
  EXPECT_EQ(got.id_count, 0u);
  EXPECT_TRUE(got.refused.empty());
}

TEST_F(Submit, AQueryBringsNoIdsAndIsCountedByParts) {
  write("rvs.yaml",
        "harvest: rvs-bright\narchive: gaia\nkind: query\nadql: SELECT a FROM t\n"
        "partition: {column: random_index, from: 0, to: 1999, parts: 2000}\n"
        "output: {directory: /srv/gaia/rvs-bright}\n");
  const auto planned = submit({"--plan"});
  EXPECT_EQ(planned.code, 0) << planned.err;
  EXPECT_THAT(planned.out,
              HasSubstr("partition     2,000 parts of random_index from 0 to 1999, and one for its NULLs\n"));
  const auto outcome = submit();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("submitted: 2,406,004 parts in 4,814 chunks ("));
  EXPECT_EQ(daemon.service.submissions().at(1).id_count, 0u);
  EXPECT_TRUE(daemon.service.submissions().at(1).finished);
}

TEST_F(Submit, EveryProblemOfTheManifestIsToldWithItsPlace) {
  write("rvs.yaml", "harvest: rvs-bright\narchiv: gaia\nrelease: Gaia DR3\nchunk_size: 0\n");
  const auto outcome = submit();
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("rvs.yaml:2:1: "));
  EXPECT_THAT(outcome.err, HasSubstr("rvs.yaml:4:"));
  EXPECT_TRUE(daemon.service.submissions().empty());
}

TEST_F(Submit, AListOfWhichEveryRowIsRefusedStartsNothing) {
  write_manifest("{file: bad.txt}");
  write("bad.txt", "0\n-5\n");
  const auto outcome = submit();
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("all of its 2 rows were refused"));
  EXPECT_THAT(outcome.err, HasSubstr("bad.txt line 1 \"0\""));
  for (const auto& submission : daemon.service.submissions()) EXPECT_FALSE(submission.finished);
}

TEST_F(Submit, AnEmptyListStartsNothing) {
  write_manifest("{file: empty.txt}");
  write("empty.txt", "# nothing yet\n");
  const auto outcome = submit();
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err, "");
}

TEST_F(Submit, AMissingListOrManifestEndsWithTwo) {
  write_manifest("{file: none.txt}");
  EXPECT_EQ(submit().code, 2);
  EXPECT_EQ(run_garner({"submit", daemon.folder / "none.yaml", "--socket", daemon.socket()}).code, 2);
}

TEST_F(Submit, AlreadyHereIsGood) {
  write_manifest("{file: ids.txt}");
  daemon.service.already_here = true;
  const auto outcome = submit();
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("already here"));
}

TEST_F(Submit, WaitEndsAsTheHarvestDoes) {
  write_manifest("{file: ids.txt}");
  auto& status = daemon.service.harvests["rvs-bright"];
  status.state = "finished";
  EXPECT_EQ(submit({"--wait"}).code, 0);
  status.failed = 1;
  EXPECT_EQ(submit({"--wait"}).code, 1);
  status.failed = 0;
  status.state = "blocked";
  status.chunks_blocked = 2;
  const auto blocked = submit({"--wait"});
  EXPECT_EQ(blocked.code, 1);
  EXPECT_THAT(blocked.out, HasSubstr("garner retry rvs-bright --outcome pending"));
}

TEST_F(Submit, WithoutADaemonTheListIsNotEvenRead) {
  write_manifest("{file: none.txt}");
  daemon.stop();
  EXPECT_EQ(submit().code, 3);
}

TEST_F(Submit, JsonHoldsTheHarvestAndThePlan) {
  write_manifest("{file: ids.txt}");
  const auto outcome = submit({"--json"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\"harvest\":{"));
  EXPECT_THAT(outcome.out, HasSubstr("\"already_here\":false"));
}

}  // namespace
}  // namespace garner::client
