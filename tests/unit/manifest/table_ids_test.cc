#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/lists.h"

namespace garner::manifest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::read_text;

std::string votable(std::string_view fields, std::string_view rows) {
  return fmt::format(
      "<?xml version=\"1.0\"?>\n<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\"><RESOURCE "
      "type=\"results\"><TABLE>\n{}\n<DATA><TABLEDATA>\n"
      "{}\n</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>\n",
      fields, rows);
}

TEST(TableIds, CsvByItsObviousColumn) {
  EXPECT_THAT(read_text("ra,source_id,dec\n1.5,42,2\n1.5,43,2\n").ids, ElementsAre(42u, 43u));
  EXPECT_THAT(read_text("RA,SOURCE_ID\n1.5,42\n").ids, ElementsAre(42u));
  EXPECT_THAT(read_text("ra,designation\n1.5,Gaia DR3 42\n").ids, ElementsAre(42u));
  EXPECT_THAT(read_text("designation,source_id\nGaia DR3 42,42\n").ids, ElementsAre(42u));
  EXPECT_THAT(read_text("anything\n42\n43\n").ids, ElementsAre(42u, 43u));
  EXPECT_THAT(read_text("source_id\tra\n42\t1\n").ids, ElementsAre(42u));
  EXPECT_THAT(read_text("\"source_id\",\"ra\"\r\n\"42\",\"1\"\r\n").ids, ElementsAre(42u));
}

TEST(TableIds, CsvByANamedColumn) {
  EXPECT_THAT(read_text("source_id,dr3\n1,42\n", "DR3").ids, ElementsAre(42u));
  const auto none = read_text("source_id,dr3\n1,42\n", "dr4");
  ASSERT_FALSE(none.counts.has_value());
  EXPECT_EQ(none.counts.error().kind, Kind::Invalid);
  EXPECT_THAT(none.counts.error().detail, HasSubstr("there is no column 'dr4'; the columns are: source_id, dr3"));
}

TEST(TableIds, NoObviousColumnIsAnErrorThatListsThem) {
  const auto list = read_text("ra,dec\n1,2\n");
  ASSERT_FALSE(list.counts.has_value());
  EXPECT_THAT(list.counts.error().detail,
              HasSubstr("name the one with the ids in sources.column. The columns are: ra, dec"));
}

TEST(TableIds, RowsAreRefusedWithTheirLine) {
  const auto list = read_text("source_id,ra\n42,1\n5.9e18,1\n,1\nGaia DR2 7,1\n43,1\n");
  ASSERT_TRUE(list.counts.has_value()) << list.counts.error().detail;
  EXPECT_THAT(list.ids, ElementsAre(42u, 43u));
  EXPECT_EQ(list.counts->rows, 5u);
  EXPECT_THAT(list.refused,
              ElementsAre("line 3: '5.9e18': went through a floating-point number (ids need all 19 digits)",
                          "line 4: '': empty where a source_id is due",
                          "line 5: 'Gaia DR2 7': belongs to Gaia DR2, the harvest asks for Gaia DR3"));
}

TEST(TableIds, ACutTableIsAnError) {
  EXPECT_FALSE(read_text("source_id,ra\n42,1\n43").counts.has_value());
  EXPECT_FALSE(read_text("1,2\n3,4\n").counts.has_value());
}

TEST(TableIds, VotableByFieldTypes) {
  const auto list = read_text(votable(
      "<FIELD name=\"ra\" datatype=\"double\"/><FIELD name=\"SOURCE_ID\" datatype=\"long\"/>",
      "<TR><TD>1.5</TD><TD>5937083312263887616</TD></TR><TR><TD>1</TD><TD></TD></TR><TR><TD>1</TD><TD>-3</TD></TR>"));
  ASSERT_TRUE(list.counts.has_value()) << list.counts.error().detail;
  EXPECT_THAT(list.ids, ElementsAre(5937083312263887616u));
  EXPECT_THAT(list.refused, ElementsAre(HasSubstr("empty where"), HasSubstr("'-3': negative")));
  EXPECT_THAT(read_text(votable("<FIELD name=\"designation\" datatype=\"char\" arraysize=\"*\"/>",
                                "<TR><TD>Gaia DR3 42</TD></TR>"))
                  .ids,
              ElementsAre(42u));
}

TEST(TableIds, AColumnOfFloatingPointNumbersIsRefusedAtOnceWithAdvice) {
  const auto list = read_text(votable("<FIELD name=\"source_id\" datatype=\"double\"/>", "<TR><TD>42</TD></TR>"));
  ASSERT_FALSE(list.counts.has_value());
  EXPECT_EQ(list.counts.error().kind, Kind::Invalid);
  EXPECT_THAT(list.counts.error().detail,
              HasSubstr("column 'source_id' holds floating-point numbers, which lose the last digits"));
  EXPECT_TRUE(list.ids.empty());
}

TEST(TableIds, AColumnOfOtherThingsIsRefused) {
  const auto list =
      read_text(votable("<FIELD name=\"source_id\" datatype=\"long\" arraysize=\"2\"/>", "<TR><TD>42 43</TD></TR>"));
  ASSERT_FALSE(list.counts.has_value());
  EXPECT_THAT(list.counts.error().detail, HasSubstr("so no ids"));
}

TEST(TableIds, AnEcsvListIsNoPlainOne) {
  const auto list = read_text(
      "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: source_id, datatype: int64}\n# - {name: ra, datatype: "
      "float64}\nsource_id ra\n42 1.5\n43 2.5\n");
  ASSERT_TRUE(list.counts.has_value()) << list.counts.error().detail;
  EXPECT_THAT(list.ids, ElementsAre(42u, 43u));
}

TEST(TableIds, ForeignFilesAreNamedForWhatTheyAre) {
  EXPECT_THAT(read_text("PK\x03\x04 zip").counts.error().detail, HasSubstr("zip"));
  EXPECT_THAT(read_text("<html><body>404</body></html>").counts.error().detail, HasSubstr("HTML"));
  EXPECT_THAT(read_text("{\"ids\": [1]}").counts.error().detail, HasSubstr("JSON"));
}

}  // namespace
}  // namespace garner::manifest
