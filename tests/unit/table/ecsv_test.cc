#include <gtest/gtest.h>

#include "samples.h"

namespace garner::table {
namespace {

using samples::bytes_of;

Result<TableSummary> check(std::string_view text) {
  return check_table(bytes_of(text), Format::Ecsv);
}

TEST(Ecsv, TakesTypesUnitsAndMetaFromTheHeader) {
  const auto summary = check(samples::ecsv(4));
  ASSERT_TRUE(summary) << summary.error().detail;
  EXPECT_EQ(summary->rows, 4u);
  ASSERT_EQ(summary->columns.size(), 2u);
  EXPECT_EQ(summary->columns[0].type, ColumnType::Integer);
  EXPECT_EQ(summary->columns[0].ucd, "meta.id");
  EXPECT_EQ(summary->columns[1].type, ColumnType::Float);
  EXPECT_TRUE(summary->columns[1].is_array);
  EXPECT_EQ(summary->columns[1].unit, "W");
  EXPECT_EQ(summary->parameters.at("source_id"), "5937083312263887616");
  EXPECT_FALSE(summary->parameters.contains("pos"));
}

TEST(Ecsv, ReadsBlankSeparatedRowsAndQuotedCells) {
  const std::string text =
      "# %ECSV 0.9\n# ---\n# datatype:\n# - {name: id, datatype: int64}\n# - {name: note, datatype: string}\n# - "
      "{name: ok, datatype: bool}\n"
      "# meta: !!omap\n# - {release: Gaia DR3}\nid note ok\n-7 \"two words\" True\n8 \"\"  False \n";
  auto reader = open_table(from_memory(bytes_of(text)), {});
  ASSERT_TRUE(reader) << reader.error().detail;
  EXPECT_EQ((*reader)->parameters().at("release"), "Gaia DR3");
  ASSERT_TRUE((*reader)->next_row().value());
  EXPECT_EQ((*reader)->cell(0).integer, -7);
  EXPECT_EQ((*reader)->cell(1).text, "two words");
  EXPECT_EQ((*reader)->cell(2).integer, 1);
  ASSERT_TRUE((*reader)->next_row().value());
  EXPECT_TRUE((*reader)->cell(1).null);
  EXPECT_EQ((*reader)->cell(2).integer, 0);
  EXPECT_FALSE((*reader)->cell(2).null);
  EXPECT_FALSE((*reader)->next_row().value());
}

TEST(Ecsv, IsReadAsWhatItIsWhenItIsCalledCsv) {
  const std::string text = samples::ecsv(2);
  const auto ids = samples::read_integers(text, "source_id", Format::Csv);
  ASSERT_TRUE(ids) << ids.error().detail;
  EXPECT_EQ(*ids, (std::vector<std::int64_t>{1, 2}));
}

TEST(Ecsv, RefusesATextThatIsNoInteger) {
  std::string text = samples::ecsv(1) + "12.5,\"[1]\"\n";
  const auto counted = samples::count_rows(text, Format::Ecsv);
  ASSERT_FALSE(counted);
  EXPECT_THAT(counted.error().detail, ::testing::HasSubstr("column 'source_id': expected an integer, found '12.5'"));
}

TEST(Ecsv, RefusesHeadersThatAreNone) {
  const auto plain = check("source_id,x\n1,2\n");
  ASSERT_FALSE(plain);
  EXPECT_THAT(plain.error().detail, ::testing::HasSubstr("expected '# %ECSV 1.0'"));
  const std::string begin = "# %ECSV 1.0\n# ---\n";
  EXPECT_FALSE(check(begin + "# datatype: 5\na\n1\n"));
  EXPECT_FALSE(check(begin + "# datatype:\n# - {name: a}\na\n1\n"));
  EXPECT_FALSE(check(begin + "# datatype: [[[{\na\n1\n"));
  EXPECT_FALSE(check(begin + "# delimiter: ;\n# datatype:\n# - {name: a, datatype: int8}\na\n1\n"));
  EXPECT_EQ(check(begin + "# datatype:\n# - {name: a, datatype: int8}\n").error().kind, Kind::Corrupt);
  const auto renamed = check(begin + "# datatype:\n# - {name: a, datatype: int8}\nb\n1\n");
  ASSERT_FALSE(renamed);
  EXPECT_THAT(renamed.error().detail, ::testing::HasSubstr("column 1 is named 'b', but 'a'"));
}

TEST(Ecsv, RefusesAbsurdHeadersQuickly) {
  EXPECT_FALSE(check("# %ECSV 1.0\n# ---\n# datatype: " + std::string(200'000, '[') + "\na\n1\n"));
  const auto large = check("# %ECSV 1.0\n# ---\n# meta: " + std::string(20u << 20, 'x') + "\na\n1\n");
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, Kind::TooLarge);
}

}  // namespace
}  // namespace garner::table
