// Kind query through the whole harvest: one question too large for one answer, cut into parts, and into smaller ones
// wherever an answer was cut. In the end the table on disk is the archive's, cell by cell, nulls and NULL parts
// included.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "disk.h"
#include "tap_rig.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSource = "gaiadr3.gaia_source";

std::string by_index(int parts) {
  return fmt::format("partition: {{column: random_index, from: 0, to: 1811709770, parts: {}}}\n", parts);
}

class Query : public TapRig {
 protected:
  static constexpr const char* kAdql = "SELECT * FROM gaiadr3.gaia_source";

  std::string copy_of(const std::string& adql, const std::string& more) {
    return "kind: query\nadql: \"" + adql + "\"\n" + more;
  }
  void expect_copy(const std::string& name, const std::string& adql, std::size_t parts) {
    const Json status = rig.status(name);
    EXPECT_EQ(status["requested"], parts);
    EXPECT_EQ(status["pending"], 0);
    EXPECT_EQ(status["failed"], 0);
    expect_rows(name, "result", adql);
    expect_account(rig, name);
    expect_no_job_is_left();
  }
};

TEST_F(Query, AFullCopyOfATableByARandomIndexThatSomeRowsLack) {
  start({}, {{"sky_sources", 50'000}, {"sky_null_random_index", 0.01}, {"absent_fraction", 0.3}});
  finish(manifest("copy", copy_of(kAdql, "mode: async\ncount: true\nformat: csv\n" + by_index(20))), "copy");
  expect_copy("copy", kAdql, 21);
  expect_jobs_ran_once_and_are_gone();
  EXPECT_EQ(tap_report()["jobs_run"], 22);  // the last one counts the whole
}

struct Shape {
  std::string name, format, output, partition;
  std::size_t parts;
};

void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.name;
}

class QueryInEveryShape : public Query, public ::testing::WithParamInterface<Shape> {};

TEST_P(QueryInEveryShape, IsTheArchivesTable) {
  const Shape& shape = GetParam();
  start({}, {{"sky_null_random_index", 0.1}, {"absent_fraction", 0.3}});
  const std::string adql = fmt::format("SELECT * FROM {} WHERE phot_g_mean_mag < 18 OR parallax IS NULL", kSource);
  finish(manifest("copy",
                  copy_of(adql, "format: " + shape.format + "\n" + shape.partition + output_key("copy", shape.output))),
         "copy");
  expect_copy("copy", adql, shape.parts);
}

INSTANTIATE_TEST_SUITE_P(
    Each, QueryInEveryShape,
    ::testing::Values(Shape{"VotableByIndex", "votable", "layout: tar.zst", by_index(4), 5},
                      Shape{"VotablePlainByPixel", "votable_plain", "layout: files", "partition: {healpix: 0}\n", 12},
                      Shape{"FitsByIndex", "fits", "layout: files", by_index(4), 5},
                      Shape{"FitsByPixelMerged", "fits", "layout: table", "partition: {healpix: 1}\n", 48},
                      Shape{"CsvByPixel", "csv", "layout: files, compress: zst", "partition: {healpix: 1}\n", 48},
                      Shape{"EcsvByIndex", "ecsv", "layout: tar.zst", by_index(4), 5}),
    [](const auto& each) { return each.param.name; });

// What makes an answer too large: in each case the parts of 1,500 rows on the mean do not fit.
struct Narrow {
  std::string name, mode;
  Json tap;
  std::map<std::string, std::string> profile;
};

void PrintTo(const Narrow& narrow, std::ostream* out) {
  *out << narrow.name;
}

class PartsThatAreTooLarge : public Query, public ::testing::WithParamInterface<Narrow> {};

TEST_P(PartsThatAreTooLarge, AreHalvedUntilTheyFit) {
  const Narrow& narrow = GetParam();
  start(narrow.tap, {{"sky_null_random_index", 0.02}}, narrow.profile);
  const std::string adql = fmt::format("SELECT source_id, random_index, ra FROM {}", kSource);
  finish(manifest("halved", copy_of(adql, "mode: " + narrow.mode + "\nformat: csv\n" + by_index(4))), "halved");
  expect_copy("halved", adql, 5);
  // At least four pieces a part, and not many more than were needed.
  const auto asked = tap_report()["queries"].get<int>();
  EXPECT_GT(asked, 16);
  EXPECT_LT(asked, 120);
}

INSTANTIATE_TEST_SUITE_P(
    Each, PartsThatAreTooLarge,
    ::testing::Values(
        Narrow{"OverflowSaidBehindTheTable", "async", {{"async_row_cap", 400}}, {}},
        Narrow{"OverflowSaidBeforeTheTable", "async", {{"async_row_cap", 400}, {"overflow_info", "before"}}, {}},
        Narrow{"CutSilentlyAtTheRowLimit", "sync", {{"sync_row_cap", 400}}, {{"sync_rows_most", "400"}}},
        Narrow{"SyncTimeOut", "sync", {{"execution", {{"b_s_per_row", 0.15}}}}, {}},
        Narrow{"JobAborted", "async", {{"execution", {{"b_s_per_row", 15}}}, {"time_scale", 0}}, {}}),
    [](const auto& each) { return each.param.name; });

TEST_F(Query, AutoTakesJobsWhereSyncAnswersAreTooSmall) {
  start();
  const std::string adql = fmt::format("SELECT source_id, random_index FROM {}", kSource);
  finish(manifest("auto", copy_of(adql, "format: csv\n" + by_index(2))), "auto");
  expect_copy("auto", adql, 3);
  EXPECT_GT(tap_report()["jobs_run"], 0);
}

TEST_F(Query, ACountThatLiesIsNoticedAndAskedAgain) {
  start({{"faults", {{"wrong_count", {{"contains", "COUNT(*"}, {"times", 1}}}}}});
  const std::string adql = fmt::format("SELECT source_id, random_index FROM {}", kSource);
  finish(manifest("lie", copy_of(adql, "count: true\nformat: csv\n" + by_index(4))), "lie");
  expect_copy("lie", adql, 5);
  EXPECT_EQ(tap_report()["faults"]["wrong_count"], 1);
}

TEST_F(Query, ACountThatNeverAgreesBlocksItsPartAndSaysWhy) {
  start({{"faults", {{"wrong_count", {{"contains", "COUNT(*"}}}}}});
  const std::string adql = fmt::format("SELECT source_id, random_index FROM {}", kSource);
  rig.submit(manifest("lies", copy_of(adql, "count: true\nformat: csv\n" + by_index(2))));
  ASSERT_TRUE(rig.wait_for_state("lies", "blocked"));
  EXPECT_EQ(rig.status("lies")["delivered"], 0);
  EXPECT_EQ(rig.status("lies")["absent"], 0);
  EXPECT_THAT(rig.status("lies").dump(), HasSubstr("COUNT(*)"));
}

TEST_F(Query, RowsThatWereLostWithoutAWordAreFoundByTheCount) {
  start({{"faults", {{"lost_rows", {{"contains", "SELECT source_id"}, {"times", 2}}}}}});
  const std::string adql = fmt::format("SELECT source_id, random_index FROM {}", kSource);
  finish(manifest("lost", copy_of(adql, "count: true\nformat: csv\n" + by_index(4))), "lost");
  expect_copy("lost", adql, 5);
  EXPECT_EQ(tap_report()["faults"]["lost_rows"], 2);
}

TEST_F(Query, PartsWithoutRowsAreAbsentAndWithoutFiles) {
  start();
  const std::string adql =
      fmt::format("SELECT source_id, random_index FROM {} WHERE random_index < 1000000000", kSource);
  finish(manifest("half", copy_of(adql, "format: csv\n" + by_index(10))), "half");
  expect_copy("half", adql, 11);
  EXPECT_EQ(rig.status("half")["absent"], 5);  // four beyond the condition, and the NULLs
}

// What the archive calls wrong is told at once, not after a thousand parts have repeated it.
struct Wrong {
  std::string name, adql, words;
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.name;
}

class WrongQueries : public Query, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongQueries, AreToldAtOnceInTheArchivesWords) {
  const Wrong& wrong = GetParam();
  start();
  const Ran ran = rig.garner({"submit", manifest("wrong", copy_of(wrong.adql, by_index(2000))).string(), "--wait"});
  EXPECT_NE(ran.exit_code, 0);
  EXPECT_THAT(ran.out + ran.err, HasSubstr(wrong.words));
  EXPECT_LE(tap_report()["requests"].get<int>(), 30);
}

INSTANTIATE_TEST_SUITE_P(
    Each, WrongQueries,
    ::testing::Values(Wrong{"NoQuery", "SELECT * FRM gaiadr3.gaia_source", "reads no table"},
                      Wrong{"Syntax", "SELECT * FROM gaiadr3.gaia_source WHERE ra >> 3", "Encountered"},
                      Wrong{"UnknownTable", "SELECT * FROM gaiadr3.gaia_sauce", "gaiadr3.gaia_sauce"},
                      Wrong{"UnknownColumn", "SELECT source_id, colour FROM gaiadr3.gaia_source", "colour"}),
    [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace garner::e2e
