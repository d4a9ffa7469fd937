// What `garner tap` and `garner cone` refuse before anything is asked, and the files they read and write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "client/save_file.h"
#include "client/tap_upload.h"
#include "client/tap_wait.h"
#include "daemon_fixture.h"
#include "run_garner.h"

namespace garner::client {
namespace {

using client_test::run_garner;
using control_test::TemporaryFolder;
using testing::HasSubstr;

client_test::Outcome ask(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--archives", GARNER_CONF_ARCHIVES});
  return run_garner(arguments);
}

TEST(TapUsage, IsRefusedWithTwoAndAReason) {
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"tap", "gaia"}, "ACTION"},
      {{"tap", "gaia", "query"}, "needs the query"},
      {{"tap", "gaia", "query", "SELECT 1", "FROM x"}, "one word too many"},
      {{"tap", "gaia", "query", "SELECT 1", "--maxrec", "ten"}, "--maxrec"},
      {{"tap", "gaia", "query", "SELECT 1", "--format", "parquet"}, "--format"},
      {{"tap", "gaia", "query", "SELECT 1", "--json", "--format", "csv"}, "choose one"},
      {{"tap", "gaia", "query", "SELECT 1", "--upload", "ids.csv"}, "NAME=FILE"},
      {{"tap", "gaia", "query", "SELECT 1", "--upload", "a=/nowhere/ids.csv"}, "/nowhere/ids.csv"},
      {{"tap", "gaia", "tables", "--async"}, "belongs to `query`"},
      {{"tap", "gaia", "tables", "x", "--table", "y"}, "not both"},
      {{"tap", "gaia", "jobs", "list", "-o", "x"}, "jobs fetch"},
      {{"tap", "gaia", "jobs"}, "jobs list"},
      {{"tap", "gaia", "jobs", "show"}, "ID"},
      {{"tap", "mars", "tables"}, "there are: gaia"},
      {{"cone", "gaia", "1", "2"}, "RADIUS"},
      {{"cone", "gaia", "M31", "2", "1"}, "RA"},
      {{"cone", "gaia", "10", "-91", "1"}, "DEC"},
      {{"cone", "gaia", "10", "-9", "1pc"}, "RADIUS"},
      {{"cone", "gaia", "10", "-9", "1", "--limit", "-1"}, "--limit"},
      {{"cone", "gaia", "10", "-9", "1", "--table", "a..b"}, "--table"},
  };
  for (const auto& [arguments, word] : rows) {
    const auto outcome = ask(arguments);
    EXPECT_EQ(outcome.code, 2) << testing::PrintToString(arguments);
    EXPECT_THAT(outcome.err, HasSubstr(word)) << testing::PrintToString(arguments);
    EXPECT_EQ(outcome.out, "") << testing::PrintToString(arguments);
  }
}

TEST(TapUpload, OfCsvKeepsSixtyFourBitsAndAVotableGoesAsItIs) {
  TemporaryFolder folder;
  const auto csv = folder / "ids.csv", xml = folder / "t.xml";
  std::ofstream(csv) << "source_id\n5937083312263887617\n";
  const auto from_csv = read_upload("mine=" + csv);
  ASSERT_TRUE(from_csv) << from_csv.error().detail;
  EXPECT_EQ(from_csv->table, "mine");
  EXPECT_THAT(from_csv->votable, HasSubstr("5937083312263887617"));
  EXPECT_THAT(from_csv->votable, HasSubstr("datatype=\"long\""));
  std::ofstream(xml) << from_csv->votable;
  const auto from_votable = read_upload("again=" + xml);
  ASSERT_TRUE(from_votable) << from_votable.error().detail;
  EXPECT_EQ(from_votable->votable, from_csv->votable);
}

TEST(TapUpload, OfACutVotableIsTheUsersToMend) {
  TemporaryFolder folder;
  const auto path = folder / "t.xml";
  std::ofstream(path) << "<VOTABLE><RESOURCE><TABLE><FIELD name=\"a\" datatype=\"int\"/><DATA><TABLEDATA><TR>";
  const auto read = read_upload("t=" + path);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, Kind::Invalid);
  EXPECT_THAT(read.error().detail, HasSubstr("t.xml"));
}

TEST(SaveFile, LeavesTheOldOneWhereTheNewOneFails) {
  TemporaryFolder folder;
  const auto path = folder / "rows.csv";
  std::ofstream(path) << "old";
  const auto failed = save_file(path, [](const ByteSink& sink) -> Result<void> {
    (void)sink("half");
    return fail(Kind::Corrupt, "cut");
  });
  EXPECT_FALSE(failed);
  std::string text;
  std::getline(std::ifstream(path), text);
  EXPECT_EQ(text, "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator()),
            1);
  ASSERT_TRUE(save_file(path, [](const ByteSink& sink) { return sink("new"); }));
  std::getline(std::ifstream(path), text);
  EXPECT_EQ(text, "new");
}

// In a folder where others may write, somebody may know the name that the file has until it is whole.
TEST(SaveFile, WritesIntoNothingThatLiesThereAlready) {
  TemporaryFolder folder;
  const auto line_of = [](const std::string& file) {
    std::string line;
    std::getline(std::ifstream(file), line);
    return line;
  };
  const std::string path = folder / "out", victim = folder / "victim";
  std::ofstream(victim) << "precious";
  std::filesystem::create_symlink(victim, fmt::format("{}.{}.part", path, ::getpid()));
  ASSERT_TRUE(save_file(path, [](const ByteSink& sink) { return sink("new"); }));
  EXPECT_EQ(line_of(victim), "precious");
  EXPECT_EQ(line_of(path), "new");
  EXPECT_FALSE(std::filesystem::is_symlink(path));
}

TEST(SaveFile, RefusesAFolder) {
  TemporaryFolder folder;
  const auto failed = save_file(folder.path(), [](const ByteSink&) -> Result<void> { return {}; });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, Kind::Invalid);
}

TEST(JobLine, TellsPhaseTimeAndProgressWhereThereIsAny) {
  ivoa::Job job;
  job.id = "17O";
  job.phase = ivoa::Phase::Executing;
  EXPECT_EQ(job_line(job, 12), "17O  EXECUTING  12 s");
  job.info = {{"pct_complete", "42"}};
  EXPECT_EQ(job_line(job, 12), "17O  EXECUTING  12 s  42 %");
}

}  // namespace
}  // namespace garner::client
