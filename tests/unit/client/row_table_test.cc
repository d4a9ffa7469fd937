#include "client/row_table.h"

#include <gtest/gtest.h>

namespace garner::client {
namespace {

RowTable stars() {
  return {{{"source_id", "", true}, {"ra", "deg", true}, {"flag", "", false}},
          {{"5937083312263887616", "245.1", "VARIABLE"}, {"4295806720", "44.99", ""}},
          3};
}

TEST(RowTable, PutsUnitsUnderNamesAndNumbersToTheRight) {
  EXPECT_EQ(row_table_text(stars(), 80),
            "          source_id     ra  flag\n"
            "                       deg\n"
            "5937083312263887616  245.1  VARIABLE\n"
            "         4295806720  44.99\n"
            "… 3 more rows\n");
}

TEST(RowTable, LeavesTheUnitsLineOutWhereThereAreNone) {
  EXPECT_EQ(row_table_text({{{"n", "", true}}, {{"7"}}, 0}, 80), "n\n7\n");
}

TEST(RowTable, NeverCutsANumberButLeavesOutTheColumn) {
  EXPECT_EQ(row_table_text(stars(), 22),
            "          source_id\n"
            "5937083312263887616\n"
            "         4295806720\n"
            "… 3 more rows\n"
            "… 2 more columns: ra,…\n");
}

TEST(RowTable, CutsALastTextToTheWidth) {
  EXPECT_EQ(
      row_table_text(
          {{{"table", "", false}, {"description", "", false}}, {{"gaia_source", "a description of many words"}}, 0},
          30),
      "table        description\n"
      "gaia_source  a description of…\n");
}

TEST(RowTable, OfNoRowsIsItsHead) {
  EXPECT_EQ(row_table_text({{{"ra", "deg", true}}, {}, 0}, 80), " ra\ndeg\n");
}

}  // namespace
}  // namespace garner::client
