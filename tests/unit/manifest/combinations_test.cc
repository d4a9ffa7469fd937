#include <gtest/gtest.h>

#include "manifest/manifest.h"

namespace garner::manifest {
namespace {

TEST(Combinations, EveryLayoutTakesEveryStructureAndFormatUncompressed) {
  for (const auto structure : {DataStructure::Individual, DataStructure::Raw}) {
    for (int format = 0; format < 5; ++format) {
      for (const auto layout : {LayoutKind::Zip, LayoutKind::Files, LayoutKind::TarZst}) {
        EXPECT_TRUE(allowed_combination(structure, static_cast<ProductFormat>(format), layout, false));
      }
    }
  }
}

TEST(Combinations, OnlyFilesAreCompressed) {
  for (const auto structure : {DataStructure::Individual, DataStructure::Raw}) {
    EXPECT_TRUE(allowed_combination(structure, ProductFormat::Fits, LayoutKind::Files, true));
    EXPECT_FALSE(allowed_combination(structure, ProductFormat::Fits, LayoutKind::Zip, true));
    EXPECT_FALSE(allowed_combination(structure, ProductFormat::Fits, LayoutKind::TarZst, true));
  }
}

TEST(Combinations, OnlyRawFitsIsMergedIntoTables) {
  for (const auto structure : {DataStructure::Individual, DataStructure::Raw}) {
    for (int i = 0; i < 5; ++i) {
      const auto format = static_cast<ProductFormat>(i);
      const bool raw_fits = structure == DataStructure::Raw && format == ProductFormat::Fits;
      EXPECT_EQ(allowed_combination(structure, format, LayoutKind::Table, false), raw_fits);
      EXPECT_FALSE(allowed_combination(structure, format, LayoutKind::Table, true));
    }
  }
}

}  // namespace
}  // namespace garner::manifest
