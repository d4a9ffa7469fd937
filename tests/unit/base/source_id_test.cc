#include "base/source_id.h"

namespace garner {
namespace {

TEST(ParseSourceId, TakesEveryPositiveSigned64BitNumber) {
  EXPECT_EQ(parse_source_id("1").value().value, 1u);
  EXPECT_EQ(parse_source_id("4295806720").value().value, 4295806720u);
  EXPECT_EQ(parse_source_id("9223372036854775807").value().value, kMaxSourceId);
}

TEST(ParseSourceId, RefusesEverythingElse) {
  for (const std::string_view text : {"", "0", "-1", "+1", " 1", "1 ", "1.0", "1e10", "0x10", "9223372036854775808",
                                      "18446744073709551616", "Gaia DR3 1", "1,2"}) {
    const auto parsed = parse_source_id(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().kind, Kind::Malformed) << text;
  }
}

TEST(ParseSourceId, NamesWhatItFoundWithoutItsControlCharacters) {
  EXPECT_THAT(parse_source_id("12\x1b").error().detail, ::testing::HasSubstr("'12?'"));
}

// Gaia DR3 documentation, gaia_source: source_id / 34359738368 is the HEALPix level 12 pixel (gaia_source
// documentation).
TEST(HealpixPixel, IsTheIdShiftedByTheLevel) {
  constexpr std::uint64_t kPixel12 = 201'326'591;  // the last of 12 × 4^12
  const SourceId id{kPixel12 << kSourceIdPixelShift | 128};
  EXPECT_EQ(healpix_pixel(id, 12), kPixel12);
  EXPECT_EQ(healpix_pixel(id, 11), kPixel12 / 4);
  EXPECT_EQ(healpix_pixel(id, 5), 12u * 1024 - 1);
  EXPECT_EQ(healpix_pixel(id, 0), 11u);
}

TEST(HealpixPixel, KeepsTheOrderOfIds) {
  const SourceId near{5'853'498'713'190'525'696};
  const SourceId next{near.value + (std::uint64_t{1} << kSourceIdPixelShift)};
  for (int level = 0; level <= 12; ++level) EXPECT_LE(healpix_pixel(near, level), healpix_pixel(next, level));
  EXPECT_EQ(healpix_pixel(near, 12) + 1, healpix_pixel(next, 12));
}

}  // namespace
}  // namespace garner
