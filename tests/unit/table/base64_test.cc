#include "table/votable/base64.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace garner::table {
namespace {

Result<std::string> decode_in_pieces(std::string_view text, std::size_t piece) {
  Base64Decoder decoder;
  std::vector<std::byte> out;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (auto added = decoder.add(text.substr(at, piece), out); !added) return std::unexpected(added.error());
  }
  if (auto ended = decoder.finish(); !ended) return std::unexpected(ended.error());
  return std::string(reinterpret_cast<const char*>(out.data()), out.size());
}

Result<std::uint64_t> count_in_pieces(std::string_view text, std::size_t piece) {
  Base64Counter counter;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (auto added = counter.add(text.substr(at, piece)); !added) return std::unexpected(added.error());
  }
  if (auto ended = counter.finish(); !ended) return std::unexpected(ended.error());
  return counter.decoded_bytes();
}

TEST(Base64, DecodesAndCountsEveryLengthInPiecesOfAnySize) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(i * 37);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const std::string text = samples::base64(bytes.substr(0, length), 76);
    for (const std::size_t piece : {1u, 3u, 7u, 64u, 1000u}) {
      const auto decoded = decode_in_pieces(text, piece);
      ASSERT_TRUE(decoded) << decoded.error().detail;
      ASSERT_EQ(*decoded, bytes.substr(0, length)) << "pieces of " << piece;
      ASSERT_EQ(count_in_pieces(text, piece).value(), length);
    }
  }
}

TEST(Base64, RefusesEveryOtherCharacterWhereverItStands) {
  const std::string good = samples::base64(std::string(150, 'x'), 64);
  for (std::size_t at = 0; at < 80; ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string text = good;
      text.insert(at, 1, static_cast<char>(c));
      const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
      const bool decodes = decode_in_pieces(text, 1000).has_value();
      ASSERT_EQ(decodes, blank) << "code " << c << " at " << at;
      ASSERT_EQ(count_in_pieces(text, 1000).has_value(), blank) << "code " << c << " at " << at;
    }
  }
}

TEST(Base64, RefusesPaddingInTheMiddleAndACutQuantum) {
  for (const char* text : {"AA==AAAA", "A===", "=AAA", "AA=A", "AAA", "AAAAA", "AA=", "AAAA=", "AAAA====", "AA==="}) {
    EXPECT_FALSE(decode_in_pieces(text, 100)) << text;
    EXPECT_FALSE(count_in_pieces(text, 100)) << text;
  }
  EXPECT_EQ(decode_in_pieces("AAA", 100).error().kind, Kind::Corrupt);
  EXPECT_EQ(count_in_pieces("AAA", 100).error().kind, Kind::Corrupt);
}

}  // namespace
}  // namespace garner::table
