#include <gtest/gtest.h>

#include "samples.h"

namespace garner::table {
namespace {

using samples::bytes_of;

Result<TableSummary> check(std::string_view text, const Limits& limits = {}) {
  return check_table(bytes_of(text), Format::VOTable, limits);
}

void expect_both_refuse(const std::string& text, Kind kind, const std::string& words) {
  const auto checked = check(text);
  ASSERT_FALSE(checked) << text.substr(0, 200);
  EXPECT_EQ(checked.error().kind, kind) << checked.error().detail;
  EXPECT_THAT(checked.error().detail, ::testing::HasSubstr(words));
  const auto counted = samples::count_rows(text, Format::VOTable);
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().kind, kind) << counted.error().detail;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Votable, GivesColumnsParametersAndRows) {
  const std::string text = replaced(samples::tabledata(2), "<TABLE>",
                                    "<PARAM name=\"release\" datatype=\"char\" arraysize=\"*\" value=\"DR3\"/><TABLE>");
  const auto summary = check(text);
  ASSERT_TRUE(summary) << summary.error().detail;
  EXPECT_EQ(summary->rows, 2u);
  EXPECT_EQ(summary->columns[0].name, "source_id");
  EXPECT_EQ(summary->columns[0].type, ColumnType::Integer);
  EXPECT_EQ(summary->columns[0].description, "Unique id");
  EXPECT_EQ(summary->columns[2].type, ColumnType::Text);
  EXPECT_EQ(summary->parameters.at("release"), "DR3");
  EXPECT_EQ(summary->parameters.at("QUERY_STATUS"), "OK");
}

TEST(Votable, ReadsTextCellsWithEntitiesSectionsAndNulls) {
  const std::string text = samples::votable(
      "<FIELD name='id' datatype='long'><VALUES null='-9'/></FIELD><FIELD name='t' datatype='char' "
      "arraysize='*'/><FIELD name='b' datatype='boolean'/>"
      "<FIELD name='d' datatype='double'/>",
      "<TABLEDATA>\n<TR><TD> 0x10 "
      "</TD><TD>a&amp;<![CDATA[<b>]]>\xc3\xa9</TD><TD>True</TD><TD>1e3</TD></TR>\n<TR><TD>-9</TD><TD/><TD>?</"
      "TD><TD>NaN</TD></TR>"
      "<TR><TD/><TD> </TD><TD>f</TD><TD>-Inf</TD></TR></TABLEDATA>");
  auto reader = open_table(from_memory(bytes_of(text)), {});
  ASSERT_TRUE(reader) << reader.error().detail;
  auto& r = **reader;
  ASSERT_TRUE(r.next_row().value());
  EXPECT_EQ(r.cell(0).integer, 16);
  EXPECT_EQ(r.cell(1).text, "a&<b>\xc3\xa9");
  EXPECT_EQ(r.cell(2).integer, 1);
  EXPECT_EQ(r.cell(3).real, 1000.0);
  EXPECT_EQ(r.position(), "line 8");
  ASSERT_TRUE(r.next_row().value());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(r.cell(i).null) << i;
  ASSERT_TRUE(r.next_row().value());
  EXPECT_TRUE(r.cell(0).null);
  EXPECT_EQ(r.cell(1).text, " ");
  EXPECT_FALSE(r.cell(2).null);
  EXPECT_FALSE(r.next_row().value());
}

TEST(Votable, IsReadUnderAnyVersionNamespaceOrPrefix) {
  const std::string plain = samples::tabledata(1);
  const std::string_view name_space = " xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\"";
  std::vector<std::string> variants{replaced(plain, name_space, ""), replaced(plain, "v1.3\"", "v1.1\""),
                                    replaced(plain, "v1.3\"", "v1.6\"")};
  std::string prefixed = replaced(plain, " xmlns=", " xmlns:vot=");
  for (std::size_t at = 0; (at = prefixed.find('<', at)) != std::string::npos; ++at) {
    if (prefixed[at + 1] == '?') continue;
    prefixed.insert(at + (prefixed[at + 1] == '/' ? 2 : 1), "vot:");
  }
  variants.push_back(prefixed);
  variants.push_back(replaced(plain, "?>\n", "?>\n<!DOCTYPE VOTABLE SYSTEM \"http://us-vo.org/xml/VOTable.dtd\">\n"));
  variants.push_back(replaced(plain, "<TABLE>", "<x:TABLE xmlns:x=\"urn:other\"><x:DATA/></x:TABLE><TABLE>"));
  for (const auto& text : variants) {
    const auto summary = check(text);
    ASSERT_TRUE(summary) << text << summary.error().detail;
    EXPECT_EQ(summary->rows, 1u);
    EXPECT_EQ(summary->columns.size(), 3u);
  }
}

TEST(Votable, RefusesRowsWithTooFewOrTooManyCells) {
  expect_both_refuse(replaced(samples::tabledata(3), "<TD>1.5</TD>", ""), Kind::Malformed,
                     "row 2 holds 2 cells, but there are 3 FIELDs");
  expect_both_refuse(replaced(samples::tabledata(3), "<TD>1.5</TD>", "<TD/><TD/>"), Kind::Malformed,
                     "line 12: row 2 holds more cells");
}

TEST(Votable, RefusesEntityDeclarationsAtOnce) {
  std::string laughs = "<?xml version=\"1.0\"?>\n<!DOCTYPE VOTABLE [\n<!ENTITY a \"ha\">\n";
  for (char c = 'b'; c < 'z'; ++c) {
    laughs += fmt::format("<!ENTITY {} \"", c);
    for (int i = 0; i < 10; ++i) laughs += fmt::format("&{};", static_cast<char>(c - 1));
    laughs += "\">\n";
  }
  laughs += "]>\n<VOTABLE><INFO name=\"x\" value=\"&y;\">&y;</INFO></VOTABLE>";
  expect_both_refuse(laughs, Kind::Malformed, "line 3: declares the entity 'a'");
  const std::string external =
      "<?xml version='1.0'?><!DOCTYPE VOTABLE SYSTEM 'http://127.0.0.1/x.dtd'><VOTABLE><RESOURCE><INFO "
      "name='a'>&file;</INFO></RESOURCE></VOTABLE>";
  expect_both_refuse(external, Kind::Malformed, "refers to the entity 'file'");
}

TEST(Votable, RefusesWhatStandsBehindTheDocument) {
  expect_both_refuse(samples::tabledata(1) + samples::tabledata(1), Kind::Malformed, "line 17");
  expect_both_refuse(samples::fixed_binary2(3) + "<html/>", Kind::Malformed, "behind </VOTABLE>");
  EXPECT_TRUE(check(samples::fixed_binary2(3) + "<!-- fine -->\n"));
}

TEST(Votable, ReportsQueryStatusErrorWithItsText) {
  const std::string error =
      "<VOTABLE version=\"1.2\"><RESOURCE type=\"results\"><INFO name=\"QUERY_STATUS\" value=\"ERROR\">Cannot parse "
      "query &lt;x&gt;</INFO></RESOURCE></VOTABLE>";
  expect_both_refuse(error, Kind::Malformed, "QUERY_STATUS ERROR: Cannot parse query <x>");
}

TEST(Votable, LetsALaterQueryStatusOverrideAnEarlier) {
  const std::string_view end = "</TABLE>\n";
  expect_both_refuse(replaced(samples::fixed_binary2(3), end,
                              "</TABLE><INFO name=\"QUERY_STATUS\" value=\"ERROR\">died in row 4</INFO>"),
                     Kind::Malformed, "died in row 4");
  const auto overflow =
      check(replaced(samples::tabledata(3), end, "</TABLE><INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"/>"));
  ASSERT_TRUE(overflow) << overflow.error().detail;
  EXPECT_EQ(overflow->parameters.at("QUERY_STATUS"), "OVERFLOW");
  EXPECT_TRUE(check(replaced(replaced(samples::tabledata(1), "value=\"OK\"", "value=\"ERROR\""), end,
                             "</TABLE><INFO name=\"QUERY_STATUS\" value=\"OK\"/>")));
}

TEST(Votable, LeavesDescriptorsOfOtherServicesOutOfTheParameters) {
  const auto summary = check(replaced(samples::tabledata(1), "</VOTABLE>",
                                      "<RESOURCE type=\"meta\"><PARAM name=\"accessURL\" "
                                      "value=\"http://127.0.0.1\"/><GROUP><PARAM name=\"source_id\" value=\"\"/>"
                                      "</GROUP></RESOURCE></VOTABLE>"));
  ASSERT_TRUE(summary) << summary.error().detail;
  EXPECT_FALSE(summary->parameters.contains("accessURL"));
  EXPECT_FALSE(summary->parameters.contains("source_id"));
}

TEST(Votable, ChecksLaterTablesButGivesTheFirst) {
  const std::string second =
      "<TABLE><FIELD name='x' datatype='int'/><DATA><TABLEDATA><TR>{}</TR></TABLEDATA></DATA></TABLE></RESOURCE>";
  const auto with = [&](std::string_view cells) {
    return replaced(samples::tabledata(2), "</RESOURCE>", fmt::format(fmt::runtime(second), cells));
  };
  const auto good = check(with("<TD>1</TD>"));
  ASSERT_TRUE(good) << good.error().detail;
  EXPECT_EQ(good->rows, 2u);
  EXPECT_EQ(good->columns.size(), 3u);
  expect_both_refuse(with("<TD>1</TD><TD>2</TD>"), Kind::Malformed, "more cells than the 1 FIELDs");
}

TEST(Votable, RefusesOtherDocumentsAndTablelessOnes) {
  expect_both_refuse("<html><body/></html>", Kind::Malformed, "root is <html>");
  expect_both_refuse("<VOTABLE><RESOURCE/></VOTABLE>", Kind::Malformed, "no TABLE");
  expect_both_refuse("<VOTABLE><INFO name=\"ERROR\">wrong name</INFO></VOTABLE>", Kind::Malformed,
                     "the error: wrong name");
  expect_both_refuse("", Kind::Corrupt, "cut");
  expect_both_refuse("not xml", Kind::Malformed, "not well-formed");
}

TEST(Votable, TakesElementsOutOfPlaceForNothing) {
  for (const char* text : {"<VOTABLE><RESOURCE><DATA><TABLEDATA><TR><TD/></TR></TABLEDATA></DATA></RESOURCE></VOTABLE>",
                           "<VOTABLE><DATA><BINARY><STREAM encoding='base64'>AAAA</STREAM></BINARY></DATA></VOTABLE>",
                           "<VOTABLE><FIELD name='a'><VALUES null='1'/></FIELD><TR><TD/></TR></VOTABLE>",
                           "<VOTABLE><INFO name='a'><INFO name='b'/><DESCRIPTION>x</DESCRIPTION></INFO></VOTABLE>"}) {
    expect_both_refuse(text, Kind::Malformed, "no TABLE");
  }
}

TEST(Votable, StaysWithinItsBounds) {
  Limits small;
  small.max_header_bytes = 10'000;
  small.max_columns = 3;
  const std::string long_comment =
      replaced(samples::tabledata(1), "<TABLE>", "<!--" + std::string(100'000, 'x') + "--><TABLE>");
  auto reader =
      open_table(from_memory(bytes_of(long_comment)), {.format = Format::VOTable, .wanted = {}, .limits = small});
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().kind, Kind::TooLarge);
  EXPECT_EQ(
      check(replaced(samples::tabledata(1), "<DATA>", "<FIELD name='x' datatype='int'/><DATA>"), small).error().kind,
      Kind::TooLarge);
  std::string deep = "<VOTABLE>";
  for (int i = 0; i < 100'000; ++i) deep += "<GROUP>";
  EXPECT_THAT(check(deep).error().detail, ::testing::HasSubstr("nested deeper"));
  small.max_cell_bytes = 1000;
  const std::string long_cell = replaced(samples::tabledata(2), "a &amp; b", std::string(5000, 'y'));
  auto cells = open_table(from_memory(bytes_of(long_cell)), {.format = Format::VOTable, .wanted = {}, .limits = small});
  ASSERT_TRUE(cells) << cells.error().detail;
  EXPECT_EQ((*cells)->next_row().error().kind, Kind::TooLarge);
  std::string words = "<VOTABLE><!--";
  for (int i = 0; i < 200'000; ++i) words += "<STREAM>";  // each one a place where the fast path might begin
  EXPECT_FALSE(check(words));
}

TEST(Votable, DecodesOnlyTheColumnsAskedFor) {
  const std::string text = replaced(samples::tabledata(2), "<TD>1.5</TD>", "<TD>1.5</TD>");
  OpenOptions options;
  options.wanted = {"RA"};
  auto reader = open_table(from_memory(bytes_of(text)), options);
  ASSERT_TRUE(reader && (*reader)->next_row().value());
  EXPECT_TRUE((*reader)->cell(0).null);
  EXPECT_EQ((*reader)->cell(1).real, 0.5);
}

}  // namespace
}  // namespace garner::table
