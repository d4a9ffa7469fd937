#include "manifest/id_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "manifest/lists.h"

namespace garner::manifest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::read_path;
using testing::read_text;

TEST(PlainList, OneIdALineWithCommentsAndBlankLines) {
  const auto list = read_text("# my stars\n\n5937083312263887616\n  42  \nGaia DR3 43\n44 # bright\n\n45");
  ASSERT_TRUE(list.counts.has_value()) << list.counts.error().detail;
  EXPECT_THAT(list.ids, ElementsAre(5937083312263887616u, 42u, 43u, 44u, 45u));
  EXPECT_EQ(list.counts->rows, 5u);
  EXPECT_EQ(list.counts->accepted, 5u);
  EXPECT_EQ(list.counts->refused, 0u);
}

TEST(PlainList, WindowsLineEndsAndAByteOrderMarkAreTaken) {
  const auto list = read_text(
      "\xef\xbb\xbf"
      "42\r\n43\r\nGaia DR3 44\r\n\r\n45\r\n");
  ASSERT_TRUE(list.counts.has_value()) << list.counts.error().detail;
  EXPECT_THAT(list.ids, ElementsAre(42u, 43u, 44u, 45u));
  EXPECT_THAT(list.refused, IsEmpty());
}

TEST(PlainList, WhatIsNoIdIsRefusedWithItsLineAndTheRestIsKept) {
  const auto list =
      read_text("42\n# c\nGaia DR2 43\n5.9e18\nnonsense\n0\n-7\n99999999999999999999\n12 13\n44\n\x01\xff\n");
  ASSERT_TRUE(list.counts.has_value());
  EXPECT_THAT(list.ids, ElementsAre(42u, 44u));
  EXPECT_EQ(list.counts->rows, 10u);
  EXPECT_EQ(list.counts->refused, 8u);
  EXPECT_THAT(
      list.refused,
      ElementsAre("line 3: 'Gaia DR2 43': belongs to Gaia DR2, the harvest asks for Gaia DR3",
                  "line 4: '5.9e18': went through a floating-point number (ids need all 19 digits)",
                  "line 5: 'nonsense': neither a source_id nor a designation like 'Gaia DR3 123'",
                  "line 6: '0': out of range: a source_id lies between 1 and 9223372036854775807",
                  "line 7: '-7': negative: a source_id lies between 1 and 9223372036854775807",
                  "line 8: '99999999999999999999': out of range: a source_id lies between 1 and 9223372036854775807",
                  "line 9: '12 13': neither a source_id nor a designation like 'Gaia DR3 123'",
                  "line 11: '?\?': neither a source_id nor a designation like 'Gaia DR3 123'"));
}

// Its first line may be a column's name, or an id with a slip of the pen: whoever hands the list in is told.
TEST(PlainList, AFirstLineThatIsNoIdIsTakenForAColumnAndToldSo) {
  auto list = read_text("a\n42\n43\n");
  ASSERT_TRUE(list.counts.has_value()) << list.counts.error().detail;
  EXPECT_THAT(list.ids, ElementsAre(42u, 43u));
  EXPECT_EQ(list.counts->guessed_column, "a");
  for (const char* known : {"source_id\n42\n", "42\n43\n", "a,source_id\n1,42\n"}) {
    list = read_text(known);
    ASSERT_TRUE(list.counts.has_value()) << list.counts.error().detail;
    EXPECT_EQ(list.counts->guessed_column, "") << known;
  }
}

TEST(PlainList, ManyIdsComeInOrderAcrossEveryBuffersEdge) {
  std::string text;
  std::vector<std::uint64_t> expected;
  for (std::uint64_t i = 1; i <= 200'000; ++i) {
    expected.push_back(i * 9'876'543'210'123 % kMaxSourceId + 1);
    text += std::to_string(expected.back()) + (i % 7 == 0 ? "\r\n" : "\n");
    if (i % 1000 == 0) text += "# a comment of some length\n";
  }
  const auto list = read_text(text);
  ASSERT_TRUE(list.counts.has_value());
  EXPECT_EQ(list.ids, expected);
  EXPECT_EQ(list.counts->accepted, expected.size());
}

TEST(PlainList, CompressedListsAreReadAlike) {
  std::string text;
  for (int i = 1; i <= 50'000; ++i) text += fmt::format("{}\n", 1'000'000'007ull * static_cast<unsigned>(i));
  std::string zst(ZSTD_compressBound(text.size()), '\0');
  zst.resize(ZSTD_compress(zst.data(), zst.size(), text.data(), text.size(), 1));
  EXPECT_EQ(read_text(zst).ids.size(), 50'000u);
  std::string gz(compressBound(text.size()) + 32, '\0');
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(gz.data());
  stream.avail_out = static_cast<uInt>(gz.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  gz.resize(stream.total_out);
  deflateEnd(&stream);
  EXPECT_EQ(read_text(gz).ids, read_text(zst).ids);
  const auto cut = read_text(gz.substr(0, gz.size() / 2));
  ASSERT_FALSE(cut.counts.has_value());
  EXPECT_EQ(cut.counts.error().kind, Kind::Corrupt);
  EXPECT_THAT(cut.counts.error().detail, HasSubstr("garner-ids-"));
}

TEST(PlainList, AnEmptyListIsAnError) {
  for (const auto* text : {"", "\n\n", "# nothing\n"}) {
    const auto list = read_text(text);
    ASSERT_FALSE(list.counts.has_value()) << text;
    EXPECT_EQ(list.counts.error().kind, Kind::Invalid);
    EXPECT_THAT(list.counts.error().detail, HasSubstr("holds no source_id"));
  }
}

TEST(PlainList, AMissingFileAndADirectoryAreNamed) {
  EXPECT_EQ(read_path("/nonexistent/ids.txt").counts.error().kind, Kind::NotFound);
  EXPECT_THAT(read_path("/nonexistent/ids.txt").counts.error().detail, HasSubstr("/nonexistent/ids.txt"));
  EXPECT_FALSE(read_path("/").counts.has_value());
}

TEST(PlainList, HasNoColumns) {
  const auto list = read_text("42\n", "source_id");
  ASSERT_FALSE(list.counts.has_value());
  EXPECT_EQ(list.counts.error().kind, Kind::Invalid);
  EXPECT_THAT(list.counts.error().detail, HasSubstr("leave sources.column out"));
}

TEST(PlainList, ALineBeyondAllMeasureIsMalformed) {
  const auto list = read_text("1\n" + std::string(3u << 20, '7'));
  ASSERT_FALSE(list.counts.has_value());
  EXPECT_EQ(list.counts.error().kind, Kind::Malformed);
  EXPECT_THAT(list.counts.error().detail, HasSubstr("line 2: longer than 1048576 bytes"));
}

TEST(PlainList, TheLineSourceIdMayStandInFront) {
  const auto list = read_text("# c\nSOURCE_ID\r\n42\r\nsource_id\r\nGaia DR3 43\n");
  ASSERT_TRUE(list.counts.has_value()) << list.counts.error().detail;
  EXPECT_THAT(list.ids, ElementsAre(42u, 43u));
  EXPECT_EQ(list.counts->rows, 3u);
  EXPECT_THAT(list.refused, ElementsAre(HasSubstr("line 4: 'source_id'")));
  EXPECT_THAT(read_text("source_id\n42\n", "source_id").ids, ElementsAre(42u));
}

TEST(PlainList, AColumnWithoutANameBesideOthersIsNoPlainList) {
  for (const auto* text : {"42 1.5 2.5\n43 1.5 2.5\n", "42,1.5\n43,1.5\n", "42;1.5\n"}) {
    const auto list = read_text(text);
    ASSERT_FALSE(list.counts.has_value()) << text;
    EXPECT_THAT(list.counts.error().detail, HasSubstr("header line with column names")) << text;
  }
}

TEST(PlainList, AListThatWentThroughADoubleIsRefusedWhole) {
  std::string text;
  for (std::uint64_t i = 1; i <= 20; ++i) text += fmt::format("{}\n", (1ull << 62) + i * 1024 * 1'000'003);
  const auto spoiled = read_text(text);
  ASSERT_FALSE(spoiled.counts.has_value());
  EXPECT_EQ(spoiled.counts.error().kind, Kind::Invalid);
  EXPECT_THAT(spoiled.counts.error().detail, HasSubstr("went through a floating-point number"));
  EXPECT_TRUE(read_text(text + "5937083312263887616\n").counts.has_value());
}

TEST(PlainList, ReadingStopsAtTheFirstErrorOfWhoTakes) {
  const testing::ListFile file("1\nx\n2\n");
  const auto stopped = read_id_list(
      file.path(), {"Gaia DR3", std::nullopt}, [](std::span<const SourceId>) -> Result<void> { return {}; },
      [](const RefusedId&) -> Result<void> { return fail(Kind::Cancelled, "enough"); });
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().kind, Kind::Cancelled);
}

}  // namespace
}  // namespace garner::manifest
