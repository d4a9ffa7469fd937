// The archive's real replies, served again, through the daemon and every layout: `garner get` gives back the archive's
// own bytes.
#include <gtest/gtest.h>

#include <cstdlib>

#include "disk.h"
#include "zip_pieces.h"

namespace garner::e2e {
namespace {

constexpr const char* kSource = "5937083312263887616";
const std::vector<std::string> kFormats = {"votable", "fits", "csv", "ecsv"};
const std::map<std::string, std::string> kShort = {
    {"votable", "vot"}, {"fits", "fits"}, {"csv", "csv"}, {"ecsv", "ecsv"}};

class Replay : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* given = std::getenv("GARNER_TEST_DATA");
    if (given == nullptr) GTEST_SKIP() << "GARNER_TEST_DATA names no folder with the archive's recorded replies";
    data = fs::path(given) / "gaia";
    if (!fs::exists(data / "datalink_zip")) GTEST_SKIP() << data << " holds no datalink_zip";
    fs::create_directories(rig.root() / "replies");
  }

  void record(const std::string& name, const Json& match, const std::string& zip) {
    write_file(rig.root() / "replies" / (name + ".zip"), zip);
    const Json reply = {{"match", match},
                        {"status", 200},
                        {"headers", {{"Content-Type", "application/zip"}}},
                        {"body_file", name + ".zip"}};
    write_file(rig.root() / "replies" / (name + ".json"), reply.dump());
  }
  void start() {
    rig.start_simulator({.arguments = {"--replay", (rig.root() / "replies").string()}});
    rig.start_daemon();
  }
  void harvest(const std::string& name, const std::vector<std::string>& ids, const std::string& types,
               const std::string& format, const std::string& layout, const std::string& more = {}) {
    rig.submit(rig.write_manifest(name, ids,
                                  "retrieval_types: [" + types + "]\nformat: " + format + "\n" + more +
                                      "output: {directory: " + rig.output(name).string() + ", layout: " + layout +
                                      "}\n"));
    EXPECT_TRUE(rig.wait_for_state(name, "finished"));
    EXPECT_EQ(rig.status(name)["pending"], 0);
    EXPECT_EQ(rig.status(name)["absent"], 0);
    expect_account(rig, name);
  }

  Rig rig;
  fs::path data;
};

TEST_F(Replay, RealRepliesComeBackByteForByteOutOfEveryLayout) {
  std::map<std::string, ZipPiece> pieces;  // by "TYPE.format"
  for (const auto& format : kFormats) {
    const auto file = data / "datalink_zip" /
                      ("gaia_dr3_source_id_" + std::string(kSource) + "_dl_products_" + kShort.at(format) + ".zip");
    // The recorded replies hold three types; each becomes a reply of its own, its bytes as the archive sent them.
    for (auto& piece : zip_pieces(read_file(file))) {
      const std::string type = piece.name.substr(0, piece.name.find('-'));
      piece.bytes = run({"unzip", "-p", file.string(), piece.name}).out;
      ASSERT_EQ(piece.bytes.size(), piece.size);
      record(type + "-" + format, {{"RETRIEVAL_TYPE", type}, {"FORMAT", format}}, piece.zip);
      pieces[type + "." + format] = std::move(piece);
    }
  }
  ASSERT_EQ(pieces.size(), 12u);
  start();
  for (const auto& format : kFormats) {
    for (const std::string layout : {"zip", "files", "files, compress: zst", "tar.zst"}) {
      const std::string name = format + "-" + std::to_string(layout.size());
      SCOPED_TRACE(format + " as " + layout);
      harvest(name, {kSource}, "MCMC_MSC, XP_SAMPLED, XP_CONTINUOUS", format, layout);
      const auto unpacked = unpack(rig.output(name));
      EXPECT_EQ(unpacked.size(), 3u);
      for (const std::string type : {"MCMC_MSC", "XP_SAMPLED", "XP_CONTINUOUS"}) {
        const ZipPiece& real = pieces[type + "." + format];
        EXPECT_TRUE(rig.garner({"get", name, kSource, type}).out == real.bytes) << type;
        EXPECT_TRUE(std::ranges::any_of(unpacked, [&](const Unpacked& each) {
          return each.member == real.name && each.bytes == real.bytes;
        })) << type;
        if (layout == "zip") {
          EXPECT_TRUE(read_file(rig.output(name) / type / "0000" / (type + "-0000000.zip")) == real.zip)
              << "served and stored differ";
        }
      }
    }
  }
}

TEST_F(Replay, RealTablesOfManySourcesAreReadForTheirIds) {
  struct Table {
    std::string type, file, format;
    std::vector<std::string> ids;
  };
  const std::vector<std::string> three = {"5853498713190525696", "5405570973190252288", "5762406957886626816"};
  const std::vector<std::string> two = {three[0], three[2]};
  std::vector<Table> tables;
  for (const auto& [format, suffix] : std::map<std::string, std::string>{{"votable", ".xml"},
                                                                         {"votable_plain", "_plain.xml"},
                                                                         {"fits", ".fits"},
                                                                         {"csv", ".csv"},
                                                                         {"ecsv", ".ecsv"}}) {
    tables.push_back({"XP_CONTINUOUS", "XP_CONTINUOUS_RAW" + suffix, format, two});
    tables.push_back({"XP_CONTINUOUS", "XP_CONTINUOUS_RAW_with_missing_BP" + suffix, format, three});
  }
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const Table& table = tables[i];
    const auto extension = table.file.substr(table.file.rfind('.'));
    record("table-" + std::to_string(i), {{"FORMAT", table.format}, {"VALID_DATA", i % 2 == 0 ? "false" : "true"}},
           make_zip_of(table.type + "_RAW" + extension, read_file(data / "gaiaxpy" / table.file)));
  }
  start();
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const Table& table = tables[i];
    SCOPED_TRACE(table.file);
    const std::string name = "raw-" + std::to_string(i);
    harvest(name, table.ids, table.type, table.format,
            i % 3 == 0   ? "zip"
            : i % 3 == 1 ? "files"
                         : "tar.zst",
            std::string("data_structure: RAW\nvalid_data: ") + (i % 2 == 0 ? "false\n" : "true\n"));
    for (const auto& id : table.ids)
      EXPECT_TRUE(rig.garner({"get", name, id}).out == read_file(data / "gaiaxpy" / table.file)) << id;
  }
}

}  // namespace
}  // namespace garner::e2e
