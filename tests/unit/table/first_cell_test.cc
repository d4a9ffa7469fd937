// The first row's cell that check_table() decodes on its way must be the one that the reader gives.
#include <gtest/gtest.h>

#include "samples.h"

namespace garner::table {
namespace {

using samples::bytes_of;

struct Sample {
  Format format;
  std::string text;
};

std::string int_table(std::string_view rows) {
  return samples::votable(
      "<FIELD datatype=\"int\" name=\"n\"><VALUES null=\"-1\"/></FIELD>\n<FIELD datatype=\"char\" "
      "arraysize=\"*\" name=\"note\"/>\n",
      "<TABLEDATA>" + std::string(rows) + "</TABLEDATA>");
}

std::vector<Sample> all_samples(std::size_t rows) {
  return {{Format::VOTable, samples::fixed_binary2(rows)},
          {Format::VOTable, samples::variable_binary2(rows)},
          {Format::VOTable, samples::tabledata(rows)},
          {Format::Fits, samples::fits_table_file(rows)},
          {Format::Csv, samples::csv(rows)},
          {Format::Ecsv, samples::ecsv(rows)}};
}

std::optional<FirstCell> first_of(const Sample& sample, std::string_view column) {
  const auto summary = check_table(bytes_of(sample.text), sample.format, {}, column);
  EXPECT_TRUE(summary) << summary.error().detail;
  return summary ? summary->first_cell : std::nullopt;
}

TEST(FirstCell, IsTheReadersOwnInEveryFormatAndColumn) {
  std::size_t cells = 0;
  auto samples = all_samples(3);
  samples.push_back(
      {Format::VOTable, int_table("<TR><TD>-1</TD><TD>a &amp; b</TD></TR><TR><TD>5</TD><TD>c</TD></TR>")});
  samples.push_back({Format::VOTable, int_table("<TR><TD> 7 </TD><TD/></TR>")});
  for (const auto& sample : samples) cells += samples::expect_first_cells(sample.text, sample.format, "a sample");
  EXPECT_EQ(cells, 20u);
}

TEST(FirstCell, IsFoundWhateverTheCaseOfTheColumnsName) {
  for (const auto& sample : all_samples(2)) {
    const auto cell = first_of(sample, "SOURCE_Id");
    const auto same = first_of(sample, "source_id");
    ASSERT_TRUE(cell && same);
    EXPECT_FALSE(cell->null);
    EXPECT_EQ(cell->integer, same->integer);
    EXPECT_EQ(cell->text, same->text);
  }
}

TEST(FirstCell, IsNotThereWithoutRowsOrColumn) {
  for (const auto& sample : all_samples(0)) EXPECT_FALSE(first_of(sample, "source_id"));
  for (const auto& sample : all_samples(2)) {
    EXPECT_FALSE(first_of(sample, "solution_id"));
    EXPECT_FALSE(first_of(sample, ""));
  }
}

// The stream of a table with wide rows ends within its first row's base64, or breaks its lines there.
TEST(FirstCell, IsDecodedFromAnyLineLength) {
  samples::Bytes row;
  row.u8(0).i64(4295806720).text(std::string(100, 'x'));
  for (const std::size_t line_length : {1u, 2u, 3u, 5u, 76u, 1000u}) {
    const auto text = samples::votable(
        "<FIELD datatype=\"long\" name=\"source_id\"/>\n<FIELD datatype=\"char\" arraysize=\"100\" name=\"note\"/>\n",
        "<BINARY2><STREAM encoding=\"base64\">\n" + samples::base64(row.str(), line_length) + "</STREAM></BINARY2>");
    EXPECT_EQ(samples::expect_first_cells(text, Format::VOTable, "line length " + std::to_string(line_length)), 2u);
    EXPECT_EQ(first_of({Format::VOTable, text}, "source_id")->integer, 4295806720);
    EXPECT_EQ(first_of({Format::VOTable, text}, "note")->text, std::string(100, 'x'));
  }
}

TEST(FirstCell, ThatIsNoIntegerWhereOneIsDueIsRefused) {
  for (const auto& [format, text] : {Sample{Format::VOTable, int_table("<TR><TD>1.5</TD><TD/></TR>")},
                                     Sample{Format::Ecsv, samples::ecsv(0) + "1.5,\"[1]\"\n"}}) {
    const auto checked = check_table(bytes_of(text), format, {}, format == Format::Ecsv ? "source_id" : "n");
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().kind, Kind::Malformed);
    EXPECT_THAT(checked.error().detail, ::testing::HasSubstr("expected an integer, found '1.5'"));
    EXPECT_TRUE(check_table(bytes_of(text), format));
  }
}

TEST(FirstCell, LargerThanACellMayBeIsRefused) {
  Limits limits;
  limits.max_cell_bytes = 1000;
  const auto text = int_table("<TR><TD>1</TD><TD>" + std::string(2000, 'x') + "</TD></TR>");
  const auto checked = check_table(bytes_of(text), Format::VOTable, limits, "note");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, Kind::TooLarge);
}

}  // namespace
}  // namespace garner::table
