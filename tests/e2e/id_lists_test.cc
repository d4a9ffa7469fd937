// Id lists in every form that people have them, and lists that must be refused: with their place, exit code 2, and
// nothing left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "id_tables.h"
#include "rig.h"

namespace garner::e2e {
namespace {

using ::testing::HasSubstr;

class IdLists : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    rig = new Rig;
    rig->start_simulator();
    rig->start_daemon();
    ids = rig->make_ids(200);
  }
  static void TearDownTestSuite() {
    delete rig;
    rig = nullptr;
  }

  // A plan reads the list to its end and keeps nothing.
  static Ran plan(const std::string& file, const std::string& more = {}, const std::string& input = {}) {
    const auto path = rig->root() / "list.yaml";
    write_file(path, "harvest: list\narchive: gaia\nrelease: Gaia DR3\nsources: {file: \"" + file + "\"" + more +
                         "}\nretrieval_types: [RVS]\noutput: {directory: " + rig->output("list").string() + "}\n");
    return rig->garner({"submit", path.string(), "--plan", "--json"}, input);
  }
  static std::string write(const std::string& file, const std::string& bytes) {
    write_file(rig->root() / file, bytes);
    return file;
  }
  static std::string lines(const std::vector<std::string>& rows) {
    std::string out;
    for (const auto& row : rows) out += row + "\n";
    return out;
  }
  static std::string packed(const std::string& program, const std::string& bytes) {
    return run({program, "-c"}, {}, bytes).out;
  }

  static void expect_read(const Ran& ran, std::size_t sources = 200, std::size_t refused = 0) {
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    if (ran.exit_code != 0) return;
    const Json plan = Json::parse(ran.out)["plan"];
    EXPECT_EQ(plan["sources"], sources);
    EXPECT_EQ(plan["refused"], refused);
  }
  static void expect_refused(const Ran& ran, const std::string& message) {
    EXPECT_EQ(ran.exit_code, 2) << ran.out;
    EXPECT_THAT(ran.err, HasSubstr(message));
    EXPECT_TRUE(Json::parse(rig->garner({"list", "--json"}).out)["harvests"].empty());
    EXPECT_FALSE(fs::exists(rig->output("list")));
  }

  static Rig* rig;
  static std::vector<std::string> ids;
};

Rig* IdLists::rig = nullptr;
std::vector<std::string> IdLists::ids;

TEST_F(IdLists, PlainText) {
  expect_read(plan(write("plain.txt", lines(ids))));
  expect_read(plan(write("dos.txt", "# from a spreadsheet\r\n\r\n" + ids[0] + "\r\n" + ids[1])), 2);
  expect_read(plan(write("designations.txt", "Gaia DR3 " + ids[0] + "\n" + ids[1] + "\n")), 2);
}

TEST_F(IdLists, StandardInput) {
  expect_read(plan("-", {}, lines(ids)));
  expect_read(plan("-", {}, id_csv(ids)));
  expect_read(plan("-", {}, packed("gzip", lines(ids))));
}

TEST_F(IdLists, EveryTableFormatAlsoPacked) {
  const std::map<std::string, std::string> tables = {{"csv", id_csv(ids)},
                                                     {"tsv", id_tsv(ids)},
                                                     {"ecsv", id_ecsv(ids)},
                                                     {"fits", id_fits(ids, IdType::Long)},
                                                     {"text.fits", id_fits(ids, IdType::Text)},
                                                     {"tabledata.vot", id_votable(ids, Serialization::TableData)},
                                                     {"binary.vot", id_votable(ids, Serialization::Binary)},
                                                     {"binary2.vot", id_votable(ids, Serialization::Binary2)}};
  for (const auto& [name, bytes] : tables) {
    SCOPED_TRACE(name);
    expect_read(plan(write("ids." + name, bytes)));
    expect_read(plan(write("ids." + name + ".gz", packed("gzip", bytes))));
    expect_read(plan(write("ids." + name + ".zst", packed("zstd", bytes))));
    expect_read(plan("ids." + name, ", column: source_id"));
    expect_refused(plan("ids." + name, ", column: gaia_id"),
                   "there is no column 'gaia_id'; the columns are: ra, source_id");
  }
}

TEST_F(IdLists, AFloatingPointColumnIsRefusedAtOnce) {
  for (const auto& name : {write("double.fits", id_fits(ids, IdType::Double)),
                           write("double.vot", id_votable(ids, Serialization::TableData, "double"))}) {
    expect_refused(plan(name), "column 'source_id' holds floating-point numbers");
  }
}

TEST_F(IdLists, AListThatWentThroughADoubleIsRefusedWhole) {
  std::vector<std::string> spoiled;
  for (const auto& id : ids) spoiled.push_back(std::to_string(static_cast<std::uint64_t>(std::stod(id))));
  expect_refused(plan(write("spoiled.txt", lines(spoiled))), "went through a floating-point number");
  expect_refused(plan(write("spoiled.csv", id_csv(spoiled))), "went through a floating-point number");
  spoiled.back() = ids.back();
  while (std::to_string(static_cast<std::uint64_t>(std::stod(spoiled.back()))) == spoiled.back()) {
    ASSERT_FALSE(ids.empty());
    ids.pop_back();
    spoiled.push_back(ids.back());
  }
  EXPECT_EQ(plan(write("one-good.txt", lines(spoiled))).exit_code, 0) << "one id that no double holds proves the list";
  ids = rig->make_ids(200);
}

TEST_F(IdLists, ColumnsThatCannotBeTold) {
  expect_refused(plan(write("nameless.csv", "ra,dec\n1,2\n")),
                 "no column is called source_id or designation; name the one with the ids in sources.column");
  expect_refused(plan(write("plain2.txt", lines(ids)), ", column: source_id"), "plain list of ids without columns");
}

TEST_F(IdLists, EmptyLists) {
  expect_refused(plan(write("empty.txt", "")), "holds no source_id");
  expect_refused(plan(write("comments.txt", "# nothing\n\n")), "holds no source_id");
  expect_refused(plan(write("empty.csv", "source_id,ra\n")), "holds no source_id");
  expect_refused(plan("-", {}, " "), "holds no source_id");
}

TEST_F(IdLists, AListOfWhichNothingIsLeftIsRefusedWithItsFirstRows) {
  const Ran ran = plan(write("old.txt", "Gaia DR2 " + ids[0] + "\nGaia DR2 " + ids[1] + "\n"));
  expect_refused(ran, "all of its 2 rows were refused");
  EXPECT_THAT(ran.err, HasSubstr("line 1"));
  EXPECT_THAT(ran.err, HasSubstr("belongs to Gaia DR2"));
}

TEST_F(IdLists, MalformedRowsAreCountedAndNamed) {
  struct Row {
    std::string text, reason;
  };
  const std::vector<Row> rows = {{"0", "out of range"},
                                 {"-7", "negative"},
                                 {"9223372036854775808", "out of range"},
                                 {"99999999999999999999999", "out of range"},
                                 {"5.937083312263888e18", "went through a floating-point number"},
                                 {"5937083312263887616.0", "went through a floating-point number"},
                                 {"12x", "neither a source_id nor a designation"},
                                 {"Gaia EDR3 12", "belongs to Gaia EDR3"},
                                 {"Gaia DR3", "neither"},
                                 {"HD 12345", "neither"}};
  std::string text = ids[0] + "\n";
  for (const auto& row : rows) text += row.text + "\n";
  const auto path = rig->root() / "rows.yaml";
  write_file(rig->root() / "rows.txt", text);
  write_file(path,
             "harvest: rows\narchive: gaia\nrelease: Gaia DR3\nsources: {file: rows.txt}\nretrieval_types: "
             "[RVS]\noutput: {directory: " +
                 rig->output("rows").string() + "}\n");
  EXPECT_EQ(rig->garner({"submit", path.string(), "--wait"}).exit_code, 0);
  const auto refused = rig->sources("rows", "refused");
  ASSERT_EQ(refused.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(refused[i][0], "rows.txt line " + std::to_string(i + 2));
    EXPECT_EQ(refused[i][1], rows[i].text);
    EXPECT_THAT(refused[i][2], HasSubstr(rows[i].reason));
  }
  EXPECT_EQ(rig->garner({"remove", "rows", "--delete-data"}).exit_code, 0);
}

TEST_F(IdLists, DamagedFilesAreRefusedWhole) {
  const std::string gz = packed("gzip", lines(ids));
  expect_refused(plan(write("cut.gz", gz.substr(0, gz.size() / 2))), "cut.gz");
  const std::string zst = packed("zstd", lines(ids));
  expect_refused(plan(write("cut.zst", zst.substr(0, zst.size() / 2))), "cut.zst");
  const std::string fits = id_fits(ids, IdType::Long);
  expect_refused(plan(write("cut.fits", fits.substr(0, fits.size() - 2880))), "cut.fits");
  const std::string votable = id_votable(ids, Serialization::TableData);
  expect_refused(plan(write("cut.vot", votable.substr(0, votable.size() / 2))), "cut.vot");
  expect_refused(plan(write("binary.txt", std::string("\x7f"
                                                      "ELF\0\1\2\3",
                                                      8))),
                 "binary.txt");
}

TEST_F(IdLists, AListThatBreaksOffLeavesNoHarvest) {
  // The daemon has taken the first rows when the last one turns out to be damaged.
  std::vector<std::string> many = rig->make_ids(100'000, 9);
  const std::string gz = packed("gzip", lines(many));
  write("long.gz", gz.substr(0, gz.size() - 100));
  const auto path = rig->root() / "long.yaml";
  write_file(path,
             "harvest: long\narchive: gaia\nrelease: Gaia DR3\nsources: {file: long.gz}\nretrieval_types: "
             "[RVS]\noutput: {directory: " +
                 rig->output("long").string() + "}\n");
  expect_refused(rig->garner({"submit", path.string()}), "long.gz");
  EXPECT_FALSE(fs::exists(rig->output("long")));
}

}  // namespace
}  // namespace garner::e2e
