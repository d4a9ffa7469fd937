// The CLI's own verbs against the real server.
#include <gmock/gmock.h>

#include "real_server/harvests.h"

namespace garner::real_server {
namespace {

using ::testing::HasSubstr;

class RealConsole : public Harvests {
 protected:
  // Well ended; its standard output.
  std::string garner(const std::vector<std::string>& arguments) {
    const e2e::Ran ran = rig.garner(arguments);
    EXPECT_EQ(ran.exit_code, 0) << arguments[0] << ": " << ran.err;
    return ran.out;
  }
  std::string query(const std::string& adql, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"tap", "dachs", "query", adql});
    return garner(more);
  }
};

constexpr const char* kFew = "SELECT source_id, random_index, ra FROM gaia.source WHERE random_index < 20000000";

TEST_F(RealConsole, BringsAQuerysRowsInEveryFormat) {
  start();
  const Cells truth = e2e::read_cells(query(kFew, {"--format", "votable"}), {});
  EXPECT_GT(truth.rows.size(), 100u);
  e2e::expect_same_rows(truth, e2e::read_cells(query(kFew), truth.kinds));
  for (const std::string format : {"votable_plain", "fits", "csv"}) {
    SCOPED_TRACE(format);
    e2e::expect_same_rows(truth, e2e::read_cells(query(kFew, {"--format", format}), truth.kinds));
  }
  EXPECT_THAT(query(kFew, {"--format", "json"}), HasSubstr("\"random_index\""));
}

// By the user, which is well, and by the server's own limit.
TEST_F(RealConsole, SaysWhereRowsWereCut) {
  start();
  const e2e::Ran asked = rig.garner({"tap", "dachs", "query", kFew, "--maxrec", "5"});
  EXPECT_EQ(asked.exit_code, 0);
  EXPECT_THAT(asked.err, HasSubstr("cut after 5 rows as --maxrec says"));
  EXPECT_EQ(std::ranges::count(asked.out, '\n'), 6);
  const e2e::Ran cut = rig.garner({"tap", "dachs", "query", "SELECT source_id FROM gaia.source"});
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_THAT(cut.err, HasSubstr("OVERFLOW"));
  EXPECT_EQ(std::ranges::count(cut.out, '\n'), 20'001);
}

TEST_F(RealConsole, UploadsATable) {
  start();
  const auto ids = every(5000);
  std::string list = "source_id\n";
  for (const auto& id : ids) list += id + "\n";
  e2e::write_file(rig.root() / "ids.csv", list);
  const std::string rows =
      query("SELECT g.source_id FROM gaia.source AS g JOIN TAP_UPLOAD.mine AS m ON g.source_id = m.source_id",
            {"--upload", "mine=" + (rig.root() / "ids.csv").string()});
  EXPECT_EQ(e2e::read_cells(rows, {e2e::CellKind::Integer}).values("source_id"),
            std::set<std::string>(ids.begin(), ids.end()));
}

TEST_F(RealConsole, TellsAServersTables) {
  start();
  EXPECT_THAT(garner({"tap", "dachs", "tables", "gaia*"}), HasSubstr("gaia.source"));
  EXPECT_THAT(garner({"tap", "dachs", "tables", "--table", "gaia.source"}), HasSubstr("ra,double,deg,pos.eq.ra"));
}

TEST_F(RealConsole, LooksIntoACone) {
  start();
  const std::string rows = garner({"cone", "dachs", "56.75", "24.1167", "5", "--limit", "7"});
  EXPECT_THAT(rows, HasSubstr("source_id"));
  EXPECT_EQ(std::ranges::count(rows, '\n'), 8);
}

TEST_F(RealConsole, LeavesNoJobBehindThatItHasWaitedFor) {
  start();
  const auto before = jobs();
  EXPECT_EQ(query(kFew, {"--async"}), query(kFew));
  EXPECT_EQ(jobs(), before);
}

TEST_F(RealConsole, AttendsToAJobThatIsThere) {
  start();
  const auto before = jobs();
  const std::string job = make_job(kFew);
  const auto of_job = [&](const std::string& verb) { return garner({"tap", "dachs", "jobs", verb, job}); };
  EXPECT_THAT(garner({"tap", "dachs", "jobs", "list"}), HasSubstr(job + ","));
  EXPECT_THAT(of_job("show"), HasSubstr(kFew));
  of_job("wait");
  EXPECT_EQ(jobs()[job], "COMPLETED");
  EXPECT_EQ(of_job("fetch"), query(kFew));
  of_job("delete");
  EXPECT_EQ(jobs(), before);
  const e2e::Ran gone = rig.garner({"tap", "dachs", "jobs", "show", job});
  EXPECT_EQ(gone.exit_code, 2);
  EXPECT_THAT(gone.err, HasSubstr("could not be located in jobs table"));
}

// No password goes where it is not known that one may.
TEST_F(RealConsole, HasNoLogin) {
  start();
  const e2e::Ran ran = rig.garner({"login", "dachs"}, "joe\nsecret\n");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("dachs is asked without a login"));
  EXPECT_EQ(garner({"logout", "dachs"}), "nobody was logged in at A real server\n");
}

TEST_F(RealConsole, ChecksAServiceThatHasTapAlone) {
  start();
  const std::string told = garner({"archives", "check", "dachs"});
  EXPECT_THAT(told, HasSubstr("available  yes"));
  EXPECT_THAT(told, HasSubstr("at most 20,000,000 rows, uploads"));
  const Json json = Json::parse(garner({"archives", "check", "dachs", "--json"}));
  EXPECT_EQ(json["tap"]["good"], true);
}

}  // namespace
}  // namespace garner::real_server
