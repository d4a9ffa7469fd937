#include <gtest/gtest.h>

#include "product/contents.h"

namespace garner::product {
namespace {

TEST(ProductName, IsTakenApart) {
  const auto name = parse_product_name("XP_SAMPLED-Gaia DR3 5937083312263887616.fits");
  ASSERT_TRUE(name) << name.error().detail;
  EXPECT_EQ(name->retrieval_type, "XP_SAMPLED");
  EXPECT_EQ(name->release, "Gaia DR3");
  EXPECT_EQ(name->id, SourceId{5937083312263887616});
  EXPECT_EQ(name->extension, "fits");
  EXPECT_FALSE(name->raw);
}

TEST(ProductName, KnowsReleasesOfMoreWords) {
  const auto name = parse_product_name("EPOCH_ASTROMETRY-Gaia DR4_INT4 9223372036854775807.xml");
  ASSERT_TRUE(name) << name.error().detail;
  EXPECT_EQ(name->release, "Gaia DR4_INT4");
  EXPECT_EQ(name->id, SourceId{kMaxSourceId});
}

TEST(ProductName, KnowsBothSpellingsOfRaw) {
  for (const auto* text : {"XP_CONTINUOUS_RAW.csv", "XP_CONTINUOUS_DATAMODEL_GAIA.csv"}) {
    const auto name = parse_product_name(text);
    ASSERT_TRUE(name) << name.error().detail;
    EXPECT_EQ(name->retrieval_type, "XP_CONTINUOUS");
    EXPECT_TRUE(name->raw);
    EXPECT_FALSE(name->id);
    EXPECT_EQ(name->extension, "csv");
  }
}

TEST(ProductName, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      ".",
                                      "x",
                                      "RVS.xml",
                                      "_RAW.xml",
                                      "RVS-Gaia DR3.xml",
                                      "RVS-Gaia DR3 .xml",
                                      "RVS-Gaia DR3 x.xml",
                                      "RVS-Gaia DR3 0.xml",
                                      "RVS-Gaia DR3 012.xml",
                                      "RVS-Gaia DR3 -12.xml",
                                      "RVS-Gaia DR3 +12.xml",
                                      "RVS-Gaia DR3 1e3.xml",
                                      "RVS-Gaia DR3 9223372036854775808.xml",
                                      "RVS-Gaia DR3 99999999999999999999.xml",
                                      "RVS-Gaia DR3 12",
                                      "RVS-Gaia DR3 12.",
                                      "RVS-Gaia DR3 12.x/y",
                                      "-Gaia DR3 12.xml",
                                      "RVS- 12.xml",
                                      "RVS-Gaia  DR3 12.xml",
                                      "RVS-/etc 12.xml",
                                      "R/S-Gaia DR3 12.xml",
                                      "RVS-Gaia DR3 12 (1).xml",
                                      "../RVS_RAW.xml",
                                      "RVS-Gaia\nDR3 12.xml",
                                      "R S_RAW.xml"}) {
    const auto name = parse_product_name(text);
    ASSERT_FALSE(name) << text;
    EXPECT_EQ(name.error().kind, Kind::Malformed);
  }
}

TEST(ProductName, OfASourceIsWhatTheParserTakesApart) {
  const auto text = individual_name("RVS", "Gaia DR3", SourceId{123}, ProductFormat::VOTablePlain);
  EXPECT_EQ(text, "RVS-Gaia DR3 123.xml");
  EXPECT_EQ(parse_product_name(text)->id, SourceId{123});
}

}  // namespace
}  // namespace garner::product
