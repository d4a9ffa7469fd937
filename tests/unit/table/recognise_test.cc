#include <gtest/gtest.h>

#include "samples.h"
#include "table/readers.h"

namespace garner::table {
namespace {

TEST(Recognise, TellsFormatsByTheirFirstBytes) {
  struct Row {
    std::string text;
    Format format;
  };
  const std::vector<Row> kRows{{samples::tabledata(1), Format::VOTable},
                               {"\xef\xbb\xbf \n<VOTABLE/>", Format::VOTable},
                               {"<!-- html --><vo:VOTABLE>", Format::VOTable},
                               {samples::fits_table_file(1), Format::Fits},
                               {samples::ecsv(1), Format::Ecsv},
                               {samples::csv(1), Format::Csv},
                               {"source_id\n5", Format::Csv},
                               {"\"source_id\",_x\r\n", Format::Csv},
                               {"source_id\tra, dec\tx\n", Format::Tsv}};
  for (const auto& row : kRows) {
    const auto found = recognise(samples::bytes_of(row.text));
    ASSERT_TRUE(found) << row.text.substr(0, 40) << found.error().detail;
    EXPECT_EQ(*found, row.format) << row.text.substr(0, 40);
  }
}

TEST(Recognise, SaysWhatBytesAreThatAreNoTable) {
  std::string tar(512, '\0');
  tar.replace(0, 7, "job.vot");
  tar.replace(257, 5, "ustar");
  const std::vector<std::pair<std::string, std::string>> kRows{{"", "empty"},
                                                               {"5853498713190525696\n5", "header line"},
                                                               {"1,2\n", "header line"},
                                                               {"a,,b\n", "header line"},
                                                               {"<!DOCTYPE HTML><html>", "HTML"},
                                                               {"{\"data\":[]}", "JSON"},
                                                               {"PK\x03\x04xxxx", "zip"},
                                                               {"\x1f\x8b\x08xxx", "gzip"},
                                                               {tar, "tar archive"}};
  for (const auto& [text, words] : kRows) {
    const auto found = recognise(samples::bytes_of(text));
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().kind, Kind::Malformed);
    EXPECT_THAT(found.error().detail, ::testing::HasSubstr(words));
  }
}

TEST(FindColumn, IgnoresCase) {
  std::vector<Column> columns(2);
  columns[0].name = "RA";
  columns[1].name = "Source_ID";
  EXPECT_EQ(find_column(columns, "source_id"), 1u);
  EXPECT_EQ(find_column(columns, "source"), std::nullopt);
}

}  // namespace
}  // namespace garner::table
