// `garner tap` and `garner cone`, real processes, against the simulated archive's TAP service.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "rig.h"

namespace garner::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kTable = "gaiadr3.gaia_source";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// What the program shows on a terminal of 60 columns.
Ran on_terminal(const Rig& rig, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), rig.garner_path);
  std::vector<char*> words;
  for (auto& each : arguments) words.push_back(each.data());
  words.push_back(nullptr);
  const std::string folder = (rig.root() / "archives").string(), state = rig.state_home().string();
  winsize size{};
  size.ws_row = 24;
  size.ws_col = 60;
  int terminal = -1;
  const pid_t pid = forkpty(&terminal, nullptr, nullptr, &size);
  if (pid == 0) {
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("GARNER_ARCHIVES", folder.c_str(), 1);
    setenv("XDG_STATE_HOME", state.c_str(), 1);
    execv(words[0], words.data());
    _exit(127);
  }
  Ran ran;
  char block[4096];
  for (ssize_t got = 0; (got = read(terminal, block, sizeof block)) > 0;)
    ran.out.append(block, static_cast<std::size_t>(got));
  close(terminal);
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::erase(ran.out, '\r');
  return ran;
}

class Console : public testing::Test {
 protected:
  void start(const Json& tap = Json::object()) {
    rig.start_simulator({.knobs = {{"tap", tap}}});
    rig.write_profile();
  }
  void tap_knobs(const Json& tap) { rig.set_knobs({{"tap", tap}}); }
  Ran query(std::vector<std::string> more) {
    more.insert(more.begin(), {"tap", "gaia", "query"});
    return rig.garner(std::move(more));
  }
  // The archive's own rows, by a client that is not ours.
  std::string by_curl(const std::string& adql, const std::string& format) {
    const Ran ran = run({"curl", "-sSf", "--data-urlencode", "QUERY=" + adql, "-d",
                         "REQUEST=doQuery&LANG=ADQL&FORMAT=" + format, rig.base_url + "/tap-server/tap/sync"});
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return ran.out;
  }

  Rig rig;
};

TEST_F(Console, RowsComeAsCsvWithEveryDigit) {
  start();
  const std::string adql = std::string("SELECT TOP 40 source_id, ra, parallax, phot_g_mean_mag, designation FROM ") +
                           kTable + " ORDER BY source_id";
  const Ran ran = query({adql});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const auto mine = lines_of(ran.out), theirs = lines_of(by_curl(adql, "csv"));
  ASSERT_EQ(mine.size(), 41u);
  ASSERT_EQ(theirs.size(), 41u);
  EXPECT_EQ(mine[0], "source_id,ra,parallax,phot_g_mean_mag,designation");
  for (std::size_t i = 1; i < mine.size(); ++i)
    EXPECT_EQ(mine[i].substr(0, mine[i].find(',')), theirs[i].substr(0, theirs[i].find(','))) << i;
  EXPECT_EQ(ran.err, "");
}

TEST_F(Console, OnATerminalRowsAreATableWithUnits) {
  start();
  const std::string adql =
      std::string("SELECT TOP 60 source_id, ra, designation, phot_g_mean_mag FROM ") + kTable + " ORDER BY source_id";
  const Ran ran = on_terminal(rig, {"tap", "gaia", "query", adql});
  ASSERT_EQ(ran.exit_code, 0) << ran.out;
  const auto lines = lines_of(ran.out);
  ASSERT_EQ(lines.size(), 2u + 50 + 2) << ran.out;
  EXPECT_THAT(lines[0], HasSubstr("source_id"));
  EXPECT_THAT(lines[1], testing::ContainsRegex("^ +deg"));
  EXPECT_EQ(lines[52], "… 10 more rows");
  EXPECT_EQ(lines[53], "… 1 more column: phot_g_mean_mag");
  const auto csv = lines_of(query({adql}).out);
  EXPECT_THAT(lines[2], HasSubstr(csv.at(1).substr(0, csv[1].find(','))));
}

TEST_F(Console, NoFitsGoesToATerminal) {
  start();
  const Ran ran =
      on_terminal(rig, {"tap", "gaia", "query", "--format", "fits", "SELECT TOP 1 ra FROM gaiadr3.gaia_source"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.out, HasSubstr("FITS is binary"));
  EXPECT_EQ(rig.simulator_get("/sim/queries"), "");
}

TEST_F(Console, EachFormatIsTheArchivesOwnFile) {
  start();
  const std::string adql = std::string("SELECT TOP 5 source_id, ra FROM ") + kTable + " ORDER BY source_id";
  for (const std::string format : {"csv", "ecsv", "json", "fits"}) {
    const auto file = rig.root() / ("rows." + format);
    const Ran ran = query({adql, "--format", format, "-o", file.string()});
    ASSERT_EQ(ran.exit_code, 0) << format << ": " << ran.err;
    EXPECT_EQ(ran.out, "") << format;
    if (format != "json") EXPECT_EQ(read_file(file), by_curl(adql, format)) << format;
  }
  EXPECT_THAT(read_file(rig.root() / "rows.fits"), StartsWith("SIMPLE"));
  EXPECT_EQ(Json::parse(read_file(rig.root() / "rows.json"))["data"].size(), 5u);
  const Ran votable = query({adql, "--format", "votable"});
  ASSERT_EQ(votable.exit_code, 0) << votable.err;
  EXPECT_THAT(votable.out, HasSubstr("<VOTABLE"));
  EXPECT_THAT(votable.out, HasSubstr("</VOTABLE>"));
}

TEST_F(Console, JsonHoldsIdsAsStrings) {
  start();
  const Ran ran = query({std::string("SELECT TOP 3 source_id, ra FROM ") + kTable + " ORDER BY source_id", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const Json out = Json::parse(ran.out);
  EXPECT_EQ(out["count"], 3);
  EXPECT_EQ(out["cut"], false);
  EXPECT_TRUE(out["rows"][0][0].is_string());
  EXPECT_TRUE(out["rows"][0][1].is_number());
  EXPECT_EQ(out["columns"][1]["unit"], "deg");
}

TEST_F(Console, SaysThatTwoThousandRowsAreTheArchivesLimit) {
  start();
  const Ran ran = query({std::string("SELECT source_id FROM ") + kTable});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(lines_of(ran.out).size(), 2001u);
  EXPECT_THAT(ran.err, HasSubstr("2,000 rows"));
  EXPECT_THAT(ran.err, HasSubstr("--async"));
  const Ran json = query({std::string("SELECT source_id FROM ") + kTable, "--json"});
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_EQ(Json::parse(json.out)["cut"], true);
  const Ran csv = query({std::string("SELECT source_id FROM ") + kTable, "--format", "csv"});
  EXPECT_EQ(csv.exit_code, 1);
  EXPECT_THAT(csv.err, HasSubstr("2,000 rows"));
}

TEST_F(Console, SaysThatMaxrecCutAndThatThisWasAskedFor) {
  start();
  const Ran ran = query({std::string("SELECT source_id FROM ") + kTable, "--maxrec", "7"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(lines_of(ran.out).size(), 8u);
  EXPECT_THAT(ran.err, HasSubstr("--maxrec"));
}

TEST_F(Console, OverflowOfAJobIsSaid) {
  start({{"async_row_cap", 100}});
  const Ran ran = query({"--async", std::string("SELECT source_id FROM ") + kTable});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(lines_of(ran.out).size(), 101u);
  EXPECT_THAT(ran.err, HasSubstr("OVERFLOW"));
}

TEST_F(Console, WrongAdqlIsOurFaultAndComesWithTheArchivesWords) {
  start();
  const Ran ran = query({std::string("SELECT nonsense FROM ") + kTable});
  EXPECT_EQ(ran.exit_code, 2) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("nonsense"));
  const Ran json = query({std::string("SELECT nonsense FROM ") + kTable, "--json"});
  EXPECT_EQ(json.exit_code, 2);
  EXPECT_EQ(Json::parse(json.err)["error"]["kind"], "unsupported");
  const Ran job = query({"--async", std::string("SELECT nonsense FROM ") + kTable});
  EXPECT_EQ(job.exit_code, 2) << job.err;
}

TEST_F(Console, NoBadAnswerBecomesRows) {
  start();
  for (const std::string fault :
       {"maintenance_200", "error_200", "empty_body_200", "error_after_rows", "second_document", "truncate_body",
        "service_error_200", "null_500", "overload_503", "reset_after_kib"}) {
    tap_knobs({{"faults", nullptr}});
    tap_knobs({{"faults", {{fault, {{"probability", 1}}}}}});
    const auto file = rig.root() / (fault + ".csv");
    const Ran ran = query({std::string("SELECT TOP 1500 * FROM ") + kTable, "-o", file.string()});
    EXPECT_EQ(ran.exit_code, 1) << fault << ": " << ran.err;
    EXPECT_THAT(ran.err, StartsWith("garner: ")) << fault;
    EXPECT_FALSE(fs::exists(file)) << fault;
    const Ran piped = query({std::string("SELECT TOP 1500 * FROM ") + kTable});
    EXPECT_EQ(piped.exit_code, 1) << fault;
    EXPECT_EQ(piped.out, "") << fault;
  }
}

TEST_F(Console, AJobBringsItsRowsAndIsDeletedAtTheEnd) {
  start({{"execution", {{"a_s", 3}}}, {"time_scale", 0.1}});
  const Ran ran =
      query({"--async", std::string("SELECT source_id, ra FROM ") + kTable + " WHERE random_index < 200000000"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_GT(lines_of(ran.out).size(), 2001u);
  EXPECT_THAT(ran.err, HasSubstr("garner tap gaia jobs show "));
  EXPECT_THAT(ran.err, HasSubstr("COMPLETED"));
  const auto at = ran.err.find("jobs show ") + 10;
  const std::string id = ran.err.substr(at, ran.err.find_first_of(" \n", at) - at);
  const Ran gone = rig.garner({"tap", "gaia", "jobs", "show", id});
  EXPECT_EQ(gone.exit_code, 2) << gone.out << gone.err;
}

TEST_F(Console, CtrlCLeavesTheJobAndTellsHowToFindItAgain) {
  start({{"execution", {{"a_s", 5000}}}, {"time_scale", 1}});
  const auto log = rig.root() / "console.log";
  Child console(
      {rig.garner_path, "tap", "gaia", "query", "--async", std::string("SELECT TOP 3 source_id FROM ") + kTable},
      {{"GARNER_ARCHIVES", (rig.root() / "archives").string()}}, log);
  ASSERT_TRUE(wait_until([&] { return read_file(log).find("EXECUTING") != std::string::npos; })) << read_file(log);
  console.signal(SIGINT);
  EXPECT_EQ(console.wait(), 130);
  const std::string said = read_file(log);
  EXPECT_THAT(said, HasSubstr("the job goes on at the archive: garner tap gaia jobs show "));
  const auto at = said.rfind("jobs show ") + 10;
  const std::string id = said.substr(at, said.find_first_of(" \n", at) - at);
  const Ran shown = rig.garner({"tap", "gaia", "jobs", "show", id, "--json"});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  const Json job = Json::parse(shown.out);
  EXPECT_EQ(job["phase"], "EXECUTING");
  EXPECT_THAT(job["query"].get<std::string>(), HasSubstr("TOP 3"));
  const Ran early = rig.garner({"tap", "gaia", "jobs", "fetch", id});
  EXPECT_EQ(early.exit_code, 1);
  EXPECT_THAT(early.err, HasSubstr("EXECUTING"));
  EXPECT_EQ(rig.garner({"tap", "gaia", "jobs", "delete", id}).exit_code, 0);
  EXPECT_EQ(rig.garner({"tap", "gaia", "jobs", "show", id}).exit_code, 2);
}

TEST_F(Console, CtrlCEndsASyncQueryAndACheckWithoutAVerdict) {
  start({{"faults", {{"hang", {{"probability", 1}}}}}});
  const std::vector<std::vector<std::string>> both = {
      {"tap", "gaia", "query", "SELECT TOP 1 ra FROM gaiadr3.gaia_source"}, {"archives", "check", "gaia"}};
  for (int asked = 0; const auto& each : both) {
    std::vector<std::string> arguments = {rig.garner_path};
    arguments.insert(arguments.end(), each.begin(), each.end());
    const auto log = rig.root() / (each[0] + ".log");
    Child console(arguments, {{"GARNER_ARCHIVES", (rig.root() / "archives").string()}}, log);
    ++asked;
    ASSERT_TRUE(wait_until([&] { return rig.report()["tap"]["requests_by_endpoint"].value("sync", 0) >= asked; }));
    console.signal(SIGINT);
    EXPECT_EQ(console.wait(), 130);
    EXPECT_THAT(read_file(log), HasSubstr("stopped"));
    EXPECT_THAT(read_file(log), Not(HasSubstr("do well")));
  }
}

TEST_F(Console, AJobWhoseRowsWereLostOnTheWayStaysToBeFetched) {
  start({{"faults", {{"null_500", {{"probability", 1}, {"endpoints", {"result"}}}}}}});
  const Ran lost = query({"--async", std::string("SELECT TOP 3 source_id, ra FROM ") + kTable});
  EXPECT_EQ(lost.exit_code, 1);
  EXPECT_EQ(lost.out, "");
  const auto at = lost.err.find("the job stays: garner tap gaia jobs fetch ");
  ASSERT_NE(at, std::string::npos) << lost.err;
  const auto begin = lost.err.find("fetch ", at) + 6;
  const std::string id = lost.err.substr(begin, lost.err.find('\n', begin) - begin);
  tap_knobs({{"faults", nullptr}});
  EXPECT_EQ(rig.garner({"tap", "gaia", "jobs", "wait", id}).exit_code, 0);
  const Ran rows = rig.garner({"tap", "gaia", "jobs", "fetch", id});
  ASSERT_EQ(rows.exit_code, 0) << rows.err;
  EXPECT_EQ(lines_of(rows.out).size(), 4u);
  const auto file = rig.root() / "rows.xml";
  const Ran own = rig.garner({"tap", "gaia", "jobs", "fetch", id, "-o", file.string()});
  ASSERT_EQ(own.exit_code, 0) << own.err;
  EXPECT_THAT(read_file(file), HasSubstr("</VOTABLE>"));
  EXPECT_EQ(rig.garner({"tap", "gaia", "jobs", "fetch", id, "--format", "fits", "-o", file.string()}).exit_code, 2);
  EXPECT_EQ(rig.garner({"tap", "gaia", "jobs", "delete", id}).exit_code, 0);
  EXPECT_EQ(rig.garner({"tap", "gaia", "jobs", "fetch", id}).exit_code, 2);
}

TEST_F(Console, AFailedJobGivesTheArchivesWords) {
  start({{"end_phase", "ERROR"}});
  const Ran ran = query({"--async", std::string("SELECT TOP 3 source_id FROM ") + kTable});
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("canceling statement due to statement timeout"));
  EXPECT_EQ(ran.out, "");
}

TEST_F(Console, AnUploadedListIsJoinedById) {
  start();
  const auto some =
      lines_of(by_curl(std::string("SELECT TOP 5 source_id FROM ") + kTable + " ORDER BY source_id DESC", "csv"));
  ASSERT_EQ(some.size(), 6u);
  std::string list = "source_id\n12345\n";
  for (std::size_t i = 1; i < some.size(); ++i) list += some[i] + "\n";
  write_file(rig.root() / "mine.csv", list);
  const std::string adql = std::string("SELECT g.source_id, g.ra FROM ") + kTable +
                           " AS g JOIN TAP_UPLOAD.mine AS m ON g.source_id = m.source_id";
  for (const bool by_job : {false, true}) {
    std::vector<std::string> arguments = {adql, "--upload", "mine=" + (rig.root() / "mine.csv").string()};
    if (by_job) arguments.push_back("--async");
    const Ran ran = query(arguments);
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
    std::set<std::string> came, asked(some.begin() + 1, some.end());
    for (const auto& line : lines_of(ran.out)) came.insert(line.substr(0, line.find(',')));
    came.erase("source_id");
    EXPECT_EQ(came, asked);
  }
}

TEST_F(Console, AFullUploadQuotaIsNoFaultOfTheQuery) {
  start({{"anonymous_quota_full", true}});
  write_file(rig.root() / "mine.csv", "source_id\n4295806720\n");
  const Ran ran =
      query({"SELECT m.source_id FROM TAP_UPLOAD.mine AS m", "--upload", "mine=" + (rig.root() / "mine.csv").string()});
  EXPECT_EQ(ran.exit_code, 1) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("quota"));
}

TEST_F(Console, TablesAreNamedAndDescribed) {
  start();
  const Ran all = rig.garner({"tap", "gaia", "tables"});
  ASSERT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, StartsWith("table,rows,bytes,description\n"));
  EXPECT_THAT(all.out, HasSubstr("\ngaiadr3.gaia_source,"));
  const Ran some = rig.garner({"tap", "gaia", "tables", "GAIA_sour"});
  EXPECT_EQ(some.exit_code, 0) << some.err;
  EXPECT_THAT(some.out, Not(HasSubstr("nss_two_body_orbit")));
  EXPECT_EQ(rig.garner({"tap", "gaia", "tables", "no_such_table"}).exit_code, 2);
  const Ran one = rig.garner({"tap", "gaia", "tables", "--table", kTable, "--json"});
  ASSERT_EQ(one.exit_code, 0) << one.err;
  const Json table = Json::parse(one.out);
  const auto ra = std::ranges::find_if(table["columns"], [](const Json& column) { return column["name"] == "ra"; });
  ASSERT_NE(ra, table["columns"].end());
  EXPECT_EQ((*ra)["unit"], "deg");
  EXPECT_THAT((*ra)["ucd"].get<std::string>(), HasSubstr("pos.eq.ra"));
  EXPECT_EQ((*ra)["description"], "Right ascension");
  EXPECT_EQ(rig.garner({"tap", "gaia", "tables", "--table", "gaiadr3.nothing"}).exit_code, 2);
}

TEST_F(Console, AConeGivesTheNearestFirst) {
  start();
  const Ran middle = query({std::string("SELECT TOP 1 source_id, ra, dec FROM ") + kTable, "--json"});
  ASSERT_EQ(middle.exit_code, 0) << middle.err;
  const Json row = Json::parse(middle.out)["rows"][0];
  const std::string id = row[0], ra = row[1].dump(), dec = row[2].dump();
  const Ran ran = rig.garner({"cone", "gaia", ra, dec, "1arcsec", "--json"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const Json cone = Json::parse(ran.out);
  ASSERT_GE(cone["count"].get<int>(), 1);
  const auto column = [&cone](const std::string& name) {
    const auto found =
        std::ranges::find_if(cone["columns"], [&name](const Json& each) { return each["name"] == name; });
    return static_cast<std::size_t>(found - cone["columns"].begin());
  };
  EXPECT_EQ(cone["rows"][0][column("source_id")], id);
  EXPECT_NEAR(cone["rows"][0][column("dist")].get<double>(), 0, 1e-9);
  const Ran wide = rig.garner({"cone", "gaia", ra, dec, "90", "--limit", "10"});
  ASSERT_EQ(wide.exit_code, 0) << wide.err;
  EXPECT_EQ(lines_of(wide.out).size(), 11u);
  EXPECT_THAT(wide.err, HasSubstr("--limit"));
}

TEST_F(Console, ACheckTellsHowTheTapServiceDoes) {
  start();
  const Ran good = rig.garner({"archives", "check", "gaia"});
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_THAT(good.out, HasSubstr("available  yes"));
  EXPECT_THAT(good.out, HasSubstr("ADQL"));
  EXPECT_THAT(good.out, testing::ContainsRegex("query +1 row after [0-9.]+ s"));
  tap_knobs({{"available", false}});
  const Ran closed = rig.garner({"archives", "check", "gaia", "--json"});
  EXPECT_EQ(closed.exit_code, 1);
  const Json out = Json::parse(closed.out);
  EXPECT_EQ(out["good"], true);
  EXPECT_EQ(out["tap"]["good"], false);
  EXPECT_EQ(out["tap"]["availability"]["available"], false);
  tap_knobs({{"available", true}, {"faults", {{"error_200", {{"probability", 1}}}}}});
  const Ran failing = rig.garner({"archives", "check", "gaia"});
  EXPECT_EQ(failing.exit_code, 1);
  EXPECT_THAT(failing.out, HasSubstr("does not do well"));
}

TEST_F(Console, AnArchiveThatDoesNotAnswerIsSaid) {
  start();
  rig.simulator().kill_now();
  const Ran ran = query({"SELECT 1"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("127.0.0.1"));
}

}  // namespace
}  // namespace garner::e2e
