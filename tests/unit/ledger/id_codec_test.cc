#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/rows.h"
#include "samples.h"

namespace garner::ledger {
namespace {

std::vector<SourceId> ids_of(std::vector<std::uint64_t> values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::vector<SourceId> ids;
  for (const auto value : values) ids.push_back({value});
  return ids;
}

void expect_round_trip(const std::vector<SourceId>& ids) {
  const auto bytes = encode_ids(ids);
  const auto back = decode_ids(bytes);
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_EQ(*back, ids);
  if (!ids.empty()) {
    EXPECT_EQ(first_id(bytes).value(), ids.front());
  }
}

std::uint64_t gaia_id(std::uint64_t pixel, std::uint64_t running) {
  return pixel << 35 | running << 7;
}

TEST(IdCodec, GivesBackSkySamplesOfAnyDensity) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    expect_round_trip(samples::sky(1 + seed * 7 % 700, samples::kSkyPixels >> seed % 28, seed));
  }
}

TEST(IdCodec, GivesBackArbitraryNumbersOfAnyWidth) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::uint64_t> values;
    for (std::uint64_t i = random() % 600; i > 0; --i) values.push_back(random() >> (1 + random() % 63));
    expect_round_trip(ids_of(values));
  }
}

TEST(IdCodec, GivesBackTheExtremes) {
  expect_round_trip({});
  expect_round_trip(ids_of({0}));
  expect_round_trip(ids_of({1}));
  expect_round_trip(ids_of({kMaxSourceId}));
  expect_round_trip(ids_of({0, kMaxSourceId}));
  expect_round_trip(ids_of({1, 2, kMaxSourceId - 1, kMaxSourceId}));
  expect_round_trip(ids_of({0, gaia_id(0, 1), gaia_id(0, (1 << 25) - 1), gaia_id((1 << 28) - 1, 0)}));
}

TEST(IdCodec, GivesBackIdsWhoseBits32To34AreSet) {
  expect_round_trip(ids_of({gaia_id(5, 77), gaia_id(6, 78) | std::uint64_t{1} << 32, gaia_id(7, 79)}));
}

TEST(IdCodec, GivesBackOneFarPixelAmongNearOnes) {
  std::vector<std::uint64_t> values{gaia_id((1 << 28) - 1, 9)};
  for (std::uint64_t i = 0; i < 499; ++i) values.push_back(gaia_id(i / 3, 1000 + i));
  expect_round_trip(ids_of(values));
}

TEST(IdCodec, TakesAtMostThreePointThreeBytesAnIdOfTheSky) {
  // Ten million ids over the whole sky have this density.
  const auto ids = samples::sky(500'000, samples::kSkyPixels / 20, 1);
  std::size_t bytes = 0;
  for (std::size_t at = 0; at < ids.size(); at += 500)
    bytes += encode_ids(std::span(ids).subspan(at, std::min<std::size_t>(500, ids.size() - at))).size();
  EXPECT_LE(static_cast<double>(bytes), 3.3 * static_cast<double>(ids.size()));
}

TEST(IdCodec, TakesNoMoreThanEightBytesAnIdInTheWorstCase) {
  std::mt19937_64 random(3);
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 500; ++i) values.push_back(random() >> 1);
  EXPECT_LE(encode_ids(ids_of(values)).size(), 500 * 8);
}

// Whatever decodes must be a block as the encoder takes it.
void expect_a_block_or_corrupt(const std::string& bytes) {
  const auto ids = decode_ids(bytes);
  if (!ids) {
    EXPECT_EQ(ids.error().kind, Kind::Corrupt);
    return;
  }
  EXPECT_TRUE(std::ranges::is_sorted(*ids, std::ranges::less_equal{}) || ids->size() < 2 ||
              std::ranges::adjacent_find(*ids, std::ranges::greater_equal{}) == ids->end());
  EXPECT_EQ(decode_ids(encode_ids(*ids)).value(), *ids);
}

TEST(IdCodec, NeverTrustsDamagedBytes) {
  std::mt19937_64 random(11);
  std::vector<std::uint64_t> odd;
  for (int i = 0; i < 40; ++i) odd.push_back(random() >> 1);
  for (const auto& ids : {samples::sky(60, samples::kSkyPixels, 5), ids_of(odd), ids_of({1}), ids_of({})}) {
    const auto good = encode_ids(ids);
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        auto bytes = good;
        bytes[at] = static_cast<char>(value);
        expect_a_block_or_corrupt(bytes);
      }
      EXPECT_FALSE(decode_ids(good.substr(0, at))) << "cut at " << at;
    }
    EXPECT_FALSE(decode_ids(good + '\0'));
  }
}

TEST(IdCodec, NeverTrustsRandomBytes) {
  std::mt19937_64 random(13);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 80, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (!bytes.empty()) bytes[0] = static_cast<char>(random() % 3);
    expect_a_block_or_corrupt(bytes);
  }
}

}  // namespace
}  // namespace garner::ledger
