#include <gtest/gtest.h>

#include "manifest/id_list.h"

namespace garner::manifest {
namespace {

constexpr std::uint64_t kLow = (1ull << 60) - 128;       // survives a double, as every id below 2^60
constexpr std::uint64_t kHigh = 5937083312263887616ull;  // XP_SAMPLED's probe; does not survive

std::uint64_t through_a_double(std::uint64_t id) {
  return static_cast<std::uint64_t>(static_cast<double>(id));
}

// Multiples of 128 spread between 2^62 and 2^63, as source_ids are.
std::uint64_t high_id(std::uint64_t i) {
  return (1ull << 62) + (i * 0x9E3779B97F4A7C15ull >> 2 & ~127ull);
}

TEST(DoubleTrap, ItsPremiseHolds) {
  EXPECT_EQ(through_a_double(kLow), kLow);
  EXPECT_NE(through_a_double(kHigh), kHigh);
}

TEST(DoubleTrap, IdsBelowTwoToTheSixtyProveNothing) {
  DoubleTrap trap;
  for (std::uint64_t i = 1; i < 100'000; ++i) trap.see(SourceId{i * 128});
  trap.see(SourceId{kLow});
  EXPECT_FALSE(trap.spoiled());
}

TEST(DoubleTrap, AListThatWentThroughADoubleIsSpoiled) {
  DoubleTrap trap;
  for (std::uint64_t i = 1; i <= 20; ++i) trap.see(SourceId{through_a_double(high_id(i)) & ~(1ull << 63)});
  EXPECT_TRUE(trap.spoiled());
}

TEST(DoubleTrap, OneIdThatDoesNotSurviveClearsAllOthers) {
  DoubleTrap trap;
  for (std::uint64_t i = 1; i <= 1000; ++i) trap.see(SourceId{through_a_double(high_id(i))});
  EXPECT_TRUE(trap.spoiled());
  trap.see(SourceId{kHigh});
  EXPECT_FALSE(trap.spoiled());
}

// From 2^62 on an id is worth 3 bits: 13 of them make 39, 14 make 42.
TEST(DoubleTrap, FortyBitsAreEnoughAndThirtyNineAreNot) {
  DoubleTrap trap;
  for (std::uint64_t i = 1; i <= 13; ++i) trap.see(SourceId{(1ull << 62) + i * 1024});
  EXPECT_FALSE(trap.spoiled());
  trap.see(SourceId{(1ull << 60) + 256});  // worth 1
  EXPECT_TRUE(trap.spoiled());
}

TEST(DoubleTrap, DuplicatesAreCountedOnce) {
  DoubleTrap trap;
  for (int i = 0; i < 1000; ++i) {
    trap.see(SourceId{1ull << 62});
    trap.see(SourceId{(1ull << 62) + 1024});
  }
  EXPECT_FALSE(trap.spoiled());
}

TEST(DoubleTrap, AnHonestListIsHardlyEverSpoiled) {
  for (std::uint64_t round = 0; round < 2000; ++round) {
    DoubleTrap trap;
    for (std::uint64_t i = 1; i <= 30; ++i) trap.see(SourceId{high_id(round * 100 + i)});
    EXPECT_FALSE(trap.spoiled()) << round;
  }
}

TEST(DoubleTrap, TheLargestIdIsNoTrouble) {
  DoubleTrap trap;
  trap.see(SourceId{kMaxSourceId});
  EXPECT_FALSE(trap.spoiled());
}

}  // namespace
}  // namespace garner::manifest
