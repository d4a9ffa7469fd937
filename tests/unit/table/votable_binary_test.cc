#include <gtest/gtest.h>

#include "samples.h"

namespace garner::table {
namespace {

using samples::Bytes;
using samples::bytes_of;

constexpr std::string_view kAllFields =
    "<FIELD name='bool' datatype='boolean'/><FIELD name='bits' datatype='bit' arraysize='11'/><FIELD name='byte' "
    "datatype='unsignedByte'/>"
    "<FIELD name='short' datatype='short'><VALUES null='-99'/></FIELD><FIELD name='int' datatype='int'/><FIELD "
    "name='long' datatype='long'/>"
    "<FIELD name='char' datatype='char' arraysize='6'/><FIELD name='wide' datatype='unicodeChar' arraysize='*'/><FIELD "
    "name='float' datatype='float'/>"
    "<FIELD name='double' datatype='double'/><FIELD name='fc' datatype='floatComplex'/><FIELD name='dc' "
    "datatype='doubleComplex'/>"
    "<FIELD name='grid' datatype='short' arraysize='2x2'/><FIELD name='some' datatype='float' arraysize='10*'/>"
    "<FIELD name='pairs' datatype='int' arraysize='2x*'/><FIELD name='varbits' datatype='bit' arraysize='*'/>";

Bytes& all_cells(Bytes& bytes) {
  return bytes.text("T")
      .text("\xff\xe0")
      .u8(200)
      .i16(-5)
      .i32(-70000)
      .i64(5937083312263887616)
      .text(std::string_view("abc\0\0\0", 6))
      .i32(2)
      .i16(0x48)
      .i16(0xe9)
      .f32(1.5f)
      .f64(-2.25)
      .f32(1)
      .f32(2)
      .f64(3)
      .f64(4)
      .i16(1)
      .i16(2)
      .i16(3)
      .i16(4)
      .i32(1)
      .f32(9)
      .i32(4)
      .i32(1)
      .i32(2)
      .i32(3)
      .i32(4)
      .i32(9)
      .u8(0xff)
      .u8(0x80);
}

TEST(VotableBinary, DecodesEveryDatatype) {
  for (const bool masks : {false, true}) {
    Bytes bytes;
    if (masks) bytes.i16(0);
    all_cells(bytes);
    const std::string text = samples::votable(kAllFields, samples::binary(masks ? "BINARY2" : "BINARY", bytes.str()));
    ASSERT_EQ(check_table(bytes_of(text), Format::VOTable)->rows, 1u);
    auto reader = open_table(from_memory(bytes_of(text)), {});
    ASSERT_TRUE(reader) << reader.error().detail;
    auto& r = **reader;
    const auto row = r.next_row();
    ASSERT_TRUE(row && *row) << row.error().detail;
    EXPECT_EQ(r.cell(0).integer, 1);
    EXPECT_FALSE(r.cell(1).null);
    EXPECT_EQ(r.cell(2).integer, 200);
    EXPECT_EQ(r.cell(3).integer, -5);
    EXPECT_EQ(r.cell(4).integer, -70000);
    EXPECT_EQ(r.cell(5).integer, 5937083312263887616);
    EXPECT_EQ(r.cell(6).text, "abc");
    EXPECT_EQ(r.cell(7).text, "H\xc3\xa9");
    EXPECT_EQ(r.cell(8).real, 1.5);
    EXPECT_EQ(r.cell(9).real, -2.25);
    EXPECT_TRUE(r.columns()[12].is_array);
    EXPECT_FALSE(r.cell(13).null);
    EXPECT_FALSE(r.next_row().value());
  }
}

TEST(VotableBinary, TakesNullsFromTheMaskFromValuesAndFromEmptyArrays) {
  Bytes bytes;
  bytes.u8(0b01000000).i16(-99).i32(5).i32(0).i32(0);
  bytes.u8(0b00000000).i16(1).i32(6).i32(1).text("x").i32(0);
  const std::string text = samples::votable(
      "<FIELD name='a' datatype='short'><VALUES null='-99'/></FIELD><FIELD name='b' datatype='int'/><FIELD name='c' "
      "datatype='char' arraysize='*'/>"
      "<FIELD name='d' datatype='double' arraysize='*'/>",
      samples::binary("BINARY2", bytes.str()));
  auto reader = open_table(from_memory(bytes_of(text)), {});
  ASSERT_TRUE(reader) << reader.error().detail;
  auto& r = **reader;
  ASSERT_TRUE(r.next_row().value());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(r.cell(i).null) << i;
  ASSERT_TRUE(r.next_row().value());
  EXPECT_EQ(r.cell(0).integer, 1);
  EXPECT_EQ(r.cell(1).integer, 6);
  EXPECT_EQ(r.cell(2).text, "x");
  EXPECT_TRUE(r.cell(3).null);
}

void expect_both_refuse(const std::string& text, Kind kind, const std::string& words) {
  const auto checked = check_table(bytes_of(text), Format::VOTable);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, kind) << checked.error().detail;
  EXPECT_THAT(checked.error().detail, ::testing::HasSubstr(words));
  const auto counted = samples::count_rows(text, Format::VOTable);
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().kind, kind) << counted.error().detail;
}

TEST(VotableBinary, RefusesAStreamThatEndsInsideARow) {
  for (std::size_t cut = 1; cut < 17; ++cut) {
    const std::string bytes(17 * 3 - cut, '\0');
    expect_both_refuse(
        samples::votable(
            "<FIELD name='id' datatype='long'/><FIELD name='a' datatype='float'/><FIELD name='b' datatype='float'/>",
            samples::binary("BINARY2", bytes)),
        Kind::Corrupt, "cut inside");
  }
  Bytes bytes;
  bytes.u8(0).i32(3).f64(1).f64(2);
  expect_both_refuse(
      samples::votable("<FIELD name='v' datatype='double' arraysize='*'/>", samples::binary("BINARY2", bytes.str())),
      Kind::Corrupt, "cut inside row 1");
}

TEST(VotableBinary, RefusesBase64ThatIsNone) {
  std::string text = samples::fixed_binary2(50);
  const auto at = text.find("AA");
  expect_both_refuse(text.replace(at, 2, "A*"), Kind::Malformed, "not base64");
  std::string cut = samples::fixed_binary2(50);
  const auto end = cut.find("</STREAM>");
  expect_both_refuse(cut.erase(end - 3, 2), Kind::Corrupt, "cut");
}

TEST(VotableBinary, ReadsStreamsBrokenUpByCommentsSectionsAndReferences) {
  for (const std::string_view between : {"<!-- STREAM -->", "<![CDATA[]]>", "&#10;", "<![CDATA[\n]]>"}) {
    std::string text = samples::fixed_binary2(50);
    text.insert(text.find("encoding='base64'>") + 100, between);
    const auto checked = check_table(bytes_of(text), Format::VOTable);
    ASSERT_TRUE(checked) << checked.error().detail;
    EXPECT_EQ(checked->rows, 50u);
    EXPECT_EQ(samples::count_rows(text, Format::VOTable).value(), 50u);
  }
}

TEST(VotableBinary, NamesTheLineBehindALongStream) {
  std::string text = samples::fixed_binary2(500);
  const auto lines_before =
      std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find("</DATA>")), '\n') + 1;
  text.replace(text.find("</DATA>"), 7, "</DATB>");
  const auto checked = check_table(bytes_of(text), Format::VOTable);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().detail, ::testing::HasSubstr(fmt::format("line {}:", lines_before)));
  EXPECT_EQ(samples::count_rows(text, Format::VOTable).error().detail, checked.error().detail);
}

TEST(VotableBinary, RefusesStreamsThatAreElsewhereOrOtherwiseEncoded) {
  const std::string field = "<FIELD name='a' datatype='int'/>";
  expect_both_refuse(samples::votable(field, "<BINARY><STREAM href='http://127.0.0.1/x'/></BINARY>"), Kind::Malformed,
                     "not in the file");
  expect_both_refuse(samples::votable(field, "<BINARY><STREAM encoding='gzip'>AAAA</STREAM></BINARY>"), Kind::Malformed,
                     "only base64");
  expect_both_refuse(samples::votable(field, "<BINARY2></BINARY2>"), Kind::Malformed, "no STREAM");
  expect_both_refuse(samples::votable(field, "<FITS><STREAM encoding='base64'>AAAA</STREAM></FITS>"), Kind::Malformed,
                     "FITS");
  expect_both_refuse(samples::votable("<FIELD name='a' datatype='string'/>", samples::binary("BINARY", "abcd")),
                     Kind::Malformed, "no binary form");
  expect_both_refuse(samples::votable("", samples::binary("BINARY", "abcd")), Kind::Malformed, "no bytes");
}

TEST(VotableBinary, RefusesAbsurdShapesQuickly) {
  const auto with = [](std::string_view arraysize, const std::string& bytes) {
    return samples::votable(fmt::format("<FIELD name='a' datatype='double' arraysize='{}'/>", arraysize),
                            samples::binary("BINARY", bytes));
  };
  expect_both_refuse(with("999999999x999999999", "x"), Kind::TooLarge, "arraysize");
  expect_both_refuse(with("18446744073709551615x2", "x"), Kind::TooLarge, "arraysize");
  expect_both_refuse(with("2x", "x"), Kind::Malformed, "none of");
  expect_both_refuse(with("*x2", "x"), Kind::Malformed, "none of");
  expect_both_refuse(with("*", Bytes().i32(0x7fffffff).str()), Kind::TooLarge, "elements");
  expect_both_refuse(with("*", Bytes().i32(-1).str()), Kind::Malformed, "negative length");
}

TEST(VotableBinary, ReadsManyRowsAcrossBlocks) {
  for (const std::string& text : {samples::fixed_binary2(20'000), samples::variable_binary2(20'000)}) {
    const auto ids = samples::read_integers(text, "source_id");
    ASSERT_TRUE(ids) << ids.error().detail;
    ASSERT_EQ(ids->size(), 20'000u);
    for (std::size_t i = 1; i < ids->size(); ++i) ASSERT_EQ((*ids)[i], (*ids)[i - 1] + 1);
    EXPECT_EQ(check_table(bytes_of(text), Format::VOTable)->rows, 20'000u);
  }
}

}  // namespace
}  // namespace garner::table
