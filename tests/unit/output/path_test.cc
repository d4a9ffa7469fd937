#include "output/paths.h"

#include "fixture.h"

namespace garner::output {
namespace {

OutputSpec spec_of(std::uint64_t sources) {
  OutputSpec spec;
  spec.release = "Gaia DR3";
  spec.sources = sources;
  return spec;
}

TEST(Paths, NamePacksByTypeBlockAndGeneration) {
  EXPECT_EQ(pack_path({"RVS", 17, 0}, "zip"), "RVS/0000/RVS-0000017.zip");
  EXPECT_EQ(pack_path({"XP_SAMPLED", 4'000'123, 2}, "tar.zst"), "XP_SAMPLED/4000/XP_SAMPLED-4000123.2.tar.zst");
}

TEST(Paths, NameTablesOfManySourcesByTheirBlock) {
  OutputSpec spec = spec_of(10);
  spec.format = ProductFormat::Fits;
  EXPECT_EQ(raw_path(spec, {"XP_SAMPLED", 1017, 0}), "XP_SAMPLED/0001/XP_SAMPLED_RAW-0001017.fits");
  spec.compress_files = true;
  EXPECT_EQ(raw_path(spec, {"XP_SAMPLED", 17, 1}), "XP_SAMPLED/0000/XP_SAMPLED_RAW-0000017.1.fits.zst");
}

TEST(Paths, HoldAThousandSourcesAFolderOnTheMeanUpToLevelSeven) {
  EXPECT_EQ(folder_level(0), 0);
  EXPECT_EQ(folder_level(12'000), 0);
  EXPECT_EQ(folder_level(12'001), 1);
  EXPECT_EQ(folder_level(768'000), 3);
  EXPECT_EQ(folder_level(768'001), 4);
  EXPECT_EQ(folder_level(196'608'000), 7);
  EXPECT_EQ(folder_level(2'000'000'000), 7);
}

TEST(Paths, PutProductsInFoldersOfTheirHealpixPixel) {
  const SourceId id{5937083312263887616};
  const auto pixel3 = healpix_pixel(id, 3);
  EXPECT_EQ(product_path(spec_of(500), "RVS", id), "RVS/10/RVS-Gaia DR3 5937083312263887616.xml");
  EXPECT_EQ(product_path(spec_of(768'000), "RVS", id),
            fmt::format("RVS/{:03}/RVS-Gaia DR3 5937083312263887616.xml", pixel3));
  EXPECT_EQ(product_path(spec_of(768'001), "RVS", id),
            fmt::format("RVS/{:03}/{:04}/RVS-Gaia DR3 5937083312263887616.xml", pixel3, healpix_pixel(id, 4)));
  EXPECT_EQ(product_path(spec_of(220'000'000), "RVS", SourceId{4295806720}),
            "RVS/000/000000/RVS-Gaia DR3 4295806720.xml");
}

TEST(PathsDeathTest, AbortOnARetrievalTypeThatCouldLeaveItsFolder) {
  EXPECT_DEATH(pack_path({"../etc", 1, 0}, "zip"), "");
  EXPECT_DEATH(pack_path({"", 1, 0}, "zip"), "");
}

}  // namespace
}  // namespace garner::output
