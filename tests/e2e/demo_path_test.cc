// The main job: from a manifest to verified files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "disk.h"
#include "truth.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

std::set<std::string> without(const std::vector<std::string>& ids, const std::set<std::string>& absent) {
  std::set<std::string> out;
  for (const auto& id : ids) {
    if (!absent.contains(id)) out.insert(id);
  }
  return out;
}

class DemoPath : public ::testing::Test {
 protected:
  void start(Json knobs = Json::object()) {
    rig.start_simulator({.knobs = std::move(knobs)});
    rig.start_daemon();
  }
  Rig rig;
};

TEST_F(DemoPath, BringsHomeEveryProductAndAccountsForEverySource) {
  start({{"absent_fraction", 0.1}});
  const auto ids = rig.make_ids(600);
  const auto manifest = rig.write_manifest("main", ids, "retrieval_types: [RVS, XP_SAMPLED]\nchunk_size: 100\n");
  const Ran waited = rig.garner({"submit", manifest.string(), "--wait"});
  EXPECT_EQ(waited.exit_code, 0) << waited.err;
  EXPECT_THAT(waited.out, HasSubstr("main finished: 1,200 requested = "));

  for (const std::string type : {"RVS", "XP_SAMPLED"}) {
    const auto absent = truly_absent(ids, type, 0.1);
    EXPECT_GT(absent.size(), 20u);
    EXPECT_TRUE(rig.source_ids("main", "absent", type) == absent);
    EXPECT_TRUE(rig.source_ids("main", "delivered", type) == without(ids, absent));
  }
  EXPECT_TRUE(rig.sources("main", "failed").empty());
  EXPECT_TRUE(rig.sources("main", "pending").empty());
  EXPECT_TRUE(rig.sources("main", "refused").empty());

  std::size_t right = 0;
  const auto unpacked = unpack(rig.output("main"));
  for (const auto& product : unpacked) {
    const std::string id = product.member.substr(product.member.rfind(' ') + 1,
                                                 product.member.find(".xml") - product.member.rfind(' ') - 1);
    const std::string type = product.member.substr(0, product.member.find('-'));
    right += product.bytes == true_product({.type = type}, {id}) ? 1 : 0;
  }
  EXPECT_EQ(right, unpacked.size());
  EXPECT_EQ(unpacked.size(), rig.status("main")["delivered"].get<std::size_t>());
  expect_account(rig, "main");
  const Json report = rig.report();
  EXPECT_EQ(report["requests"], 12 + 2) << "one more of each type for what came back empty";
  EXPECT_LE(report["highest_concurrency"].get<int>(), 4);
  for (const std::string type : {"RVS", "XP_SAMPLED"}) {
    const auto absent = truly_absent(ids, type, 0.1);
    for (const auto& [id, times] : rig.asked(type)) EXPECT_EQ(times, absent.contains(id) ? 2 : 1) << id;
  }
}

TEST_F(DemoPath, StatusHoldsWhatScriptsNeed) {
  start();
  rig.submit(rig.write_manifest("keys", rig.make_ids(20), "retrieval_types: [RVS]\n"));
  ASSERT_TRUE(rig.wait_for_state("keys", "finished"));
  const Json status = rig.status("keys");
  for (const char* key : {"name", "state", "waiting_for", "requested", "pending", "delivered", "absent", "failed",
                          "refused", "bytes_received", "bytes_stored", "chunks", "rate_sources_per_s", "eta_s"}) {
    EXPECT_TRUE(status.contains(key)) << key;
  }
  for (const char* key : {"total", "done", "in_flight"}) EXPECT_TRUE(status["chunks"].contains(key)) << key;
  EXPECT_EQ(status["submitter_uid"], getuid());
  EXPECT_THAT(rig.garner({"status"}).out, HasSubstr("finished"));
  EXPECT_THAT(rig.garner({"status", "keys"}).out,
              HasSubstr("20 requested = 0 pending + 20 delivered + 0 absent + 0 failed"));
  EXPECT_EQ(Json::parse(rig.garner({"list", "--json"}).out)["harvests"].size(), 1u);
  EXPECT_EQ(rig.garner({"watch", "keys"}).exit_code, 0);
}

TEST_F(DemoPath, GetGivesTheArchivesOwnBytes) {
  start({{"absent_fraction", 0.5}});
  const auto ids = rig.make_ids(40);
  rig.submit(rig.write_manifest("get", ids, "retrieval_types: [RVS, XP_SAMPLED]\nformat: fits\n"));
  ASSERT_TRUE(rig.wait_for_state("get", "finished"));
  const std::string id = *rig.source_ids("get", "delivered", "RVS").begin();
  const std::string truth = rig.product(id, "RVS", "fits");
  EXPECT_EQ(truth, true_product({.type = "RVS", .format = "fits"}, {id}));
  EXPECT_EQ(rig.garner({"get", "get", id, "RVS"}).out, truth);
  const auto file = rig.root() / "one.fits";
  EXPECT_EQ(rig.garner({"get", "get", id, "RVS", "-o", file.string()}).exit_code, 0);
  EXPECT_EQ(read_file(file), truth);

  const Ran which = rig.garner({"get", "get", id});
  EXPECT_EQ(which.exit_code, 2);
  EXPECT_THAT(which.err, HasSubstr("RVS, XP_SAMPLED"));
  const Ran absent = rig.garner({"get", "get", *rig.source_ids("get", "absent", "RVS").begin(), "RVS"});
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_THAT(absent.err, HasSubstr("absent"));
  const Ran stranger = rig.garner({"get", "get", "5937083312263887616", "RVS"});
  EXPECT_EQ(stranger.exit_code, 2);
  EXPECT_THAT(stranger.err, HasSubstr("not among the sources"));
}

TEST_F(DemoPath, PlanSendsNothingAndLeavesNothing) {
  start();
  const auto manifest = rig.write_manifest("plan", rig.make_ids(1200), "retrieval_types: [RVS, XP_SAMPLED]\n");
  const Ran plan = rig.garner({"submit", manifest.string(), "--plan"});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("2 retrieval types × 1,200 sources = 2,400 products"));
  EXPECT_THAT(plan.out, HasSubstr("6 requests of up to 500 sources"));
  EXPECT_THAT(plan.out, HasSubstr("Nothing was sent"));
  const Json json = Json::parse(rig.garner({"submit", manifest.string(), "--plan", "--json"}).out);
  EXPECT_EQ(json["plan"]["requests"], 6);
  EXPECT_EQ(rig.report()["requests"], 0);
  EXPECT_TRUE(Json::parse(rig.garner({"list", "--json"}).out)["harvests"].empty());
  EXPECT_FALSE(fs::exists(rig.output("plan")));
}

TEST_F(DemoPath, DropsDuplicatesAndListsRefusedRowsWithTheirPlace) {
  start();
  auto ids = rig.make_ids(50);
  auto rows = ids;
  rows.insert(rows.begin() + 10, "none");                                   // line 11
  rows.insert(rows.begin() + 20, "Gaia DR2 " + ids[3]);                     // line 21
  rows.insert(rows.begin() + 30, "-5");                                     // line 31
  rows.insert(rows.end(), {ids[0], ids[1], "Gaia DR3 " + ids[2], ids[0]});  // four duplicates
  const Ran submitted =
      rig.garner({"submit", rig.write_manifest("rows", rows, "retrieval_types: [XP_SAMPLED]\n").string()});
  EXPECT_EQ(submitted.exit_code, 0);
  EXPECT_THAT(submitted.out, HasSubstr("rows.ids line 11 \"none\""));
  ASSERT_TRUE(rig.wait_for_state("rows", "finished"));
  const Json status = rig.status("rows");
  EXPECT_EQ(status["sources"], 50);
  EXPECT_EQ(status["duplicates"], 4);
  EXPECT_EQ(status["refused"], 3);
  EXPECT_EQ(status["requested"], 50);
  EXPECT_EQ(rig.report()["max_times_one_id_asked"], 1);
  const auto refused = rig.sources("rows", "refused");
  ASSERT_EQ(refused.size(), 3u);
  EXPECT_EQ(refused[0][0], "rows.ids line 11");
  EXPECT_EQ(refused[0][1], "none");
  EXPECT_EQ(refused[1][0], "rows.ids line 21");
  EXPECT_THAT(refused[1][2], HasSubstr("belongs to Gaia DR2, the harvest asks for Gaia DR3"));
  EXPECT_EQ(refused[2][0], "rows.ids line 31");
  EXPECT_THAT(refused[2][2], HasSubstr("negative"));
  expect_account(rig, "rows");
}

TEST_F(DemoPath, TakesAllApartIntoTheReleasesTypes) {
  start();
  rig.submit(rig.write_manifest("all", rig.make_ids(20), "retrieval_types: ALL\n"));
  ASSERT_TRUE(rig.wait_for_state("all", "finished"));
  EXPECT_EQ(rig.status("all")["requested"], 120);
  const Json by_type = rig.report()["by_type"];
  EXPECT_EQ(by_type.size(), 6u);
  EXPECT_FALSE(by_type.contains("ALL"));
  expect_account(rig, "all");
}

TEST_F(DemoPath, AsksForTheReleaseThatTheManifestNames) {
  start();
  const auto ids = rig.make_ids(10);
  const auto path = rig.write_manifest("dr4", ids, "retrieval_types: [EPOCH_ASTROMETRY]\nformat: ecsv\n");
  std::string text = read_file(path);
  text.replace(text.find("Gaia DR3"), 8, "Gaia DR4");
  write_file(path, text);
  rig.submit(path);
  ASSERT_TRUE(rig.wait_for_state("dr4", "finished"));
  EXPECT_EQ(rig.garner({"get", "dr4", ids[0]}).out,
            true_product({.type = "EPOCH_ASTROMETRY", .format = "ecsv", .release = "Gaia DR4"}, {ids[0]}));
}

TEST_F(DemoPath, ChecksAnArchiveInTheClientsOwnProcess) {
  rig.start_simulator();
  rig.write_profile();
  const Ran checked = rig.garner({"archives", "check", "gaia"});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  EXPECT_EQ(rig.report()["requests"], 1);
  rig.set_knobs({{"faults", {{"maintenance_200", {{"probability", 1.0}}}}}});
  const Ran closed = rig.garner({"archives", "check", "gaia"});
  EXPECT_EQ(closed.exit_code, 1) << closed.out << closed.err;
}

}  // namespace
}  // namespace garner::e2e
