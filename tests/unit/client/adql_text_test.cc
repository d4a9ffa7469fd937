#include "client/adql_text.h"

#include <gtest/gtest.h>

namespace garner::client {
namespace {

TEST(AdqlText, AsksForACone) {
  EXPECT_EQ(cone_adql({56.75, -24.5, 0.5}, "gaiadr3.gaia_source", 50),
            "SELECT TOP 50 t.*, DISTANCE(POINT('ICRS', ra, dec), POINT('ICRS', 56.75000000000000, -24.50000000000000)) "
            "AS dist\n"
            "FROM gaiadr3.gaia_source AS t\n"
            "WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 56.75000000000000, -24.50000000000000, "
            "0.50000000000000)) ORDER BY dist ASC");
}

TEST(AdqlText, ALimitOfZeroAsksForAll) {
  EXPECT_TRUE(cone_adql({0, 0, 1}, "t", 0).starts_with("SELECT t.*, DISTANCE("));
}

}  // namespace
}  // namespace garner::client
