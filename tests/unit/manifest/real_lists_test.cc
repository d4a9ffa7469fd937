// Id lists out of tables that the archive and its tools really wrote. They need GARNER_TEST_DATA.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "manifest/lists.h"

namespace garner::manifest {
namespace {

using testing::read_path;

class RealLists : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const folder = std::getenv("GARNER_TEST_DATA");
    if (folder == nullptr) GTEST_SKIP() << "GARNER_TEST_DATA is not set";
    folder_ = folder;
  }
  std::string path(std::string_view name) const { return fmt::format("{}/gaia/{}", folder_, name); }
  std::string folder_;
};

TEST_F(RealLists, TheSameSpectraInEveryFormatGiveTheSameIds) {
  const auto csv = read_path(path("gaiaxpy/XP_CONTINUOUS_RAW.csv"));
  ASSERT_TRUE(csv.counts.has_value()) << csv.counts.error().detail;
  ASSERT_FALSE(csv.ids.empty());
  for (const auto* name : {"gaiaxpy/XP_CONTINUOUS_RAW.ecsv", "gaiaxpy/XP_CONTINUOUS_RAW.fits",
                           "gaiaxpy/XP_CONTINUOUS_RAW.xml", "gaiaxpy/XP_CONTINUOUS_RAW_plain.xml"}) {
    const auto list = read_path(path(name));
    ASSERT_TRUE(list.counts.has_value()) << name << ": " << list.counts.error().detail;
    EXPECT_EQ(list.ids, csv.ids) << name;
    EXPECT_TRUE(list.refused.empty()) << name;
  }
}

TEST_F(RealLists, EveryRowOfTheArchivesOwnTablesIsTaken) {
  const std::vector<std::pair<std::string, std::uint64_t>> tables = {
      {"tap/model__result_1.csv", 1},
      {"tap/model__result_1.ecsv", 1},
      {"tap/model__result_1.fits", 1},
      {"tap/gaia__1710099405832VAL-result.vot", 2},
      {"tap/gaia__1712337806100O-result.ecsv", 5},
      {"gaiaxpy/XP_SAMPLED_RAW_dr3int6.csv", 2},
      {"gaiaxpy/XP_SAMPLED_RAW_dr3int6.fits", 2},
      {"gaiaxpy/XP_SPECTRA_RAW_mini.csv", 2},
      {"epoch/EPOCH_PHOTOMETRY-Gaia DR3 2328619740476096384.two_rows.csv", 2},
  };
  for (const auto& [name, rows] : tables) {
    const auto list = read_path(path(name));
    ASSERT_TRUE(list.counts.has_value()) << name << ": " << list.counts.error().detail;
    EXPECT_EQ(list.counts->accepted, rows) << name;
    EXPECT_THAT(list.refused, ::testing::IsEmpty()) << name;
  }
}

TEST_F(RealLists, WhatIsNoListIsNamedForWhatItIs) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"tap/gaia__job_2.vot.gz", "a tar archive"},
      {"tap/gaia__cone_search.json", "JSON"},
      {"datalink_zip/gaia_dr3_source_id_5937083312263887616_dl_products_csv.zip", "a zip archive"},
      {"epoch/gaia_bh3_epochast.dat", "header line"},
      {"../cadc/binary-vot.xml", "The columns are: d_short, d_int, d_long"},
  };
  for (const auto& [name, words] : files) {
    const auto list = read_path(path(name));
    ASSERT_FALSE(list.counts.has_value()) << name;
    EXPECT_THAT(list.counts.error().detail, ::testing::HasSubstr(words));
  }
}

}  // namespace
}  // namespace garner::manifest
