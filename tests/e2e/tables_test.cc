// Layout `table`, from submit to the merged tables, whatever comes in between: rows asked for again, kills, damage. The
// tables are taken apart by CFITSIO and held against what the archive holds.
#include <gmock/gmock.h>

#include "../unit/support/fits_tables.h"
#include "disk.h"
#include "step_killer.h"
#include "true_sky.h"
#include "truth.h"

namespace garner::e2e {
namespace {

using garner::testing::FitsRow;
using garner::testing::FitsTaken;
using ::testing::HasSubstr;

constexpr std::size_t kSources = 700;
constexpr double kAbsent = 0.1;
const std::vector<std::string> kTypes{"EPOCH_PHOTOMETRY", "XP_CONTINUOUS"};

// Rows by source_id.
std::map<std::string, FitsRow> rows_of(const std::string& fits) {
  std::map<std::string, FitsRow> rows;
  for (auto& row : FitsTaken(fits).rows()) {
    const std::string id = row.at("source_id");
    EXPECT_TRUE(rows.emplace(id, std::move(row)).second) << id << " stands twice";
  }
  return rows;
}

class Tables : public ::testing::Test {
 protected:
  Tables() {
    rig_.start_simulator({.knobs = {{"absent_fraction", kAbsent}, {"cache_members", true}}});
    ids_ = rig_.make_ids(kSources);
  }

  void submit(const std::string& name) {
    rig_.submit(rig_.write_manifest(name, ids_,
                                    "retrieval_types: [EPOCH_PHOTOMETRY, XP_CONTINUOUS]\ndata_structure: RAW\nformat: "
                                    "fits\nchunk_size: 50\noutput: "
                                    "{directory: " +
                                        rig_.output(name).string() + ", layout: table}\n"));
  }

  std::vector<std::string> tables(const std::string& name) const {
    auto files = visible_files(rig_.output(name));
    std::erase_if(files, [](const std::string& file) { return !file.ends_with(".fits"); });
    return files;
  }

  // Every table is sorted, sound and of its pixel; all rows of a type together are the archive's.
  void expect_the_archives_rows(const std::string& name, double absent_fraction) {
    std::map<std::string, std::map<std::string, FitsRow>> found;
    for (const auto& file : tables(name)) {
      SCOPED_TRACE(file);
      const std::string bytes = read_file(rig_.output(name) / file);
      FitsTaken taken(bytes);
      taken.expect_good_sums();
      const std::uint64_t pixel = std::stoull(taken.key("HPXPIXEL"));
      std::uint64_t before = 0;
      for (auto& row : taken.rows()) {
        const std::uint64_t id = std::stoull(row.at("source_id"));
        EXPECT_LT(before, id);
        EXPECT_EQ(id >> 59, pixel);
        before = id;
        found[fs::path(file).begin()->string()].emplace(row.at("source_id"), std::move(row));
      }
    }
    for (const auto& type : kTypes) {
      SCOPED_TRACE(type);
      const auto absent = truly_absent(ids_, type, absent_fraction);
      std::vector<std::string> present;
      std::ranges::copy_if(ids_, std::back_inserter(present), [&](const auto& id) { return !absent.contains(id); });
      EXPECT_EQ(found[type].size(), present.size());
      EXPECT_TRUE(found[type] == rows_of(true_product({type, "fits", "RAW", "Gaia DR3"}, present)));
    }
    std::size_t unmerged = 0;
    for (const auto& entry : fs::recursive_directory_iterator(rig_.output(name) / ".garner/tables"))
      unmerged += entry.is_regular_file() ? 1 : 0;
    EXPECT_EQ(unmerged, 0u);
  }

  Rig rig_;
  std::vector<std::string> ids_;
};

TEST_F(Tables, HoldTheArchivesRowsByTheirPlaceOnTheSky) {
  rig_.start_daemon();
  submit("sky");
  ASSERT_TRUE(rig_.wait_for_state("sky", "finished"));
  expect_account(rig_, "sky");
  EXPECT_GT(tables("sky").size(), 12u);
  EXPECT_LE(tables("sky").size(), 24u);
  expect_the_archives_rows("sky", kAbsent);

  const std::string id = *rig_.source_ids("sky", "delivered", "XP_CONTINUOUS").begin();
  const Ran got = rig_.garner({"get", "sky", id, "XP_CONTINUOUS"});
  EXPECT_EQ(got.exit_code, 0) << got.err;
  EXPECT_TRUE(rows_of(got.out) == rows_of(true_product({"XP_CONTINUOUS", "fits", "RAW", "Gaia DR3"}, {id})));

  const fs::path table = rig_.output("sky") / tables("sky").front();
  std::string bytes = read_file(table);
  bytes[bytes.size() / 2] ^= 1;
  write_file(table, bytes);
  const Ran verified = rig_.garner({"verify", "sky"});
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_THAT(verified.out + verified.err, HasSubstr(tables("sky").front() + ": sha256 differs"));
}

TEST_F(Tables, TakeInSourcesThatAreAskedForAgain) {
  rig_.start_daemon();
  submit("again");
  ASSERT_TRUE(rig_.wait_for_state("again", "finished"));
  const auto before = tables("again");
  rig_.set_knobs({{"absent_fraction", 0.0}});
  ASSERT_EQ(rig_.garner({"retry", "again", "--outcome", "absent"}).exit_code, 0);
  ASSERT_TRUE(rig_.wait_for_state("again", "finished"));
  expect_account(rig_, "again");
  expect_the_archives_rows("again", 0);
  EXPECT_EQ(tables("again").size(), before.size());
  EXPECT_NE(tables("again"), before);  // of the next generation
}

TEST_F(Tables, AreMergedWhileTheHarvestGoesOn) {
  rig_.set_knobs({{"absent_fraction", kAbsent}, {"latency", {{"a_s", 1}}}});
  rig_.start_daemon();
  submit("slow");
  ASSERT_TRUE(wait_until([&] { return !tables("slow").empty(); }));
  EXPECT_EQ(rig_.status("slow")["state"], "running");
  ASSERT_TRUE(rig_.wait_for_state("slow", "finished"));
}

TEST_F(Tables, LoseNothingWhereverTheDaemonIsKilled) {
  StepKiller killer(rig_);
  killer.start_daemon();
  submit("killed");
  std::set<std::string> delivered;
  for (int round = 0; round < 12 && !HasFailure(); ++round) {
    if (!killer.kill_in(killer.choose_step(), killer.choose_occurrences(25), "killed")) break;
    rig_.simulator_post("/sim/reset", "");
    rig_.simulator().signal(SIGSTOP);
    killer.start_daemon();
    delivered = rig_.source_ids("killed", "delivered", "XP_CONTINUOUS");
    const Ran verified = rig_.garner({"verify", "killed"});
    EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
    rig_.simulator().signal(SIGCONT);
  }
  ASSERT_TRUE(rig_.wait_for_state("killed", "finished"));
  for (const auto& [id, times] : rig_.asked("XP_CONTINUOUS")) EXPECT_FALSE(delivered.contains(id)) << id << " again";
  killer.print_hits();
  expect_account(rig_, "killed");
  expect_the_archives_rows("killed", kAbsent);
}

TEST_F(Tables, HoldRowsAndPartsOfQueries) {
  const std::string columns = "source_id, ra, dec, phot_g_mean_mag, parallax";
  rig_.start_daemon();
  rig_.submit(rig_.write_manifest("rows", ids_,
                                  "kind: rows\ntables: [{table: gaiadr3.gaia_source, columns: [" + columns +
                                      "]}]\nformat: fits\nchunk_size: 50\noutput: {directory: " +
                                      rig_.output("rows").string() + ", layout: table}\n"));
  write_file(rig_.root() / "parts.yaml",
             "harvest: parts\narchive: gaia\nkind: query\nadql: SELECT " + columns +
                 " FROM gaiadr3.gaia_source WHERE phot_g_mean_mag < 14\npartition: {healpix: 1}\nformat: fits\noutput: "
                 "{directory: " +
                 rig_.output("parts").string() + ", layout: table}\n");
  rig_.submit(rig_.root() / "parts.yaml");
  ASSERT_TRUE(rig_.wait_for_state("rows", "finished"));
  ASSERT_TRUE(rig_.wait_for_state("parts", "finished"));
  expect_account(rig_, "rows");
  const TrueSky sky(Json{{"absent_fraction", kAbsent}, {"cache_members", true}});
  expect_same_rows(sky.ask("SELECT " + columns + " FROM gaiadr3.gaia_source WHERE phot_g_mean_mag < 14"),
                   read_harvest(rig_.output("parts"), "result", {}));
  std::string list;
  for (const auto& id : ids_) list += (list.empty() ? "" : ",") + id;
  expect_same_rows(sky.ask("SELECT " + columns + " FROM gaiadr3.gaia_source WHERE source_id IN (" + list + ")"),
                   read_harvest(rig_.output("rows"), "gaiadr3.gaia_source", {}));
  EXPECT_GT(tables("parts").size(), 20u);
  for (const auto& file : tables("parts")) FitsTaken(read_file(rig_.output("parts") / file)).expect_good_sums();
}

}  // namespace
}  // namespace garner::e2e
