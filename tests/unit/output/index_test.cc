// SHA256SUMS and CATALOGUE.csv.zst.
#include <sys/wait.h>
#include <zstd.h>

#include <sstream>

#include "fixture.h"

namespace garner::output {
namespace {

namespace fs = std::filesystem;

std::string unzstd(const std::string& bytes) {
  std::string out(8u << 20, '\0');
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer made{out.data(), out.size(), 0};
  while (in.pos < in.size && !ZSTD_isError(ZSTD_decompressStream(context, &made, &in))) {
  }
  ZSTD_freeDCtx(context);
  out.resize(made.pos);
  return out;
}

class Indexes : public OutputTest, public ::testing::WithParamInterface<Way> {
 protected:
  void SetUp() override { start(GetParam()); }

  Result<LeftOut> write() {
    return write_indexes(spec_, *layout_, [this](const auto& call) -> Result<void> {
      for (const auto& [key, pack] : packs_) {
        if (auto called = call(key, pack); !called) return called;
      }
      return {};
    });
  }

  void publish_two_packs() {
    auto members = members_for(spec_, 40);
    auto rest = members;
    if (spec_.structure == DataStructure::Individual) {
      members.resize(25);
      rest.erase(rest.begin(), rest.begin() + 25);
    }
    packs_.emplace_back(PackKey{"RVS", 3, 0}, publish({"RVS", 3, 0}, members));
    packs_.emplace_back(PackKey{"RVS", 1200, 1}, publish({"RVS", 1200, 1}, rest));
  }

  std::pair<int, std::string> sha256sum() const {
    return shell(fmt::format("cd '{}' && sha256sum --strict -c SHA256SUMS", directory_.string()));
  }

  std::vector<std::pair<PackKey, ledger::Pack>> packs_;
};

INSTANTIATE_TEST_SUITE_P(Ways, Indexes, ::testing::ValuesIn(every_way()), way_name);

TEST_P(Indexes, PassSha256sumAndListEveryFileOfData) {
  if (!have_program("sha256sum")) GTEST_SKIP() << "sha256sum is not installed";
  publish_two_packs();
  const auto data = visible();
  ASSERT_GOOD(write());
  const auto [status, output] = sha256sum();
  EXPECT_EQ(status, 0) << output;

  std::set<std::string> listed;
  std::istringstream lines(slurp(directory_ / "SHA256SUMS"));
  for (std::string line; std::getline(lines, line);) listed.insert(line.substr(66));
  EXPECT_EQ(listed, data);

  flip_byte(directory_ / *data.begin(), 7);
  EXPECT_NE(sha256sum().first, 0);
}

TEST_P(Indexes, HoldARowOfTheCatalogueForEveryProduct) {
  publish_two_packs();
  ASSERT_GOOD(write());
  std::istringstream lines(unzstd(slurp(directory_ / "CATALOGUE.csv.zst")));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "source_id,retrieval_type,file,member,offset,size");
  std::vector<std::string> expected, found;
  for (const auto& [key, pack] : packs_) {
    const auto places = layout_->list(key);
    ASSERT_GOOD(places);
    for (const auto& place : *places) {
      expected.push_back(fmt::format("{},RVS,{},{},{},{}", place.id ? to_string(*place.id) : "", place.file,
                                     place.member, place.offset, place.size));
    }
  }
  while (std::getline(lines, line)) found.push_back(line);
  EXPECT_EQ(found, expected);
  EXPECT_FALSE(found.empty());
}

TEST_P(Indexes, GoWhenThereIsNothingToList) {
  publish_two_packs();
  ASSERT_GOOD(write());
  packs_.clear();
  ASSERT_GOOD(write());
  EXPECT_FALSE(fs::exists(directory_ / "SHA256SUMS"));
  EXPECT_FALSE(fs::exists(directory_ / "CATALOGUE.csv.zst"));
  EXPECT_EQ(temp_files(), 0u);
}

TEST_P(Indexes, SurviveADamagedPackAndSayWhich) {
  publish_two_packs();
  fs::remove(directory_ / layout_->list(packs_[0].first)->at(0).file);
  const auto written = write();
  ASSERT_GOOD(written);
  EXPECT_EQ(written->packs, 1u);
  EXPECT_NE(written->first.find("RVS"), std::string::npos) << written->first;
  EXPECT_TRUE(fs::exists(directory_ / "SHA256SUMS"));
  EXPECT_TRUE(fs::exists(directory_ / "CATALOGUE.csv.zst"));
}

}  // namespace
}  // namespace garner::output
