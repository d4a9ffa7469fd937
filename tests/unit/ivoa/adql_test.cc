// Names, conditions and whole queries.
#include "ivoa/adql.h"

#include <gtest/gtest.h>

namespace garner::ivoa {
namespace {

TEST(AdqlNames, DoubleTheirQuotes) {
  EXPECT_EQ(adql_string("O'Neill"), "'O''Neill'");
  EXPECT_EQ(adql_identifier("a\"b"), "\"a\"\"b\"");
}

TEST(AdqlNames, PlainOnesStayAndOthersAreDelimited) {
  const std::pair<const char*, const char*> rows[] = {{"gaiadr3.gaia_source", "gaiadr3.gaia_source"},
                                                      {"J/A+A/1.table 3", "\"J/A+A/1\".\"table 3\""},
                                                      {"\"J/A.A\".t", "\"J/A.A\".t"},
                                                      {"\"a\"\"b\".t", "\"a\"\"b\".t"},
                                                      {"2mass.psc", "\"2mass\".psc"},
                                                      {"tap_schema.columns", "tap_schema.columns"},
                                                      {"public.tycho2", "public.tycho2"},
                                                      {"t.size", "t.\"size\""},
                                                      {"_a.b", "\"_a\".b"},
                                                      {"t; DROP TABLE x", "\"t; DROP TABLE x\""}};
  for (const auto& [name, adql] : rows) {
    const auto made = adql_table_name(name);
    ASSERT_TRUE(made) << name;
    EXPECT_EQ(*made, adql) << name;
  }
}

TEST(AdqlNames, WhatIsNoneIsRefused) {
  for (const char* name : {"", ".", "a.", ".a", "a..b", "\"a", "a\nb"}) EXPECT_FALSE(adql_table_name(name)) << name;
}

TEST(AdqlNames, ReservedWordsAreKnownInAnyCase) {
  for (const char* word : {"ABS", "Select", "size", "zone", "top", "OFFSET"}) EXPECT_TRUE(is_adql_word(word)) << word;
  for (const char* word : {"", "source_id", "ra", "offsets", "public", "columns"})
    EXPECT_FALSE(is_adql_word(word)) << word;
}

TEST(AdqlConditions, SayWhatTheyMean) {
  const SourceId ids[] = {SourceId{1}, SourceId{5937083312263887616}, SourceId{kMaxSourceId}};
  EXPECT_EQ(in_list("source_id", ids), "source_id IN (1,5937083312263887616,9223372036854775807)");
  EXPECT_EQ(in_list("g.source_id", std::span(ids, 1)), "g.source_id IN (1)");
  EXPECT_EQ(between("random_index", 0, 905'884), "random_index BETWEEN 0 AND 905884");
  EXPECT_EQ(between("g.level", -5, -1), "g.\"level\" BETWEEN -5 AND -1");
  EXPECT_EQ(is_null("random_index"), "random_index IS NULL");
  EXPECT_EQ(cone_condition({266.5, -29, 0.1}),
            "1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 266.50000000000000, -29.00000000000000, "
            "0.10000000000000))");
  EXPECT_EQ(box_condition({0, 0, 10, 5}),
            "1 = CONTAINS(POINT('ICRS', ra, dec), BOX('ICRS', 0.00000000000000, 0.00000000000000, 10.00000000000000, "
            "5.00000000000000))");
}

TEST(AdqlQueries, OfRowsForIds) {
  const SourceId ids[] = {SourceId{1}, SourceId{2}};
  const std::vector<std::string> columns = {"source_id", "ra", "date"};
  EXPECT_EQ(rows_by_ids("gaiadr3.gaia_source", columns, "source_id", ids),
            "SELECT source_id, ra, \"date\" FROM gaiadr3.gaia_source WHERE source_id IN (1,2)");
  EXPECT_EQ(rows_by_ids("t", {}, "dr3_source_id", ids), "SELECT * FROM t WHERE dr3_source_id IN (1,2)");
  EXPECT_EQ(
      rows_by_upload("gaiadr3.gaia_source", columns, "source_id", "ids"),
      "SELECT t.source_id, t.ra, t.\"date\" FROM tap_upload.ids AS u JOIN gaiadr3.gaia_source AS t ON t.source_id "
      "= u.source_id");
  EXPECT_EQ(rows_by_upload("a.b", {}, "id", "ids"), "SELECT t.* FROM tap_upload.ids AS u JOIN a.b AS t ON t.id = u.id");
}

TEST(AdqlQueries, OfIdsOfAPlace) {
  EXPECT_EQ(ids_of_cone("gaiadr3.gaia_source", "source_id", {1, 2, 3}),
            "SELECT source_id FROM gaiadr3.gaia_source WHERE " + cone_condition({1, 2, 3}));
  EXPECT_EQ(ids_of_box("t", "id", {1, 2, 3, 4}), "SELECT id FROM t WHERE " + box_condition({1, 2, 3, 4}));
}

}  // namespace
}  // namespace garner::ivoa
