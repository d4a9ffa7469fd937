#include "table/votable/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "samples.h"

namespace garner::table {
namespace {

using samples::bytes_of;
using ::testing::HasSubstr;
using ::testing::Not;
using Value = VotableWriter::Value;

struct Read {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> cells;  // "-" for null
};

Read read_back(const std::string& document) {
  EXPECT_TRUE(check_table(bytes_of(document), Format::VOTable)) << document;
  auto reader = open_table(from_memory(bytes_of(document)), {});
  EXPECT_TRUE(reader);
  Read read{(*reader)->columns(), {}};
  for (;;) {
    const auto more = (*reader)->next_row();
    EXPECT_TRUE(more) << more.error().detail;
    if (!more || !*more) return read;
    auto& row = read.cells.emplace_back();
    for (std::size_t i = 0; i < read.columns.size(); ++i) {
      const Cell& cell = (*reader)->cell(i);
      switch (read.columns[i].type) {
        case ColumnType::Integer:
        case ColumnType::Boolean:
          row.push_back(cell.null ? "-" : fmt::format("{}", cell.integer));
          break;
        case ColumnType::Float:
          row.push_back(cell.null ? "-" : fmt::format("{}", cell.real));
          break;
        default:
          row.push_back(cell.null ? "-" : std::string(cell.text));
      }
    }
  }
}

TEST(VotableWriter, WritesEveryTypeAndNullSoThatItReadsTheSame) {
  auto writer = VotableWriter::make({{"source_id", UploadType::Long, "", "meta.id"},
                                     {"ra", UploadType::Double, "deg"},
                                     {"note", UploadType::Text},
                                     {"good", UploadType::Boolean}});
  ASSERT_TRUE(writer);
  const std::vector<Value> full = {std::int64_t{9223372036854775807}, 0.1, std::string_view("a<b & \"c\" Å ]]>"), true};
  const std::vector<Value> nulls(4);
  const std::vector<Value> other = {std::numeric_limits<std::int64_t>::min(), std::int64_t{5},
                                    std::string_view(" x\ty "), false};
  for (const auto& row : {full, nulls, other}) ASSERT_TRUE(writer->add_row(row));
  const auto read = read_back(std::move(*writer).finish());
  ASSERT_EQ(read.cells.size(), 3u);
  EXPECT_EQ(read.cells[0], (std::vector<std::string>{"9223372036854775807", "0.1", "a<b & \"c\" Å ]]>", "1"}));
  EXPECT_EQ(read.cells[1], (std::vector<std::string>(4, "-")));
  EXPECT_EQ(read.cells[2], (std::vector<std::string>{"-9223372036854775808", "5", " x\ty ", "0"}));
  EXPECT_EQ(read.columns[0].ucd, "meta.id");
  EXPECT_EQ(read.columns[1].unit, "deg");
}

TEST(VotableWriter, WritesTextAsCharOfVariableSizeNeverAsUnicodeChar) {
  auto writer = VotableWriter::make({{"note", UploadType::Text}});
  const std::string document = std::move(*writer).finish();
  EXPECT_THAT(document, HasSubstr("datatype=\"char\" arraysize=\"*\""));
  EXPECT_THAT(document, Not(HasSubstr("unicodeChar")));
  EXPECT_THAT(document, HasSubstr("<TABLEDATA>"));
}

TEST(VotableWriter, RefusesWhatXmlCannotHoldAndKeepsTheRowsBefore) {
  auto writer = VotableWriter::make({{"id", UploadType::Long}, {"note", UploadType::Text}});
  const Value good[] = {std::int64_t{1}, std::string_view("x")};
  ASSERT_TRUE(writer->add_row(good));
  for (const std::string_view bad : {std::string_view("\x01", 1), std::string_view("\0", 1),
                                     std::string_view("\xC3(", 2), std::string_view("\xED\xA0\x80", 3)}) {
    const Value row[] = {std::int64_t{2}, bad};
    const auto added = writer->add_row(row);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().kind, Kind::Invalid);
    EXPECT_THAT(added.error().detail, HasSubstr("row 2, column 'note'"));
  }
  EXPECT_EQ(read_back(std::move(*writer).finish()).cells.size(), 1u);
}

TEST(VotableWriter, RefusesRowsOfAnotherShape) {
  auto writer = VotableWriter::make({{"id", UploadType::Long}});
  const Value text[] = {std::string_view("1")}, two[] = {std::int64_t{1}, std::int64_t{2}};
  EXPECT_FALSE(writer->add_row(text));
  EXPECT_FALSE(writer->add_row(two));
  EXPECT_FALSE(VotableWriter::make({}));
  EXPECT_FALSE(VotableWriter::make({{"", UploadType::Long}}));
  EXPECT_FALSE(VotableWriter::make({{"a\x02", UploadType::Long}}));
}

TEST(IdUpload, KeepsAllDigitsInThirtySevenBytesARow) {
  const std::vector<std::int64_t> ids(1000, 5929246508730155392);
  const auto document = id_upload("source_id", ids);
  ASSERT_TRUE(document);
  const std::size_t fixed = id_upload("source_id", {})->size();
  EXPECT_EQ(document->size() - fixed, 37'000u);
  const auto read = read_back(*document);
  EXPECT_EQ(read.cells.size(), 1000u);
  EXPECT_EQ(read.cells[999][0], "5929246508730155392");
}

Result<std::string> convert(std::string_view text, std::uint64_t max_bytes = 1u << 20) {
  return votable_for_upload(from_memory(bytes_of(text)), {}, max_bytes);
}

TEST(UploadOfATable, GivesCsvColumnsTheTypeThatHoldsAllTheirCells) {
  const auto document = convert("id,ra,name,mixed,empty\n5929246508730155392,1.5,NGC 1,1,\n-3,,M31,x,\n");
  ASSERT_TRUE(document) << document.error().detail;
  const auto read = read_back(*document);
  ASSERT_EQ(read.columns.size(), 5u);
  EXPECT_EQ(read.columns[0].type, ColumnType::Integer);
  EXPECT_EQ(read.columns[1].type, ColumnType::Float);
  for (const std::size_t i : {2u, 3u, 4u}) EXPECT_EQ(read.columns[i].type, ColumnType::Text);
  EXPECT_EQ(read.cells[0], (std::vector<std::string>{"5929246508730155392", "1.5", "NGC 1", "1", "-"}));
  EXPECT_EQ(read.cells[1], (std::vector<std::string>{"-3", "-", "M31", "x", "-"}));
}

TEST(UploadOfATable, KeepsTheDeclaredTypesOfOthers) {
  const auto document = convert(
      samples::votable("<FIELD name=\"a\" datatype=\"char\" arraysize=\"*\"/><FIELD name=\"b\" datatype=\"short\"/>",
                       "<TABLEDATA><TR><TD>12</TD><TD>7</TD></TR></TABLEDATA>"));
  ASSERT_TRUE(document) << document.error().detail;
  const auto read = read_back(*document);
  EXPECT_EQ(read.columns[0].type, ColumnType::Text) << "a text that looks like a number";
  EXPECT_EQ(read.columns[1].type, ColumnType::Integer);
}

TEST(UploadOfATable, IsBounded) {
  std::string csv = "id\n";
  for (int i = 0; i < 10'000; ++i) csv += "5929246508730155392\n";
  EXPECT_EQ(convert(csv, 100'000).error().kind, Kind::TooLarge);
  EXPECT_TRUE(convert(csv, 1'000'000));
}

TEST(UploadOfATable, RefusesArraysByName) {
  const auto document = convert(samples::variable_binary2(3));
  ASSERT_FALSE(document);
  EXPECT_THAT(document.error().detail, HasSubstr("'values'"));
}

}  // namespace
}  // namespace garner::table
