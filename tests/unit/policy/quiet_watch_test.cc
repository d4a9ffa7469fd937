#include <gtest/gtest.h>

#include "policy/quiet_watch.h"

namespace garner::policy {
namespace {

using namespace std::chrono_literals;

TEST(QuietWatch, SpeaksOnceAfterTheBackOff) {
  QuietWatch watch;
  const SteadyTime start{};
  EXPECT_FALSE(watch.look(1, "rests", "rests", start, 10min));
  EXPECT_FALSE(watch.look(1, "rests", "rests", start + 10min, 10min));
  EXPECT_TRUE(watch.look(1, "rests", "rests", start + 11min, 10min));
  EXPECT_FALSE(watch.look(1, "rests", "rests", start + 10h, 10min));
}

TEST(QuietWatch, SpeaksAgainWhenTheReasonIsAnotherOneAtOnce) {
  QuietWatch watch;
  const SteadyTime start{};
  watch.look(1, "rests", "rests", start, 10min);
  EXPECT_TRUE(watch.look(1, "rests for 5 s", "rests for N s", start + 11min, 10min));
  EXPECT_FALSE(watch.look(1, "rests for 4 s", "rests for N s", start + 12min, 10min));
  EXPECT_TRUE(watch.look(1, "disk full", "disk full", start + 13min, 10min));
}

TEST(QuietWatch, SpeaksAgainOnlyAfterItMoved) {
  QuietWatch watch;
  const SteadyTime start{};
  watch.look(1, "rests", "rests", start, 10min);
  EXPECT_TRUE(watch.look(1, "rests", "rests", start + 11min, 10min));
  EXPECT_FALSE(watch.look(2, "rests", "rests", start + 12min, 10min));
  EXPECT_FALSE(watch.look(2, "rests", "rests", start + 20min, 10min));
  EXPECT_TRUE(watch.look(2, "rests", "rests", start + 23min, 10min));
}

TEST(QuietWatch, SaysNothingOfWhatMoves) {
  QuietWatch watch;
  EXPECT_FALSE(watch.look(1, "", "", SteadyTime{}, 10min));
  EXPECT_FALSE(watch.look(1, "", "", SteadyTime{} + 5h, 10min));
}

}  // namespace
}  // namespace garner::policy
