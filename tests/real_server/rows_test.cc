// Harvests of kind rows from the real server: what came for which id, and the rows themselves, are the server's own,
// whichever way it was asked. Sources by query, whose ADQL the server must take. What it calls wrong is told at once.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <cmath>
#include <numbers>

#include "real_server/harvests.h"
#include "real_server/sources.h"

namespace garner::real_server {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kColumns = {"source_id", "designation", "random_index", "ra",
                                           "parallax",  "ruwe",        "has_rvs"};

class RealRows : public Harvests {
 protected:
  // The manifest's lines, for sources that stand in `ids` or are a query.
  static std::string rows(const std::string& sources, const std::string& more) {
    return fmt::format("kind: rows\nrelease: Gaia DR3\nsources: {}\ntables: {{table: gaia.source, columns: [{}]}}\n{}",
                       sources, fmt::join(kColumns, ", "), more);
  }
  std::string list(const std::vector<std::string>& ids) {
    e2e::write_file(rig.root() / "ids.txt", fmt::format("{}\n", fmt::join(ids, "\n")));
    return "ids.txt";
  }
  void expect_delivered(const std::string& name, const std::set<std::string>& ids) {
    expect_same(rig.source_ids(name, "delivered"), ids);
    expect_rows(name, "gaia.source", rows_of(ids, kColumns));
  }
  // The ids of the sources at (ra, dec) for which `inside` holds.
  static std::set<std::string> where(const std::function<bool(double, double)>& inside) {
    std::set<std::string> ids;
    const Cells& all = exported();
    const std::size_t id = all.column("source_id"), ra = all.column("ra"), dec = all.column("dec");
    for (const auto& row : all.rows)
      if (inside(std::stod(*row[ra]), std::stod(*row[dec]))) ids.insert(*row[id]);
    return ids;
  }
};

struct Way {
  std::string name, format, more, tap = {};
  std::size_t ids = 5000;
};

void PrintTo(const Way& way, std::ostream* out) {
  *out << way.name;
}

class RealRowsInEveryWay : public RealRows, public ::testing::WithParamInterface<Way> {};

// Some of the 50,000, and behind a hundred of them an id that the table does not have and that would be the same as a
// double.
TEST_P(RealRowsInEveryWay, AreDeliveredOrAbsentAsTheServerHasThem) {
  const Way& way = GetParam();
  start(way.tap);
  auto asked = every(kSources / way.ids);
  ASSERT_EQ(asked.size(), way.ids);
  const std::set<std::string> known(asked.begin(), asked.end());
  std::set<std::string> unknown;
  for (std::size_t i = 0; i < asked.size(); i += asked.size() / 100)
    unknown.insert(std::to_string(std::stoull(asked[i]) + 1));
  asked.insert(asked.end(), unknown.begin(), unknown.end());
  finish(manifest("rows", rows(list(asked), "format: " + way.format + "\n" + way.more)), "rows");
  expect_delivered("rows", known);
  expect_same(rig.source_ids("rows", "absent"), unknown);
}

INSTANTIATE_TEST_SUITE_P(
    Each, RealRowsInEveryWay,
    ::testing::Values(Way{"UploadSync", "votable", "upload: auto\nmode: sync\nchunk_size: 100000\n", "uploads: always"},
                      Way{"UploadAsync", "fits", "upload: always\nmode: async\nchunk_size: 3000\n"},
                      Way{"ListsSync", "csv", "upload: never\nmode: sync\n"},
                      Way{"ListsAsync", "ecsv", "upload: never\nmode: async\n", {}, 2000}),
    [](const auto& each) { return each.param.name; });

// The server takes half a megabyte with a sync query.
TEST_F(RealRows, OfAnUploadThatIsTooLargeComeByHalves) {
  start("uploads: always");
  const auto asked = every(3);
  finish(manifest("large", rows(list(asked), "mode: sync\nchunk_size: 100000\nformat: csv\n")), "large");
  expect_delivered("large", {asked.begin(), asked.end()});
  EXPECT_EQ(rig.status("large")["attempts"], 3);
}

TEST_F(RealRows, OfSourcesThatAQueryNames) {
  start("uploads: always");
  const std::string sources =
      "{adql: \"SELECT TOP 40 source_id FROM gaia.source WHERE radial_velocity IS NOT NULL AND source_id IN (SELECT "
      "source_id FROM gaia.source WHERE phot_variable_flag = 'VARIABLE') ORDER BY random_index -- the first\"}";
  const auto path = manifest("named", rows(sources, "format: csv\n"));
  EXPECT_THAT(rig.garner({"submit", path.string(), "--plan"}).out, HasSubstr("40 sources, counted by COUNT(*)"));
  finish(path, "named");
  std::map<std::int64_t, std::string> by_index;
  const Cells& all = exported();
  const std::size_t id = all.column("source_id"), index = all.column("random_index"),
                    velocity = all.column("radial_velocity"), flag = all.column("phot_variable_flag");
  for (const auto& row : all.rows)
    if (row[velocity] && row[flag] == "VARIABLE" && row[index]) by_index[std::stoll(*row[index])] = *row[id];
  std::set<std::string> due;
  for (const auto& [number, source] : by_index)
    if (due.size() < 40) due.insert(source);
  expect_delivered("named", due);
}

TEST_F(RealRows, OfACone) {
  start("uploads: always");
  const auto path =
      manifest("cone", rows("{cone: {ra: 3:47:24, dec: \"24:07:00\", radius: 300arcmin}}", "format: csv\n"));
  EXPECT_EQ(rig.garner({"submit", path.string(), "--plan"}).exit_code, 0);
  finish(path, "cone");
  constexpr double kDegree = std::numbers::pi / 180;
  const auto due = where([](double ra, double dec) {
    const double ra0 = 56.85 * kDegree, dec0 = (24 + 7.0 / 60) * kDegree, a = ra * kDegree, d = dec * kDegree;
    return std::acos(std::sin(d) * std::sin(dec0) + std::cos(d) * std::cos(dec0) * std::cos(a - ra0)) <= 5 * kDegree;
  });
  EXPECT_GT(due.size(), 20u);
  expect_delivered("cone", due);
}

// At the equator, where a box's sides run along the coordinates whoever draws it, and across the origin of ra.
TEST_F(RealRows, OfABox) {
  start("uploads: always");
  const auto path = manifest("box", rows("{box: {ra: 0, dec: 0, width: 8, height: 6}}", "format: csv\n"));
  EXPECT_EQ(rig.garner({"submit", path.string(), "--plan"}).exit_code, 0);
  finish(path, "box");
  const auto due = where([](double ra, double dec) { return (ra <= 4 || ra >= 356) && std::abs(dec) <= 3; });
  EXPECT_GT(due.size(), 20u);
  expect_delivered("box", due);
}

struct Wrong {
  std::string name, rest, words;
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.name;
}

class RealMistakes : public Harvests, public ::testing::WithParamInterface<Wrong> {};

TEST_P(RealMistakes, AreToldAtSubmitInTheServersWords) {
  const Wrong& wrong = GetParam();
  start();
  const e2e::Ran ran = rig.garner({"submit", manifest("wrong", wrong.rest).string()});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("the archive says"));
  EXPECT_THAT(ran.err, HasSubstr(wrong.words));
  EXPECT_THAT(rig.garner({"list"}).out, Not(HasSubstr("wrong")));
}

std::string query(const std::string& adql, const std::string& partition = "{healpix: 4}") {
  return "kind: query\nadql: " + adql + "\npartition: " + partition + "\n";
}
std::string rows_of_table(const std::string& table, const std::string& sources = "[5937083312263887616]") {
  return "kind: rows\nrelease: Gaia DR3\nsources: " + sources + "\ntables: " + table + "\n";
}

INSTANTIATE_TEST_SUITE_P(
    Each, RealMistakes,
    ::testing::Values(
        Wrong{"ColumnOfAQuery", query("SELECT nix FROM gaia.source"), "column 'nix' could not be located"},
        Wrong{"TableOfAQuery", query("SELECT * FROM gaia.nothing"), "Could not locate table 'gaia.nothing'"},
        Wrong{"Syntax", query("SELECT ra dec parallax FROM gaia.source"), "Could not parse your query"},
        Wrong{"Types", query("SELECT ra FROM gaia.source WHERE designation > 3"),
              "operator does not exist: text > integer"},
        Wrong{"ColumnOfThePartition", query("SELECT ra FROM gaia.source", "{column: nix, from: 0, to: 9, parts: 2}"),
              "column 'nix' could not be located"},
        Wrong{"ColumnOfRows", rows_of_table("{table: gaia.source, columns: [ra, nix]}"),
              "column 'nix' could not be located"},
        Wrong{"TableOfRows", rows_of_table("gaia.nothing"), "Could not locate table 'gaia.nothing'"},
        Wrong{"SourcesByQuery", rows_of_table("gaia.source", "{adql: SELECT source_id FROM gaia.nothing}"),
              "Could not locate table 'gaia.nothing'"},
        Wrong{"TableOfACone", rows_of_table("gaia.source", "{cone: {ra: 10, dec: 10, radius: 1, table: gaia.nothing}}"),
              "Could not locate table 'gaia.nothing'"}),
    [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace garner::real_server
