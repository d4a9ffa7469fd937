// The ADQL subset over the generated sky.
#include <set>

#include <gtest/gtest.h>

#include "archive_sim/adql/execute.h"
#include "archive_sim/ids.h"
#include "archive_sim/products/products.h"
#include "archive_sim/tap/sky.h"

namespace garner::archive_sim {
namespace {

using adql::Complaint;
using adql::ResultTable;

Knobs small_sky() {
  Knobs knobs;
  knobs.sky_sources = 3000;
  knobs.sky_null_random_index = 0.05;
  knobs.absent_fraction = 0.4;
  return knobs;
}

class SkyOnly final : public adql::Catalogue {
 public:
  adql::RelationPtr find(std::string_view name) const override { return sky.find(name); }
  Sky sky{small_sky()};
};

const SkyOnly& catalogue() {
  static const SkyOnly only;
  return only;
}

std::variant<std::unique_ptr<ResultTable>, Complaint> run(const std::string& text, const adql::Execution& how = {}) {
  auto parsed = adql::parse(text);
  if (const auto* complaint = std::get_if<Complaint>(&parsed)) return *complaint;
  return adql::execute(std::get<adql::Query>(std::move(parsed)), catalogue(), how);
}

std::unique_ptr<ResultTable> rows(const std::string& text, const adql::Execution& how = {}) {
  auto ran = run(text, how);
  if (const auto* complaint = std::get_if<Complaint>(&ran)) {
    ADD_FAILURE() << text << ": " << complaint->text;
    return std::make_unique<ResultTable>();
  }
  return std::get<0>(std::move(ran));
}

std::string complaint(const std::string& text) {
  auto ran = run(text);
  const auto* found = std::get_if<Complaint>(&ran);
  return found == nullptr ? "no complaint" : found->text;
}

std::int64_t count(const std::string& where) {
  const auto result = rows("SELECT COUNT(*) FROM gaiadr3.gaia_source" + where);
  return result->table.columns.empty() ? -1 : result->table.columns[0].integers.at(0);
}

TEST(Adql, TheSkyHasTheSourcesOfTheIdGeneratorInAscendingOrder) {
  const auto result = rows("SELECT source_id FROM gaiadr3.gaia_source");
  std::vector<std::int64_t> expected;
  each_sorted_id({3000, 1, 0}, [&](std::uint64_t id) { expected.push_back(static_cast<std::int64_t>(id)); });
  EXPECT_EQ(result->table.columns[0].integers, expected);
}

TEST(Adql, FlagsAreTheTruthOfTheProducts) {
  const auto result = rows("SELECT source_id, has_rvs, has_xp_sampled FROM gaiadr3.gaia_source");
  const auto& columns = result->table.columns;
  for (std::size_t row = 0; row < columns[0].rows(); ++row) {
    const auto id = static_cast<std::uint64_t>(columns[0].integers[row]);
    ASSERT_EQ(columns[1].integers[row] == 0, is_absent(id, "RVS", 1, 0.4));
    ASSERT_EQ(columns[2].integers[row] == 0, is_absent(id, "XP_SAMPLED", 1, 0.4));
  }
  EXPECT_EQ(count(" WHERE has_rvs = 'true'") + count(" WHERE has_rvs = 'False'"), 3000);
  EXPECT_EQ(count(" WHERE has_rvs = 't'"), count(" WHERE NOT has_rvs = 'f'"));
}

TEST(Adql, InclusiveRangesOfAPartitionAddUpToAllButTheNulls) {
  const std::int64_t nulls = count(" WHERE random_index IS NULL");
  EXPECT_GT(nulls, 0);
  std::int64_t sum = 0;
  for (std::int64_t part = 0; part < 10; ++part)
    sum +=
        count(fmt::format(" WHERE random_index BETWEEN {} AND {}", part * 181'170'978, (part + 1) * 181'170'978 - 1));
  EXPECT_EQ(sum + nulls, 3000);
  // Without the index, by arithmetic that keeps it from being used.
  EXPECT_EQ(count(" WHERE random_index BETWEEN 0 AND 900000000"), count(" WHERE random_index + 0 <= 900000000"));
}

TEST(Adql, ConditionsFollowThreeValuedLogic) {
  EXPECT_EQ(count(" WHERE parallax > 1") + count(" WHERE NOT parallax > 1") + count(" WHERE parallax IS NULL"), 3000);
  EXPECT_EQ(count(" WHERE parallax > 1 OR parallax IS NULL"),
            count(" WHERE parallax > 1") + count(" WHERE parallax IS NULL"));
  EXPECT_EQ(count(" WHERE phot_g_mean_mag < 12 AND (ruwe >= 1.0 OR ruwe < 1.0)"),
            count(" WHERE phot_g_mean_mag < 12 AND ruwe IS NOT NULL"));
  EXPECT_EQ(count(" WHERE phot_variable_flag LIKE 'VAR%'") + count(" WHERE phot_variable_flag <> 'VARIABLE'"), 3000);
}

TEST(Adql, ListsOfIdsKeepSixtyFourBitsAndFindEachOnce) {
  const auto all = rows("SELECT TOP 100 source_id FROM gaiadr3.gaia_source");
  std::string list;
  for (const std::int64_t id : all->table.columns[0].integers) list += fmt::format("{},{},", id, id + 1);
  list += list.substr(0, list.size() - 1);
  const auto found = rows("SELECT source_id FROM gaiadr3.gaia_source WHERE source_id IN (" + list + ")");
  EXPECT_EQ(found->table.columns[0].integers, all->table.columns[0].integers);
}

TEST(Adql, ConesAndBoxesHoldWhatLiesInThem) {
  const auto cone = rows(
      "SELECT TOP 50 *, DISTANCE(POINT('ICRS', ra, dec), POINT('ICRS', 100.0, -20.0)) AS dist FROM gaiadr3.gaia_source "
      "WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 100.0, -20.0, 8)) ORDER BY dist ASC");
  ASSERT_GT(cone->rows, 3u);
  const auto& distances = cone->table.columns.back().reals;
  EXPECT_TRUE(std::ranges::is_sorted(distances));
  EXPECT_LE(distances.back(), 8);
  EXPECT_EQ(count(" WHERE DISTANCE(ra, dec, 100, -20) <= 8"), static_cast<std::int64_t>(cone->rows));
  EXPECT_EQ(count(" WHERE 1=CONTAINS(POINT(ra, dec), BOX(180, 0, 360, 180))"), 3000);
}

TEST(Adql, AJoinMayGiveSeveralRowsASource) {
  const auto result = rows(
      "SELECT g.source_id, o.nss_solution_type FROM gaiadr3.gaia_source AS g JOIN gaiadr3.nss_two_body_orbit AS o "
      "USING (source_id)");
  EXPECT_EQ(result->rows, static_cast<std::size_t>(
                              rows("SELECT COUNT(*) FROM gaiadr3.nss_two_body_orbit")->table.columns[0].integers[0]));
  const auto& ids = result->table.columns[0].integers;
  EXPECT_LT(std::set(ids.begin(), ids.end()).size(), ids.size());
  const auto on = rows(
      "SELECT g.source_id FROM gaiadr3.nss_two_body_orbit o INNER JOIN gaiadr3.gaia_source g ON g.source_id = "
      "o.source_id");
  EXPECT_EQ(on->rows, result->rows);
}

TEST(Adql, AConditionInParenthesesTogetherWithARangeOfAPartition) {
  const std::string cone = "(1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 100, -20, 30)))";
  const std::string box = "(1=CONTAINS(POINT('ICRS',ra,dec),BOX('ICRS',100,-20,60,40)) OR phot_g_mean_mag < 12)";
  constexpr std::int64_t kHalf = 3'458'764'513'820'540'928, kLast = 6'917'529'027'641'081'855;
  for (const std::string& condition : {cone, box}) {
    const std::int64_t all = count(" WHERE " + condition);
    EXPECT_GT(all, 20);
    EXPECT_EQ(count(fmt::format(" WHERE {} AND (source_id BETWEEN 0 AND {})", condition, kHalf - 1)) +
                  count(fmt::format(" WHERE {} AND (source_id BETWEEN {} AND {})", condition, kHalf, kLast)),
              all);
    EXPECT_EQ(count(" WHERE " + condition + " AND (random_index BETWEEN 0 AND 900000000)") +
                  count(" WHERE " + condition + " AND (random_index > 900000000 OR random_index IS NULL)"),
              all);
  }
}

TEST(Adql, AQueryInFromIsATable) {
  const auto counted = [](const std::string& query) {
    return rows("SELECT COUNT(*) AS n FROM (" + query + "\n) AS q")->table.columns.at(0).integers.at(0);
  };
  EXPECT_EQ(counted("SELECT TOP 700 source_id FROM gaiadr3.gaia_source"), 700);
  EXPECT_EQ(counted("SELECT DISTINCT source_id FROM gaiadr3.nss_two_body_orbit"),
            count(" WHERE source_id IN (SELECT source_id FROM gaiadr3.nss_two_body_orbit)"));
  const auto bright = rows(
      "SELECT q.source_id, q.has_rvs FROM (SELECT source_id, has_rvs, phot_g_mean_mag AS g FROM gaiadr3.gaia_source) q "
      "WHERE g < 12 AND has_rvs = 'true'");
  EXPECT_EQ(static_cast<std::int64_t>(bright->rows), count(" WHERE phot_g_mean_mag < 12 AND has_rvs = 'true'"));
  EXPECT_EQ(bright->table.columns[1].field.type, Type::Bool);
  EXPECT_NE(complaint("SELECT COUNT(*) FROM (SELECT nope FROM gaiadr3.gaia_source) AS q").find("nope"),
            std::string::npos);
}

TEST(Adql, OverflowIsToldOnlyWhereRowsWereCut) {
  EXPECT_FALSE(rows("SELECT TOP 10 * FROM gaiadr3.gaia_source", {10})->cut);
  EXPECT_TRUE(rows("SELECT TOP 20 * FROM gaiadr3.gaia_source", {10})->cut);
  EXPECT_EQ(rows("SELECT TOP 20 * FROM gaiadr3.gaia_source", {10})->rows, 10u);
  EXPECT_TRUE(rows("SELECT * FROM gaiadr3.gaia_source", {0})->cut);
}

TEST(Adql, MetadataAreTablesToo) {
  const auto columns = rows(
      "SELECT column_name, unit FROM TAP_SCHEMA.columns WHERE table_name = 'gaiadr3.gaia_source' "
      "ORDER BY column_index");
  ASSERT_EQ(columns->rows, 23u);
  EXPECT_EQ(columns->table.columns[0].texts[5], "ra");
  EXPECT_EQ(columns->table.columns[1].texts[5], "deg");
}

TEST(Adql, ComplaintsNameWhatIsWrongAndWhere) {
  EXPECT_EQ(complaint("SELECT foo, ra FROM gaiadr3.gaia_source"),
            "1 unresolved identifiers: foo [l.1 c.8 - l.1 c.10] !");
  EXPECT_EQ(complaint("SELECT ra FROM gaiadr3.nothing"),
            "1 unresolved identifiers: gaiadr3.nothing [l.1 c.16 - l.1 c.30] !");
  EXPECT_TRUE(complaint("SELECT FROM x").starts_with("Encountered \"FROM\" at line 1, column 8."))
      << complaint("SELECT FROM x");
  EXPECT_NE(complaint("jsdfkjsf").find("\"SELECT\""), std::string::npos);
  EXPECT_EQ(complaint("SELECT ra FROM gaiadr3.gaia_source WHERE source_id = 'M101'"), "null");
  EXPECT_NE(complaint("SELECT ra FROM gaiadr3.gaia_source WHERE ra = 'unfinished").find("Encountered"),
            std::string::npos);
  EXPECT_NE(complaint("SELECT ra FROM x WHERE " + std::string(5000, '(')).find("nested"), std::string::npos);
}

TEST(Adql, NamesComeInLowerCaseWhateverTheAlias) {
  EXPECT_EQ(rows("SELECT ra AS MyRA FROM gaiadr3.gaia_source")->table.columns[0].field.name, "myra");
  EXPECT_EQ(rows("SELECT RA AS MyRA FROM gaiadr3.gaia_source", {std::nullopt, false})->table.columns[0].field.name,
            "MyRA");
}

}  // namespace
}  // namespace garner::archive_sim
