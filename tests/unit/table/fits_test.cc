#include <gtest/gtest.h>

#include "samples.h"

namespace garner::table {
namespace {

using samples::Bytes;
using samples::bytes_of;
using samples::fits_bintable;
using samples::fits_header;
using samples::fits_primary;

Result<TableSummary> check(std::string_view text, const Limits& limits = {}) {
  return check_table(bytes_of(text), Format::Fits, limits);
}

void expect_both_refuse(const std::string& text, Kind kind, const std::string& words) {
  const auto checked = check(text);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, kind) << checked.error().detail;
  EXPECT_THAT(checked.error().detail, ::testing::HasSubstr(words));
  const auto counted = samples::count_rows(text, Format::Fits);
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().kind, kind) << counted.error().detail;
}

std::string with_card(std::string text, std::string_view keyword, std::string_view value) {
  const auto at = text.find(fmt::format("{:<8}=", keyword));
  EXPECT_NE(at, std::string::npos) << keyword;
  return text.replace(at, 80, samples::card(keyword, value));
}

TEST(Fits, ReadsRowsAndTheCardsOfTheTable) {
  const std::string text = fits_primary() + fits_bintable(8, 2, {{"source_id", "K"}}, Bytes().i64(5).i64(-6).str(), 0,
                                                          {{"SOURCEID", "'5937083312263887616'"},
                                                           {"TITLE", "'it''s / one  ' / comment"},
                                                           {"DUP", "1 / x"},
                                                           {"DUP", "2"}});
  const auto summary = check(text);
  ASSERT_TRUE(summary) << summary.error().detail;
  EXPECT_EQ(summary->rows, 2u);
  EXPECT_EQ(summary->parameters.at("SOURCEID"), "5937083312263887616");
  EXPECT_EQ(summary->parameters.at("TITLE"), "it's / one");
  EXPECT_EQ(summary->parameters.at("DUP"), "2");
  EXPECT_EQ(samples::read_integers(text, "SOURCE_ID").value(), (std::vector<std::int64_t>{5, -6}));
}

TEST(Fits, RefusesATruncatedLastHdu) {
  const std::string two = samples::fits_table_file(10) + fits_bintable(8, 400, {{"x", "D"}}, std::string(3200, '\0'));
  ASSERT_TRUE(check(two));
  expect_both_refuse(two.substr(0, two.size() - 1), Kind::Corrupt, "cut");
  expect_both_refuse(two.substr(0, two.size() - 2880), Kind::Corrupt, "HDU 3: the file is cut");
  expect_both_refuse(two.substr(0, two.size() - 2 * 2880 - 100), Kind::Corrupt, "HDU 3: the file is cut");
}

TEST(Fits, RefusesAFileThatLacksTheWholeOfItsLastData) {
  // 360 rows of 8 bytes are a block without padding.
  const std::string whole = fits_primary() + fits_bintable(8, 360, {{"x", "D"}}, std::string(2880, '\1'));
  ASSERT_TRUE(check(whole));
  expect_both_refuse(whole.substr(0, whole.size() - 2880), Kind::Corrupt, "2880 bytes are missing");
}

TEST(Fits, RefusesAnNaxis2ThatDoesNotFitTheRows) {
  const std::string whole = samples::fits_table_file(400);  // 4800 bytes: two blocks
  ASSERT_TRUE(check(whole));
  expect_both_refuse(with_card(whole, "NAXIS2", "4000"), Kind::Corrupt, "cut");
  expect_both_refuse(with_card(whole, "NAXIS2", "399"), Kind::Malformed,
                     "NAXIS2");  // in the same block: padding is not empty
  expect_both_refuse(with_card(whole, "NAXIS2", "240"), Kind::Malformed,
                     "no header");  // a block less: rows where a header is due
  expect_both_refuse(with_card(whole, "NAXIS2", "-1"), Kind::Malformed, "NAXIS2");
}

TEST(Fits, RefusesBytesBehindTheLastPadding) {
  const std::string whole = samples::fits_table_file(3);
  expect_both_refuse(whole + "x", Kind::Malformed, "bytes stand behind");
  expect_both_refuse(whole + std::string(2880, '\0'), Kind::Malformed, "bytes stand behind");
  expect_both_refuse(whole + whole, Kind::Malformed, "bytes stand behind");
}

TEST(Fits, RefusesAbsurdHeadersQuickly) {
  const auto primary = [](std::string_view naxis, const std::string& size = "9000000000000000000") {
    return fits_header(
        {{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", std::string(naxis)}, {"NAXIS1", size}, {"NAXIS2", size}});
  };
  expect_both_refuse(primary("2", "4294967296"), Kind::Malformed, "more bytes than any file");  // 2^64 is 0 in 64 bits
  expect_both_refuse(primary("2"), Kind::Malformed, "more bytes than any file");
  expect_both_refuse(primary("1000000"), Kind::Malformed, "NAXIS is 1000000");
  expect_both_refuse(primary("-1"), Kind::Malformed, "NAXIS is -1");
  expect_both_refuse(primary("3"), Kind::Malformed, "NAXIS3");
  const std::string whole = samples::fits_table_file(3);
  expect_both_refuse(with_card(whole, "TFIELDS", "100000"), Kind::Malformed, "TFIELDS is 100000");
  expect_both_refuse(with_card(whole, "TFIELDS", "3"), Kind::Malformed, "TFORM3 is missing");
  expect_both_refuse(with_card(whole, "TFORM1", "'99999999999999999999K'"), Kind::Malformed, "TFORM1");
  expect_both_refuse(with_card(whole, "TFORM1", "'Z'"), Kind::Malformed, "TFORM1");
  expect_both_refuse(with_card(whole, "TFORM1", "'2K'"), Kind::Malformed, "NAXIS1");
  expect_both_refuse(with_card(whole, "TFORM1", "'J'"), Kind::Malformed, "take 8 bytes a row, NAXIS1 says 12");
  expect_both_refuse(with_card(whole, "NAXIS1", "1000000000000"), Kind::Malformed, "NAXIS1 says");
  expect_both_refuse(fits_primary() + fits_bintable(0, 1u << 30, {}, ""), Kind::Malformed, "no bytes");
  std::string endless = fits_primary().substr(0, 320);
  endless.resize(2880 * 100, ' ');
  Limits small;
  small.max_header_bytes = 2880 * 10;
  EXPECT_EQ(check(endless, small).error().kind, Kind::TooLarge);
  expect_both_refuse(endless, Kind::Corrupt, "cut");
}

TEST(Fits, RefusesHeadersOutOfOrder) {
  expect_both_refuse(fits_header({{"SIMPLE", "T"}, {"NAXIS", "0"}, {"BITPIX", "8"}}), Kind::Malformed,
                     "must begin with SIMPLE");
  expect_both_refuse(fits_header({{"SIMPLE", "F"}, {"BITPIX", "8"}, {"NAXIS", "0"}}), Kind::Malformed,
                     "SIMPLE is not T");
  expect_both_refuse(fits_header({{"SIMPLE", "T"}, {"BITPIX", "7"}, {"NAXIS", "0"}}), Kind::Malformed, "BITPIX is 7");
  std::string strange = fits_primary();
  strange[85] = '\x01';
  expect_both_refuse(strange, Kind::Malformed, "outside of ASCII");
  expect_both_refuse("", Kind::Corrupt, "cut");
  expect_both_refuse("<html/>", Kind::Corrupt, "cut");
}

TEST(Fits, ScalesIntegersExactly) {
  const std::string text =
      fits_primary() +
      fits_bintable(8 + 2 + 4 + 2, 2, {{"u64", "K"}, {"u16", "I"}, {"scaled", "J"}, {"nulls", "I"}},
                    Bytes().i64(INT64_MIN + 9).i16(-32768).i32(10).i16(-1).i64(-1).i16(32767).i32(-10).i16(7).str(), 0,
                    {{"TZERO1", "9223372036854775808"},
                     {"TSCAL1", "1"},
                     {"TZERO2", "32768.0"},
                     {"TSCAL3", "0.5"},
                     {"TNULL4", "-1"}});
  auto reader = open_table(from_memory(bytes_of(text)), {});
  ASSERT_TRUE(reader) << reader.error().detail;
  auto& r = **reader;
  ASSERT_TRUE(r.next_row().value());
  EXPECT_EQ(r.cell(0).integer, 9);
  EXPECT_EQ(r.cell(1).integer, 0);
  EXPECT_EQ(r.columns()[2].type, ColumnType::Float);
  EXPECT_EQ(r.cell(2).real, 5.0);
  EXPECT_TRUE(r.cell(3).null);
  ASSERT_TRUE(r.next_row().value());
  EXPECT_EQ(r.cell(0).integer, INT64_MAX);
  EXPECT_EQ(r.cell(1).integer, 65535);
  EXPECT_EQ(r.cell(3).integer, 7);
}

TEST(Fits, RefusesAnUnsignedIntegerPast63Bits) {
  const std::string text = fits_primary() + fits_bintable(8, 1, {{"u64", "K"}}, Bytes().i64(0).str(), 0,
                                                          {{"TZERO1", "9223372036854775808"}});
  EXPECT_THAT(samples::count_rows(text, Format::Fits).error().detail,
              ::testing::HasSubstr("row 1: column 'u64' holds an integer past"));
}

TEST(Fits, ReadsTextsLogicalsAndDescriptors) {
  Bytes rows;
  rows.text("abc  ")
      .text("T")
      .i32(2)
      .i32(0)
      .text(std::string_view("x\0yyy", 5))
      .text("F")
      .i32(0)
      .i32(0)
      .text("     ")
      .text(std::string_view("\0", 1))
      .i32(1)
      .i32(8);
  const std::string good = fits_primary() + fits_bintable(14, 3, {{"text", "5A"}, {"flag", "L"}, {"vla", "PD(2)"}},
                                                          rows.str() + std::string(16, '\1'), 16);
  auto reader = open_table(from_memory(bytes_of(good)), {});
  ASSERT_TRUE(reader) << reader.error().detail;
  auto& r = **reader;
  ASSERT_TRUE(r.next_row().value());
  EXPECT_EQ(r.cell(0).text, "abc");
  EXPECT_EQ(r.cell(1).integer, 1);
  EXPECT_FALSE(r.cell(2).null);
  ASSERT_TRUE(r.next_row().value());
  EXPECT_EQ(r.cell(0).text, "x");
  EXPECT_FALSE(r.cell(1).null);
  EXPECT_TRUE(r.cell(2).null);
  ASSERT_TRUE(r.next_row().value());
  EXPECT_TRUE(r.cell(0).null);
  EXPECT_TRUE(r.cell(1).null);
  EXPECT_FALSE(r.next_row().value());
}

TEST(Fits, RefusesADescriptorThatPointsOutOfTheHeap) {
  for (const auto& [count, offset] :
       std::vector<std::pair<std::int32_t, std::int32_t>>{{3, 0}, {1, 16}, {2, 8}, {-1, 0}, {1, -1}}) {
    const std::string text =
        fits_primary() +
        fits_bintable(8, 1, {{"vla", "1PD(3)"}}, Bytes().i32(count).i32(offset).str() + std::string(16, '\1'), 16);
    EXPECT_TRUE(check(text));
    const auto counted = samples::count_rows(text, Format::Fits);
    ASSERT_FALSE(counted) << count << " at " << offset;
    EXPECT_EQ(counted.error().kind, Kind::Corrupt);
  }
  const std::string outside =
      fits_primary() + fits_bintable(8, 1, {{"vla", "PD"}}, std::string(24, '\0'), 16, {{"THEAP", "25"}});
  expect_both_refuse(outside, Kind::Malformed, "THEAP is 25");
}

TEST(Fits, PassesOverImagesOnTheWayToTheTable) {
  const std::string image = fits_header({{"XTENSION", "'IMAGE   '"},
                                         {"BITPIX", "-32"},
                                         {"NAXIS", "2"},
                                         {"NAXIS1", "30"},
                                         {"NAXIS2", "40"},
                                         {"PCOUNT", "0"},
                                         {"GCOUNT", "1"}}) +
                            samples::fits_padded(std::string(4800, 'i'));
  const std::string table = samples::fits_table_file(4).substr(2880);
  const std::string text = fits_primary() + image + table + image;
  EXPECT_EQ(samples::read_integers(text, "source_id").value().size(), 4u);
  expect_both_refuse(text.substr(0, text.size() - 2880), Kind::Corrupt, "HDU 4");
}

}  // namespace
}  // namespace garner::table
