#include <gtest/gtest.h>

#include "samples.h"

namespace garner::table {
namespace {

using samples::bytes_of;

std::unique_ptr<TableReader> open(std::string_view text, Format format = Format::Csv) {
  auto reader = open_table(from_memory(bytes_of(text)), {.format = format, .wanted = {}, .limits = {}});
  EXPECT_TRUE(reader) << reader.error().detail;
  return reader ? std::move(*reader) : nullptr;
}

void expect_both_refuse(std::string_view text, Kind kind, std::string_view words, Format format = Format::Csv) {
  const auto checked = check_table(bytes_of(text), format);
  ASSERT_FALSE(checked) << text;
  EXPECT_EQ(checked.error().kind, kind) << checked.error().detail;
  EXPECT_THAT(checked.error().detail, ::testing::HasSubstr(std::string(words)));
  const auto counted = samples::count_rows(text, format);
  ASSERT_FALSE(counted) << text;
  EXPECT_EQ(counted.error().detail, checked.error().detail);
}

TEST(Csv, KeepsQuotesCommasAndLineBreaksInsideOfQuotedCells) {
  auto reader = open("id,text\r\n1,\"a, \"\"b\"\"\nc\"\r\n2,\"\"\r\n3,plain");
  ASSERT_TRUE(reader->next_row().value());
  EXPECT_EQ(reader->cell(1).text, "a, \"b\"\nc");
  EXPECT_EQ(reader->position(), "line 2");
  ASSERT_TRUE(reader->next_row().value());
  EXPECT_TRUE(reader->cell(1).null);
  EXPECT_EQ(reader->position(), "line 4");
  ASSERT_TRUE(reader->next_row().value());
  EXPECT_EQ(reader->cell(1).text, "plain");
  EXPECT_FALSE(reader->next_row().value());
}

TEST(Csv, KeepsSeveralCellsWithDoubledQuotesApart) {
  auto reader = open("a,b,c\n\"x\"\"1\",\"y\"\"2\",\"z\"\"3\"\n");
  ASSERT_TRUE(reader->next_row().value());
  EXPECT_EQ(reader->cell(0).text, "x\"1");
  EXPECT_EQ(reader->cell(1).text, "y\"2");
  EXPECT_EQ(reader->cell(2).text, "z\"3");
}

TEST(Csv, KeepsArraysAsTheyAreWritten) {
  auto reader = open(samples::csv(3));
  ASSERT_TRUE(reader->next_row().value());
  EXPECT_EQ(reader->cell(1).text, "(0.5, 2.0)");
}

TEST(Csv, IgnoresAByteOrderMarkAndEmptyLines) {
  auto reader = open("\xef\xbb\xbfsource_id,x\n\n1,2\n\n\n3,4\n\n");
  EXPECT_EQ(reader->columns()[0].name, "source_id");
  ASSERT_TRUE(reader->next_row().value());
  EXPECT_EQ(reader->position(), "line 3");
  ASSERT_TRUE(reader->next_row().value());
  EXPECT_EQ(reader->position(), "line 6");
  EXPECT_FALSE(reader->next_row().value());
}

TEST(Csv, ReadsTabs) {
  auto reader = open("source_id\tname\n5\ta, b\n", Format::Tsv);
  ASSERT_TRUE(reader->next_row().value());
  EXPECT_EQ(reader->cell(0).text, "5");
  EXPECT_EQ(reader->cell(1).text, "a, b");
}

TEST(Csv, RefusesARowWithAMissingCellAndNamesItsLine) {
  expect_both_refuse("a,b,c\n1,2,3\n4,5\n6,7,8\n", Kind::Malformed, "line 3: 2 cells, but 3 columns");
  expect_both_refuse("a,b,c\n1,2,3\n4,5,6,7\n", Kind::Malformed, "line 3: 4 cells");
}

TEST(Csv, CallsALastLineWithoutAllCellsACut) {
  expect_both_refuse("a,b,c\n1,2,3\n4,5", Kind::Corrupt, "the file is cut");
}

TEST(Csv, RefusesWhatQuotesMustNotBe) {
  expect_both_refuse("a,b\n1,\"x", Kind::Corrupt, "line 2: the text is cut");
  expect_both_refuse("a,b\n1,\"x\"y\n", Kind::Malformed, "behind a closing quote");
  expect_both_refuse("a,b\n1,x\"y\n", Kind::Malformed, "line 2: a quote inside");
}

TEST(Csv, RefusesControlCharactersLoneReturnsAndMarkup) {
  expect_both_refuse(std::string_view("a,b\n1,\0\n", 8), Kind::Malformed, "code 0");
  expect_both_refuse("a,b\n1,2\r3,4\n", Kind::Malformed, "carriage return");
  expect_both_refuse("<html><body>Archive down</body></html>", Kind::Malformed, "markup");
  expect_both_refuse("", Kind::Malformed, "empty");
}

TEST(Csv, ReadsARecordLargerThanTheBufferAndStopsAtTheBound) {
  std::string text = "a,b\n1,\"" + std::string(700'000, 'x') + "\"\n2,y\n";
  auto reader = open(text);
  ASSERT_TRUE(reader->next_row().value());
  EXPECT_EQ(reader->cell(1).text.size(), 700'000u);
  ASSERT_TRUE(reader->next_row().value());
  EXPECT_EQ(reader->cell(1).text, "y");
  OpenOptions options{.format = Format::Csv, .wanted = {}, .limits = {}};
  options.limits.max_cell_bytes = 200'000;
  auto bounded = open_table(from_memory(bytes_of(text)), options);
  ASSERT_TRUE(bounded);
  EXPECT_EQ((*bounded)->next_row().error().kind, Kind::TooLarge);
}

TEST(Csv, ReadsManyRowsAcrossBlocks) {
  const std::string text = samples::csv(20'000);
  const auto ids = samples::read_integers(text, "source_id");
  ASSERT_TRUE(ids) << ids.error().detail;
  ASSERT_EQ(ids->size(), 20'000u);
  for (std::size_t i = 0; i < ids->size(); ++i) ASSERT_EQ((*ids)[i], static_cast<std::int64_t>(i) + 1);
  EXPECT_EQ(check_table(bytes_of(text), Format::Csv)->rows, 20'000u);
}

}  // namespace
}  // namespace garner::table
