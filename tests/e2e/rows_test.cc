// Kind rows through the whole harvest: chosen columns of two tables for a list of ids, of which some have no rows and
// some have several, asked for in every way and laid down in every shape; each outcome and each cell is the archive's.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "disk.h"
#include "tap_rig.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSource = "gaiadr3.gaia_source";
constexpr const char* kOrbit = "gaiadr3.nss_two_body_orbit";
constexpr const char* kColumns =
    "source_id, designation, random_index, ra, dec, parallax, astrometric_n_obs_al, ruwe, radial_velocity, "
    "phot_variable_flag, has_rvs";

std::string both_tables() {
  return fmt::format("kind: rows\ntables: [{{table: {}, columns: [{}]}}, {}]\n", kSource, kColumns, kOrbit);
}

class Rows : public TapRig {
 protected:
  // Most of them in the sky, some only in another, some nowhere.
  std::vector<std::string> a_list(std::size_t in_sky, std::size_t elsewhere, std::size_t unknown) {
    auto ids = ids_of_sky(in_sky);
    for (auto& id : ids_of_another_sky(elsewhere)) ids.push_back(std::move(id));
    for (auto& id : unknown_ids(unknown)) ids.push_back(std::move(id));
    return ids;
  }

  void expect_the_truth(const std::string& name, const std::vector<std::string>& ids) {
    expect_outcomes(name, kSource, ids);
    expect_outcomes(name, kOrbit, ids);
    expect_rows(name, kSource, fmt::format("SELECT {} FROM {} WHERE source_id IN {}", kColumns, kSource, in_list(ids)));
    expect_rows(name, kOrbit, fmt::format("SELECT * FROM {} WHERE source_id IN {}", kOrbit, in_list(ids)));
    EXPECT_EQ(rig.status(name)["pending"], 0);
    EXPECT_EQ(rig.status(name)["failed"], 0);
    expect_account(rig, name);
  }
};

struct Shape {
  std::string name, format, output, more;
  bool upload = false, jobs = false;
};

void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.name;
}

std::vector<Shape> every_shape() {
  return {{"VotableInTar", "votable", "layout: tar.zst", "upload: never\nmode: sync\n"},
          {"VotablePlainInFiles", "votable_plain", "layout: files", "upload: always\nmode: sync\n", true},
          {"FitsInFiles", "fits", "layout: files", "upload: never\nmode: async\n", false, true},
          {"FitsInTar", "fits", "layout: tar.zst", "upload: always\nmode: async\n", true, true},
          {"FitsMerged", "fits", "layout: table", "upload: never\nmode: sync\n"},
          {"CsvInFiles", "csv", "layout: files", "upload: always\nmode: async\n", true, true},
          {"CsvCompressed", "csv", "layout: files, compress: zst", "upload: never\nmode: sync\n"},
          {"EcsvInTar", "ecsv", "layout: tar.zst", "upload: never\nmode: async\n", false, true}};
}

class RowsInEveryShape : public Rows, public ::testing::WithParamInterface<Shape> {};

TEST_P(RowsInEveryShape, AreTheArchives) {
  const Shape& shape = GetParam();
  start({}, {{"sky_null_random_index", 0.1}, {"absent_fraction", 0.3}});
  const auto ids = a_list(4000, 600, 400);
  finish(rig.write_manifest("rows", ids,
                            both_tables() + "chunk_size: 1000\nformat: " + shape.format + "\n" + shape.more +
                                output_key("rows", shape.output)),
         "rows");
  expect_the_truth("rows", ids);
  const Json report = tap_report();
  EXPECT_EQ(report["upload_rows"].get<int>() > 0, shape.upload);
  EXPECT_EQ(report["jobs_run"].get<int>() > 0, shape.jobs);
  expect_jobs_ran_once_and_are_gone();
  // Five chunks of two tables, and a few questions for their columns.
  EXPECT_LE(report["queries"].get<int>(), 15);
}

INSTANTIATE_TEST_SUITE_P(Each, RowsInEveryShape, ::testing::ValuesIn(every_shape()),
                         [](const auto& each) { return each.param.name; });

TEST_F(Rows, OneUploadTakesTwentyThousandIds) {
  start({}, {{"sky_sources", 20'000}});
  const auto ids = a_list(18'000, 2000, 0);
  finish(rig.write_manifest("large", ids, both_tables() + "chunk_size: 100000\nupload: always\nformat: csv\n"),
         "large");
  expect_the_truth("large", ids);
  std::size_t uploads = 0;
  for (const Json& query : queries()) uploads += query["upload_rows"] == 20'000 ? 1 : 0;
  EXPECT_EQ(uploads, 2u);
}

TEST_F(Rows, AProductIsTakenOutAsTheTableThatHoldsIt) {
  start();
  const auto ids = ids_of_sky(300);
  finish(rig.write_manifest("out", ids, both_tables() + "chunk_size: 100\nformat: csv\n"), "out");
  const std::string with_orbit = *sky().ids_in(std::string(kOrbit) + " WHERE source_id IN " + in_list(ids)).begin();
  for (const std::string table : {kSource, kOrbit}) {
    const Ran got = rig.garner({"get", "out", with_orbit, table});
    ASSERT_EQ(got.exit_code, 0) << got.err;
    EXPECT_THAT(got.err, HasSubstr("table of many sources"));
    const Cells truth = sky().ask("SELECT " + std::string(table == kSource ? kColumns : "*") + " FROM " + table +
                                  " WHERE source_id = " + with_orbit);
    Cells found = read_cells(got.out, truth.kinds);
    EXPECT_GT(found.rows.size(), 1u);
    const std::size_t column = found.column("source_id");
    std::erase_if(found.rows, [&](const auto& row) { return row[column] != with_orbit; });
    expect_same_rows(truth, found);
  }
  const auto absent = rig.source_ids("out", "absent", kOrbit);
  const Ran none = rig.garner({"get", "out", *absent.begin(), kOrbit});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("absent"));
}

TEST_F(Rows, DamageToATableIsFoundByItsHash) {
  start();
  finish(rig.write_manifest("hurt", ids_of_sky(200),
                            both_tables() + "format: fits\n" + output_key("hurt", "layout: files")),
         "hurt");
  const auto files = visible_files(rig.output("hurt"));
  const auto table = std::ranges::find_if(files, [](const auto& file) { return file.starts_with(kSource); });
  ASSERT_NE(table, files.end());
  fs::permissions(rig.output("hurt") / *table, fs::perms(0640));
  std::fstream file(rig.output("hurt") / *table, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-100, std::ios::end);
  file.put('!');
  file.close();
  const Ran verified = rig.garner({"verify", "hurt"});
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_THAT(verified.out + verified.err, HasSubstr(*table));
}

TEST_F(Rows, TheSessionOfALoginDecidesWhetherIdsAreUploaded) {
  const auto credential = rig.root() / "credential";
  write_file(credential, "joe\nsecret\n");
  fs::permissions(credential, fs::perms(0600));
  start({{"anonymous_quota_full", true}}, {{"users", {{"joe", "secret"}}}}, {{"credential_file", credential.string()}});
  const auto ids = a_list(900, 50, 50);
  finish(rig.write_manifest("joes", ids, both_tables() + "upload: auto\nformat: csv\nconfirm_absent: false\n"), "joes");
  expect_the_truth("joes", ids);
  EXPECT_EQ(tap_report()["upload_rows"], 2000);
  for (const Json& query : queries())
    if (query["upload_rows"] != 0) EXPECT_EQ(query["user"], "joe");
}

TEST_F(Rows, AnAnonymousHarvestUploadsNothingUnlessTold) {
  start();
  const auto ids = a_list(900, 50, 50);
  finish(rig.write_manifest("nobodys", ids, both_tables() + "upload: auto\nformat: csv\n"), "nobodys");
  expect_the_truth("nobodys", ids);
  EXPECT_EQ(tap_report()["upload_rows"], 0);
}

}  // namespace
}  // namespace garner::e2e
