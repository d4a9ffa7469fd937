// Files that are damaged after a harvest finished: `garner verify` finds them, `--repair` fetches them again, and
// nothing else, whatever the layout; and the receipt beside the data, which is made anew each time.
#include <gtest/gtest.h>

#include <fstream>

#include "disk.h"
#include "truth.h"

namespace garner::e2e {
namespace {

constexpr double kAbsent = 0.1;
constexpr std::size_t kSources = 500;

struct Kept {
  std::string name, keys, layout;
};

const std::vector<Kept> kKinds = {
    {"as-zip", "retrieval_types: [RVS]\nformat: fits\n", "zip"},
    {"as-tar", "retrieval_types: [RVS]\nformat: fits\n", "tar.zst"},
    {"as-files", "retrieval_types: [RVS]\nformat: fits\n", "files"},
    {"as-files-zst", "retrieval_types: [RVS]\nformat: votable\n", "files, compress: zst"},
    {"as-raw-files", "retrieval_types: [XP_SAMPLED]\nformat: csv\ndata_structure: RAW\n", "files"},
    {"as-table", "retrieval_types: [XP_SAMPLED]\nformat: fits\ndata_structure: RAW\n", "table"}};

void flip_a_byte(const fs::path& path) {
  std::string bytes = read_file(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x20);
  write_file(path, bytes);
}

class Repair : public ::testing::Test {
 protected:
  void SetUp() override {
    rig_.start_simulator({.knobs = {{"absent_fraction", kAbsent}, {"cache_members", true}}});
    rig_.start_daemon();
    ids_ = rig_.make_ids(kSources);
  }

  void finish(const Kept& kind) {
    rig_.submit(rig_.write_manifest(kind.name, ids_,
                                    kind.keys + "chunk_size: 100\noutput: {directory: " +
                                        rig_.output(kind.name).string() + ", layout: " + kind.layout + "}\n"));
    ASSERT_TRUE(rig_.wait_for_state(kind.name, "finished"));
  }
  static std::string type_of(const Kept& kind) {
    return kind.keys.find("RVS") != kind.keys.npos ? "RVS" : "XP_SAMPLED";
  }

  // The data files, in order.
  std::vector<std::string> data_files(const Kept& kind) {
    std::vector<std::string> found;
    for (const auto& file : visible_files(rig_.output(kind.name))) {
      if (file.starts_with(type_of(kind) + "/")) found.push_back(file);
    }
    return found;
  }
  // The sources that lie in these files.
  std::set<std::string> sources_in(const std::string& harvest, const std::set<std::string>& files) {
    std::set<std::string> found;
    for (const auto& row : rig_.sources(harvest, "delivered")) {
      if (files.contains(row.at(2))) found.insert(row.at(0));
    }
    return found;
  }
  Json receipt(const std::string& harvest) { return Json::parse(read_file(rig_.output(harvest) / "RECEIPT.json")); }

  // One file is changed, one cut, one deleted; then all is well again, and only what lay in them was asked for.
  void damage_and_repair(const Kept& kind) {
    const auto files = data_files(kind);
    ASSERT_GE(files.size(), 4u);
    const std::set<std::string> lost(files.begin(), files.begin() + 3);
    const auto sources = sources_in(kind.name, lost);
    ASSERT_FALSE(sources.empty());
    const fs::path output = rig_.output(kind.name);
    flip_a_byte(output / files[0]);
    fs::resize_file(output / files[1], fs::file_size(output / files[1]) / 2);
    fs::remove(output / files[2]);

    const Ran found = rig_.garner({"verify", kind.name, "--json"});
    EXPECT_EQ(found.exit_code, 1) << found.err;
    EXPECT_EQ(Json::parse(found.out)["damages"].size(), 3u) << found.out;
    EXPECT_EQ(rig_.status(kind.name)["state"], "finished");

    rig_.simulator_post("/sim/reset", "");
    const Ran repaired = rig_.garner({"verify", kind.name, "--repair", "--json"});
    EXPECT_EQ(repaired.exit_code, 0) << repaired.out << repaired.err;
    EXPECT_EQ(Json::parse(repaired.out)["put_back"], sources.size()) << repaired.out;
    ASSERT_TRUE(rig_.wait_for_state(kind.name, "finished"));
    std::set<std::string> asked;
    for (const auto& [id, times] : rig_.asked(type_of(kind))) {
      EXPECT_EQ(times, 1) << id;
      asked.insert(id);
    }
    EXPECT_TRUE(asked == sources) << asked.size() << " asked for, " << sources.size() << " lost";
    EXPECT_TRUE(data_files(kind) == files) << "each file has its place again, and there is no other";
    expect_account(rig_, kind.name);
  }

  void expect_true_receipt(const std::string& harvest) {
    const Json status = rig_.status(harvest), said = receipt(harvest);
    EXPECT_EQ(said["state"], "finished");
    for (const char* outcome : {"requested", "delivered", "absent", "failed", "pending"})
      EXPECT_EQ(said["products"][outcome], status[outcome]) << outcome;
    EXPECT_EQ(said["attempts"], status["attempts"]);
    EXPECT_EQ(said["archive"]["base_url"], rig_.base_url);
    const Ran sum = run({"sha256sum", (rig_.output(harvest) / "SHA256SUMS").string()});
    EXPECT_EQ(said["sha256sums_sha256"], sum.out.substr(0, 64));
    const std::string page = read_file(rig_.output(harvest) / "RECEIPT.md");
    EXPECT_TRUE(page.starts_with("# Receipt: " + harvest + "\n")) << page;
    const Ran printed = rig_.garner({"receipt", harvest});
    EXPECT_EQ(printed.exit_code, 0) << printed.err;
    EXPECT_EQ(printed.out, page);
  }

  Rig rig_;
  std::vector<std::string> ids_;
};

TEST_F(Repair, FetchesWhatIsLostAndThatAloneInEveryLayout) {
  for (const auto& kind : kKinds) {
    SCOPED_TRACE(kind.name);
    finish(kind);
    expect_account(rig_, kind.name);
    const Json before = receipt(kind.name);
    damage_and_repair(kind);
    expect_true_receipt(kind.name);
    EXPECT_GT(receipt(kind.name)["attempts"], before["attempts"]);
    if (HasFailure()) break;
    damage_and_repair(kind);  // what was repaired can be again
    if (HasFailure()) break;
  }
}

TEST_F(Repair, ALostChecksumListOfLayoutFilesCostsItsChunkAlone) {
  const Kept& kind = kKinds[2];
  finish(kind);
  fs::remove(rig_.output(kind.name) / ".garner/checksums/RVS/0000/0000001.sha256");
  const auto files = data_files(kind);
  rig_.simulator_post("/sim/reset", "");
  EXPECT_EQ(rig_.garner({"verify", kind.name, "--repair"}).exit_code, 0);
  ASSERT_TRUE(rig_.wait_for_state(kind.name, "finished"));
  const auto asked = rig_.asked("RVS");
  EXPECT_GT(asked.size(), 50u);
  EXPECT_LE(asked.size(), 100u);
  EXPECT_TRUE(data_files(kind) == files);
  expect_account(rig_, kind.name);
}

TEST_F(Repair, AnAwayDirectoryIsNoDamage) {
  const Kept& kind = kKinds[1];
  finish(kind);
  const fs::path output = rig_.output(kind.name), away = rig_.root() / "away";
  fs::rename(output, away);
  const Ran repaired = rig_.garner({"verify", kind.name, "--repair"});
  EXPECT_NE(repaired.exit_code, 0);
  EXPECT_NE(repaired.err.find("mounted"), std::string::npos) << repaired.err;
  EXPECT_EQ(rig_.status(kind.name)["state"], "finished");
  fs::rename(away, output);
  EXPECT_EQ(rig_.garner({"verify", kind.name}).exit_code, 0);
}

TEST_F(Repair, WhatCameHasMeanwhileBecomeAbsent) {
  const Kept& kind = kKinds[2];
  finish(kind);
  const auto files = data_files(kind);
  flip_a_byte(rig_.output(kind.name) / files[0]);
  rig_.set_knobs({{"absent_fraction", 1.0}});
  EXPECT_EQ(rig_.garner({"verify", kind.name, "--repair"}).exit_code, 0);
  ASSERT_TRUE(rig_.wait_for_state(kind.name, "finished"));
  EXPECT_FALSE(fs::exists(rig_.output(kind.name) / files[0])) << "the damaged file is nobody's now";
  expect_account(rig_, kind.name);
}

}  // namespace
}  // namespace garner::e2e
