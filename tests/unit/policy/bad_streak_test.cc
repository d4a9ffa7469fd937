#include <gtest/gtest.h>

#include "policy/bad_streak.h"

namespace garner::policy {
namespace {

ledger::ChunkKey chunk(std::uint32_t block) {
  return {1, 0, block};
}

TEST(BadStreak, BlamesTheArchiveForSeveralChunksInARowOnly) {
  BadStreak streak;
  EXPECT_FALSE(streak.bad(chunk(1)));
  EXPECT_FALSE(streak.bad(chunk(2)));
  EXPECT_TRUE(streak.bad(chunk(3)));
}

TEST(BadStreak, CountsAChunkOnceHoweverOftenItFails) {
  BadStreak streak;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(streak.bad(chunk(1)));
}

TEST(BadStreak, EndsWithAGoodAnswer) {
  BadStreak streak;
  streak.bad(chunk(1));
  streak.bad(chunk(2));
  streak.good();
  EXPECT_FALSE(streak.bad(chunk(3))) << "others pass";
  EXPECT_EQ(streak.good_answers(), 1u);
}

}  // namespace
}  // namespace garner::policy
