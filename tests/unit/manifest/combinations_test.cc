#include <gtest/gtest.h>

#include <array>

#include "manifest/manifest.h"

namespace garner::manifest {
namespace {

constexpr std::array<ProductFormat, 5> kFormats = {ProductFormat::VOTable, ProductFormat::VOTablePlain,
                                                   ProductFormat::Fits, ProductFormat::Csv, ProductFormat::Ecsv};

Manifest products(DataStructure structure) {
  Manifest manifest;
  manifest.data_structure = structure;
  return manifest;
}

Manifest of_kind(HarvestKind kind, std::optional<int> healpix = {}) {
  Manifest manifest = products(DataStructure::Raw);
  manifest.kind = kind;
  manifest.partition.healpix = healpix;
  return manifest;
}

bool allowed(Manifest manifest, LayoutKind layout, ProductFormat format, bool compress = false) {
  manifest.layout = layout;
  manifest.format = format;
  manifest.compress_files = compress;
  return allowed_combination(manifest);
}

const std::array<Manifest, 5> kEverything = {products(DataStructure::Individual), products(DataStructure::Raw),
                                             of_kind(HarvestKind::Rows), of_kind(HarvestKind::Query),
                                             of_kind(HarvestKind::Query, 6)};

TEST(Combinations, FilesAndPacksTakeEverything) {
  for (const auto& manifest : kEverything) {
    for (const auto format : kFormats) {
      EXPECT_TRUE(allowed(manifest, LayoutKind::Files, format));
      EXPECT_TRUE(allowed(manifest, LayoutKind::TarZst, format));
    }
  }
}

TEST(Combinations, OnlyProductsComeAsZips) {
  for (const auto& manifest : kEverything) {
    for (const auto format : kFormats)
      EXPECT_EQ(allowed(manifest, LayoutKind::Zip, format), manifest.kind == HarvestKind::Products);
  }
}

TEST(Combinations, OnlyFilesAreCompressed) {
  for (const auto& manifest : kEverything) {
    EXPECT_TRUE(allowed(manifest, LayoutKind::Files, ProductFormat::Fits, true));
    for (const auto layout : {LayoutKind::Zip, LayoutKind::TarZst, LayoutKind::Table})
      EXPECT_FALSE(allowed(manifest, layout, ProductFormat::Fits, true));
  }
}

TEST(Combinations, OnlyFitsTablesWhosePixelsAreKnownAreMerged) {
  const std::array<bool, kEverything.size()> merged = {false, true, true, false, true};
  for (std::size_t i = 0; i < kEverything.size(); ++i) {
    for (const auto format : kFormats) {
      EXPECT_EQ(allowed(kEverything[i], LayoutKind::Table, format), merged[i] && format == ProductFormat::Fits)
          << i << " " << format_name(format);
    }
  }
}

}  // namespace
}  // namespace garner::manifest
