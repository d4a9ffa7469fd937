// Sources that are a query: the daemon puts it to the archive, and a harvest begins only when the whole answer is in.
// And prefilter: who has a product at all is asked first.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "disk.h"
#include "tap_rig.h"
#include "truth.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSource = "gaiadr3.gaia_source";
constexpr double kAbsent = 0.3;

struct Sources {
  std::string name, manifest, where;
};

void PrintTo(const Sources& sources, std::ostream* out) {
  *out << sources.name;
}

std::vector<Sources> every_query() {
  return {{"Adql", "{adql: \"SELECT source_id FROM gaiadr3.gaia_source WHERE phot_g_mean_mag < 11\"}",
           "phot_g_mean_mag < 11"},
          {"Cone", "{cone: {ra: 100, dec: -20, radius: 20}}",
           "1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 100, -20, 20))"},
          {"ConeInWords", "{cone: {ra: \"06:40:00\", dec: \"-20:00:00\", radius: 1200arcmin}}",
           "1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 100, -20, 20))"},
          {"Box", "{box: {ra: 100, dec: -20, width: 30, height: 20}}",
           "1 = CONTAINS(POINT('ICRS', ra, dec), BOX('ICRS', 100, -20, 30, 20))"}};
}

class QuerySources : public TapRig {
 protected:
  std::set<std::string> truly_in(const std::string& where) {
    return sky().ids_in(fmt::format("{} WHERE {}", kSource, where));
  }
  std::set<std::string> all_of(const std::string& name, const std::string& type) {
    auto ids = rig.source_ids(name, "delivered", type);
    ids.merge(rig.source_ids(name, "absent", type));
    return ids;
  }
};

class EveryQuery : public QuerySources, public ::testing::WithParamInterface<Sources> {};

TEST_P(EveryQuery, GivesTheSourcesOfProductsAndOfRows) {
  const auto& [title, sources, where] = GetParam();
  start({}, {{"absent_fraction", kAbsent}});
  const auto truth = truly_in(where);
  ASSERT_GT(truth.size(), 20u);
  const std::vector<std::string> ids(truth.begin(), truth.end());
  finish(manifest("products", "sources: " + sources + "\nretrieval_types: [XP_SAMPLED]\nchunk_size: 100\n"),
         "products");
  EXPECT_TRUE(all_of("products", "XP_SAMPLED") == truth);
  EXPECT_TRUE(rig.source_ids("products", "absent") == truly_absent(ids, "XP_SAMPLED", kAbsent));
  expect_account(rig, "products");
  finish(manifest("rows", "kind: rows\nsources: " + sources + "\ntables: [gaiadr3.nss_two_body_orbit]\nformat: csv\n"),
         "rows");
  expect_outcomes("rows", "gaiadr3.nss_two_body_orbit", ids);
  expect_account(rig, "rows");
}

INSTANTIATE_TEST_SUITE_P(Each, EveryQuery, ::testing::ValuesIn(every_query()),
                         [](const auto& each) { return each.param.name; });

TEST_F(QuerySources, APlanCountsThemWithoutFetchingThem) {
  start();
  const Ran plan = rig.garner(
      {"submit", manifest("plan", "sources: " + every_query()[0].manifest + "\nretrieval_types: [RVS]\n").string(),
       "--plan"});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  const std::size_t truth = truly_in(every_query()[0].where).size();
  EXPECT_THAT(plan.out, HasSubstr(std::to_string(truth)));
  EXPECT_THAT(plan.out, HasSubstr("COUNT(*)"));
  for (const Json& query : queries()) EXPECT_LE(query["rows"].get<int>(), 100) << query["query"];
  EXPECT_EQ(rig.report()["requests"], 0);
  EXPECT_TRUE(Json::parse(rig.garner({"list", "--json"}).out)["harvests"].empty());
}

TEST_F(QuerySources, AnAnswerThatTheArchiveCutsIsAskedInPartsUntilAllAreIn) {
  start({{"async_row_cap", 500}});
  finish(manifest("all",
                  "kind: rows\nsources: {adql: \"SELECT source_id FROM gaiadr3.gaia_source\"}\n"
                  "tables: [gaiadr3.nss_two_body_orbit]\nformat: csv\n"),
         "all");
  EXPECT_TRUE(all_of("all", "gaiadr3.nss_two_body_orbit") == sky().ids_in(kSource));
  expect_no_job_is_left();
}

TEST_F(QuerySources, OneThatIsCutAndCannotBeAskedInPartsBeginsNothing) {
  start({{"async_row_cap", 500}});
  rig.submit(manifest("top",
                      "sources: {adql: \"SELECT TOP 700 source_id FROM gaiadr3.gaia_source\"}\n"
                      "retrieval_types: [MCMC_MSC]\n"));
  ASSERT_TRUE(rig.wait_for_state("top", "blocked"));
  const std::string told = rig.status("top").dump();
  EXPECT_THAT(told, HasSubstr("TOP"));
  EXPECT_THAT(told, HasSubstr("OVERFLOW"));
  EXPECT_EQ(rig.report()["requests"], 0);
  expect_no_job_is_left();
}

TEST_F(QuerySources, WhatTheArchiveCallsWrongLeavesNothing) {
  start();
  const std::pair<const char*, const char*> wrong[] = {
      {"SELECT source_id FRM gaiadr3.gaia_source", "without FROM"},
      {"SELECT source_id FROM gaiadr3.gaia_source WHERE ra >> 3", "Encountered"},
      {"SELECT source_id FROM gaiadr3.gaia_source WHERE colour > 3", "colour"},
      {"SELECT source_id FROM gaiadr3.nothing", "gaiadr3.nothing"}};
  for (const auto& [adql, words] : wrong) {
    SCOPED_TRACE(adql);
    const Ran ran = rig.garner(
        {"submit",
         manifest("wrong", "sources: {adql: \"" + std::string(adql) + "\"}\nretrieval_types: [RVS]\n").string()});
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_THAT(ran.err, HasSubstr(words));
    EXPECT_TRUE(Json::parse(rig.garner({"list", "--json"}).out)["harvests"].empty());
    EXPECT_FALSE(fs::exists(rig.output("wrong") / "MANIFEST.yaml"));
  }
  EXPECT_EQ(rig.report()["requests"], 0);
}

TEST_F(QuerySources, AnAnswerWithoutIdsIsRefusedWithWords) {
  start();
  const Ran ran = rig.garner(
      {"submit",
       manifest("noid", "sources: {adql: \"SELECT ra, dec FROM gaiadr3.gaia_source\"}\nretrieval_types: [RVS]\n")
           .string()});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("source_id"));
}

TEST_F(QuerySources, ADaemonThatIsKilledMeanwhileAsksAgainOrHasThemAll) {
  start({{"latency", {{"a_s", 0.3}}}});
  const auto path =
      manifest("again", "sources: " + every_query()[0].manifest + "\nretrieval_types: [MCMC_MSC]\nchunk_size: 100\n");
  Child submitting({rig.garner_path, "submit", path.string()},
                   {{"GARNER_SOCKET", (rig.root() / "garnerd.sock").string()},
                    {"GARNER_ARCHIVES", (rig.root() / "archives").string()}},
                   rig.root() / "submit.log");
  ASSERT_TRUE(wait_until([&] { return tap_report()["requests"].get<int>() > 0; }));
  rig.daemon().kill_now();
  submitting.wait();
  rig.start_daemon();
  if (Json::parse(rig.garner({"list", "--json"}).out)["harvests"].empty()) rig.submit(path);
  ASSERT_TRUE(rig.wait_for_state("again", "finished"));
  EXPECT_TRUE(all_of("again", "MCMC_MSC") == truly_in(every_query()[0].where));
  expect_account(rig, "again");
}

TEST_F(QuerySources, PrefilteredSourcesCostNoProductRequest) {
  start({}, {{"absent_fraction", kAbsent}});
  auto ids = ids_of_sky(500);
  const auto unknown = unknown_ids(100);
  ids.insert(ids.end(), unknown.begin(), unknown.end());
  finish(
      rig.write_manifest("sieved", ids, "retrieval_types: [MCMC_MSC, XP_SAMPLED]\nprefilter: true\nchunk_size: 100\n"),
      "sieved");
  std::size_t wanted = 0;
  for (const std::string type : {"MCMC_MSC", "XP_SAMPLED"}) {
    SCOPED_TRACE(type);
    auto absent = truly_absent(ids, type, kAbsent);
    absent.insert(unknown.begin(), unknown.end());
    EXPECT_TRUE(rig.source_ids("sieved", "absent", type) == absent);
    for (const auto& [id, times] : rig.asked(type)) EXPECT_FALSE(absent.contains(id)) << id << " was asked for";
    EXPECT_EQ(rig.asked(type).size(), ids.size() - absent.size());
    wanted += ids.size() - absent.size();
  }
  EXPECT_EQ(rig.report()["ids_asked_total"], wanted);
  expect_account(rig, "sieved");
}

TEST_F(QuerySources, APrefilterThatFailsCallsNobodyAbsent) {
  start({{"faults", {{"error_after_rows", {{"script", {1, 2}}}}, {"second_document", {{"script", {3}}}}}}},
        {{"absent_fraction", kAbsent}});
  const auto ids = ids_of_sky(300);
  finish(rig.write_manifest("sieved", ids, "retrieval_types: [XP_SAMPLED]\nprefilter: true\nchunk_size: 100\n"),
         "sieved");
  EXPECT_TRUE(rig.source_ids("sieved", "absent") == truly_absent(ids, "XP_SAMPLED", kAbsent));
  expect_account(rig, "sieved");
}

}  // namespace
}  // namespace garner::e2e
