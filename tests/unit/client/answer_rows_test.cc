#include "client/answer_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace garner::client {
namespace {

std::string answer(std::string_view fields, std::string_view rows) {
  return fmt::format(
      "<?xml version=\"1.0\"?><VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\"><RESOURCE "
      "type=\"results\">"
      "<INFO name=\"QUERY_STATUS\" "
      "value=\"OK\"/><TABLE>{}<DATA><TABLEDATA>{}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>",
      fields, rows);
}

std::string stars() {
  return answer(
      "<FIELD name=\"source_id\" datatype=\"long\"/><FIELD name=\"ra\" datatype=\"double\" unit=\"deg\" "
      "ucd=\"pos.eq.ra\"/>"
      "<FIELD name=\"g\" datatype=\"float\" unit=\"mag\"/><FIELD name=\"name\" datatype=\"char\" "
      "arraysize=\"*\"/><FIELD name=\"has_rvs\" datatype=\"boolean\"/>",
      "<TR><TD>5937083312263887617</TD><TD>245.10000000000002</TD><TD>17.1</TD><TD>a, \"b\"</TD><TD>true</TD></TR>"
      "<TR><TD>42</TD><TD/><TD>NaN</TD><TD/><TD>F</TD></TR>");
}

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string csv(const std::string& text) {
  std::string out;
  const auto done = rows_as_csv(bytes(text), [&out](std::string_view more) -> Result<void> {
    out += more;
    return {};
  });
  EXPECT_TRUE(done) << done.error().detail;
  return out;
}

nlohmann::json as_json(const std::string& text, bool cut) {
  std::string out;
  const auto done = rows_as_json(bytes(text), cut, [&out](std::string_view more) -> Result<void> {
    out += more;
    return {};
  });
  EXPECT_TRUE(done) << done.error().detail;
  return nlohmann::json::parse(out, nullptr, false);
}

TEST(AnswerRows, AsCsvKeepEveryDigitAndLeaveNullsEmpty) {
  EXPECT_EQ(csv(stars()),
            "source_id,ra,g,name,has_rvs\n"
            "5937083312263887617,245.10000000000002,17.1,\"a, \"\"b\"\"\",true\n"
            "42,,,,false\n");
}

TEST(AnswerRows, AsCsvKeepTextThatSpansLinesInOneField) {
  EXPECT_EQ(csv(answer("<FIELD name=\"t\" datatype=\"char\" arraysize=\"*\"/>", "<TR><TD>a\nb</TD></TR>")),
            "t\n\"a\nb\"\n");
}

TEST(AnswerRows, AsJsonHaveIdsAsStringsThroughoutTheirColumn) {
  const auto out = as_json(stars(), true);
  EXPECT_EQ(out["rows"][0][0], "5937083312263887617");
  EXPECT_EQ(out["rows"][1][0], "42");
  EXPECT_EQ(out["rows"][0][1], 245.10000000000002);
  EXPECT_EQ(out["rows"][1][1], nullptr);
  EXPECT_EQ(out["rows"][1][4], false);
  EXPECT_EQ(out["columns"][1]["unit"], "deg");
  EXPECT_EQ(out["count"], 2);
  EXPECT_EQ(out["cut"], true);
}

TEST(AnswerRows, AsJsonHaveIdsAsStringsHoweverSmall) {
  const auto out = as_json(
      answer(
          "<FIELD name=\"SOURCE_ID\" datatype=\"long\"/><FIELD name=\"a\" ucd=\"meta.id;meta.main\" datatype=\"int\"/>",
          "<TR><TD>4295806720</TD><TD>7</TD></TR>"),
      false);
  EXPECT_EQ(out["rows"][0], (nlohmann::json{"4295806720", "7"}));
}

TEST(AnswerRows, AsJsonKeepIntegersBeyondADoubleAsStrings) {
  const auto out = as_json(
      answer("<FIELD name=\"n\" datatype=\"long\"/>", "<TR><TD>9007199254740993</TD></TR><TR><TD>1</TD></TR>"), false);
  EXPECT_EQ(out["rows"][0][0], "9007199254740993");
  EXPECT_EQ(out["rows"][1][0], "1");
}

TEST(AnswerRows, AsJsonHaveSmallIntegersAsNumbers) {
  const auto out = as_json(answer("<FIELD name=\"n\" datatype=\"long\"/>", "<TR><TD>-7</TD></TR>"), false);
  EXPECT_EQ(out["rows"][0][0], -7);
}

TEST(AnswerRows, OnATerminalBeginWithTheColumnsToTheFront) {
  const auto rows = rows_for_terminal(bytes(stars()), 1, 2, {"g", "nothing"});
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->columns[0].name, "g");
  EXPECT_EQ(rows->columns[0].unit, "mag");
  EXPECT_EQ(rows->columns[1].name, "source_id");
  EXPECT_TRUE(rows->columns[1].right);
  EXPECT_FALSE(rows->columns[3].right);
  EXPECT_EQ(rows->rows, (std::vector<std::vector<std::string>>{
                            {"17.1", "5937083312263887617", "245.10000000000002", "a, \"b\"", "true"}}));
  EXPECT_EQ(rows->more_rows, 1);
}

TEST(AnswerRows, OnATerminalShowNoControlCharacters) {
  const auto rows = rows_for_terminal(
      bytes(answer("<FIELD name=\"t\" datatype=\"char\" arraysize=\"*\"/>", "<TR><TD>a\tb&#x9b;c</TD></TR>")), 5, 1);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->rows[0][0].find('\t'), std::string::npos);
}

}  // namespace
}  // namespace garner::client
