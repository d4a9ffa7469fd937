#include "client/adql_text.h"

#include <gtest/gtest.h>

namespace garner::client {
namespace {

TEST(AdqlText, LeavesPlainNamesAndDelimitsOthers) {
  const std::pair<const char*, const char*> rows[] = {{"gaiadr3.gaia_source", "gaiadr3.gaia_source"},
                                                      {"J/A+A/1.table 3", "\"J/A+A/1\".\"table 3\""},
                                                      {"\"J/A.A\".t", "\"J/A.A\".t"},
                                                      {"\"a\"\"b\".t", "\"a\"\"b\".t"},
                                                      {"2mass.psc", "\"2mass\".psc"},
                                                      {"t; DROP TABLE x", "\"t; DROP TABLE x\""}};
  for (const auto& [name, adql] : rows) {
    const auto made = adql_table_name(name);
    ASSERT_TRUE(made) << name;
    EXPECT_EQ(*made, adql) << name;
  }
}

TEST(AdqlText, RefusesNamesThatAreNone) {
  for (const char* name : {"", ".", "a.", ".a", "a..b", "\"a", "a\nb"}) EXPECT_FALSE(adql_table_name(name)) << name;
}

TEST(AdqlText, AsksForAConeAsTheArchivesUsersDo) {
  EXPECT_EQ(cone_adql({56.75, -24.5, 0.5, "gaiadr3.gaia_source", 50}),
            "SELECT TOP 50 *, DISTANCE(POINT('ICRS', ra, dec), POINT('ICRS', 56.75000000000000, -24.50000000000000)) "
            "AS dist\n"
            "FROM gaiadr3.gaia_source\n"
            "WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 56.75000000000000, -24.50000000000000, "
            "0.50000000000000)) ORDER BY dist ASC");
}

TEST(AdqlText, ALimitOfZeroAsksForAll) {
  EXPECT_TRUE(cone_adql({0, 0, 1, "t", 0}).starts_with("SELECT *, DISTANCE("));
}

}  // namespace
}  // namespace garner::client
