// Answers that are cut, damaged or no tables at all become no files.
#include "convert_fixture.h"

namespace garner::table {
namespace {

using ConvertRefused = ConvertFixture;

std::string one_cell(std::string_view field, std::string_view text) {
  return samples::votable(fmt::format("<FIELD name=\"x\" {}/>", field),
                          fmt::format("<TABLEDATA><TR><TD>{}</TD></TR></TABLEDATA>", text));
}

TEST_F(ConvertRefused, AnAnswerThatIsCutAnywhere) {
  for (const auto& answer : {samples::fixed_binary2(20), samples::variable_binary2(20), samples::tabledata(8)}) {
    const std::size_t end = answer.find_last_of('>');
    for (std::size_t size = 0; size <= end; ++size) {
      const Kind kind = refused(std::string_view(answer).substr(0, size)).kind;
      ASSERT_TRUE(kind == Kind::Corrupt || kind == Kind::Malformed) << "cut to " << size << " bytes";
    }
  }
}

TEST_F(ConvertRefused, AnAnswerCutOutOfTheMiddle) {
  std::string answer = samples::fixed_binary2(40);
  answer.erase(answer.find("<STREAM") + 100, 8);
  EXPECT_EQ(refused(answer).kind, Kind::Corrupt);
}

TEST_F(ConvertRefused, ASecondDocumentBehindTheFirstOrInsideOfIt) {
  const std::string answer = samples::fixed_binary2(4000);
  EXPECT_EQ(refused(answer + answer).kind, Kind::Malformed);
  const auto cut = answer.substr(0, answer.find("</STREAM>") - 100);
  EXPECT_EQ(refused(cut + answer).kind, Kind::Malformed);
}

TEST_F(ConvertRefused, WhatIsNoVotable) {
  EXPECT_EQ(refused("").kind, Kind::Corrupt);
  EXPECT_EQ(refused("<html><body>Service unavailable</body></html>").kind, Kind::Malformed);
  EXPECT_EQ(refused("source_id\n5\n").kind, Kind::Malformed);
  EXPECT_EQ(refused(std::string_view("\x1f\x8b\x08\x00", 4)).kind, Kind::Corrupt);
}

TEST_F(ConvertRefused, AnErrorWithoutATableInTheServicesWords) {
  const auto error = refused(
      "<VOTABLE><RESOURCE type=\"results\"><INFO name=\"QUERY_STATUS\" value=\"ERROR\">No such column</INFO></RESOURCE>"
      "</VOTABLE>");
  EXPECT_EQ(error.kind, Kind::Malformed);
  EXPECT_NE(error.detail.find("No such column"), std::string::npos) << error.detail;
}

TEST_F(ConvertRefused, CharactersThatAreNoBase64) {
  std::string answer = samples::fixed_binary2(4000);
  answer[answer.find("</STREAM>") - 1000] = '*';
  EXPECT_EQ(refused(answer).kind, Kind::Malformed);
}

TEST_F(ConvertRefused, CellsThatAreNotWhatTheirFieldsSay) {
  struct Case {
    std::string_view field, text, words;
  };
  for (const Case& bad : {Case{"datatype=\"int\"", "1.5", "row 1: column 'x': expected an integer, found '1.5'"},
                          Case{"datatype=\"short\"", "32768", "expected a number of datatype short, found '32768'"},
                          Case{"datatype=\"unsignedByte\"", "-1", "datatype unsignedByte"},
                          Case{"datatype=\"long\"", "9223372036854775808", "expected an integer"},
                          Case{"datatype=\"short\" arraysize=\"3\"", "1 2", "2 elements, but its arraysize is '3'"},
                          Case{"datatype=\"bit\" arraysize=\"*\"", "0 2", "expected bits"},
                          Case{"datatype=\"floatComplex\"", "1", "no pairs"}}) {
    const auto error = refused(one_cell(bad.field, bad.text));
    EXPECT_EQ(error.kind, Kind::Malformed);
    EXPECT_NE(error.detail.find(bad.words), std::string::npos) << error.detail;
  }
}

TEST_F(ConvertRefused, RowsOfMoreOrFewerCells) {
  for (const auto* cells : {"<TD>1</TD><TD>2</TD>", ""}) {
    EXPECT_EQ(refused(samples::votable(R"(<FIELD name="x" datatype="int"/>)",
                                       fmt::format("<TABLEDATA><TR>{}</TR></TABLEDATA>", cells)))
                  .kind,
              Kind::Malformed);
  }
}

TEST_F(ConvertRefused, CellsPastTheLimit) {
  ConvertOptions options;
  options.limits.max_cell_bytes = 100;
  EXPECT_EQ(refused(one_cell("datatype=\"char\" arraysize=\"*\"", std::string(101, 'x')), options).kind,
            Kind::TooLarge);
  samples::Bytes row;
  row.i32(101).text(std::string(101, 'x'));
  EXPECT_EQ(refused(samples::votable(R"(<FIELD name="x" datatype="char" arraysize="*"/>)",
                                     samples::binary("BINARY", row.str())),
                    options)
                .kind,
            Kind::TooLarge);
}

TEST_F(ConvertRefused, LengthsThatNoAnswerCanHold) {
  const auto answer = [](std::int32_t length) {
    return samples::votable(R"(<FIELD name="x" datatype="double" arraysize="*"/>)",
                            samples::binary("BINARY", samples::Bytes().i32(length).str()));
  };
  EXPECT_EQ(refused(answer(-1)).kind, Kind::Malformed);
  EXPECT_EQ(refused(answer(0x7fffffff)).kind, Kind::TooLarge);
  EXPECT_EQ(refused(answer(1000)).kind, Kind::Corrupt);
}

TEST_F(ConvertRefused, MoreColumnsThanFitsHas) {
  std::string fields, cells;
  for (int i = 0; i < 1000; ++i) {
    fields += fmt::format("<FIELD name=\"c{}\" datatype=\"short\"/>", i);
    cells += "<TD>1</TD>";
  }
  const std::string answer = samples::votable(fields, "<TABLEDATA><TR>" + cells + "</TR></TABLEDATA>");
  const auto fits = convert_votable(samples::bytes_of(answer), {.to = ConvertTo::Fits}, path());
  ASSERT_FALSE(fits);
  EXPECT_EQ(fits.error().kind, Kind::TooLarge);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  EXPECT_TRUE(converted(answer, {.to = ConvertTo::Csv}).starts_with("c0,c1,"));
}

}  // namespace
}  // namespace garner::table
