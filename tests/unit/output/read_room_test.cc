#include "output/read_room.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace garner::output {
namespace {

constexpr std::uint64_t kMiB = 1u << 20;
constexpr std::chrono::milliseconds kNone{0};

TEST(ReadRoom, TakesWhatFitsAndSaysWhoIsInTheWay) {
  ReadRoom room(10 * kMiB, kNone);
  auto first = room.take(6 * kMiB, "RVS/a.fits");
  ASSERT_TRUE(first) << first.error().detail;
  const auto second = room.take(5 * kMiB, "RVS/b.fits");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Kind::Overloaded);
  EXPECT_TRUE(second.error().detail.starts_with("RVS/b.fits: ")) << second.error().detail;
  EXPECT_TRUE(room.take(4 * kMiB, "RVS/c.fits"));
  first->reset();
  EXPECT_TRUE(room.take(5 * kMiB, "RVS/b.fits"));
  EXPECT_EQ(room.used(), 0u);
}

TEST(ReadRoom, RefusesAtOnceWhatWouldNeverFit) {
  ReadRoom room(10 * kMiB, std::chrono::hours(1));
  const auto refused = room.take(10 * kMiB + 1, "result/0000/result-0000001.fits");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::TooLarge);
  EXPECT_TRUE(refused.error().detail.starts_with("result/0000/result-0000001.fits: ")) << refused.error().detail;
}

TEST(ReadRoom, LetsSmallOnesPassWhateverIsTaken) {
  ReadRoom room(2 * kMiB, kNone);
  const auto all = room.take(2 * kMiB, "a");
  ASSERT_TRUE(all);
  EXPECT_TRUE(room.take(ReadRoom::kSmall, "b"));
  EXPECT_FALSE(room.take(ReadRoom::kSmall + 1, "c"));
}

TEST(ReadRoom, MayGoBeforeItsShares) {
  ReadRoom::Share share;
  {
    ReadRoom room(10 * kMiB);
    share = room.take(6 * kMiB, "a").value_or(nullptr);
  }
  EXPECT_NE(share, nullptr);
}

// However many ask at once, no more is held than there is room for; and everyone has his turn.
TEST(ReadRoom, BoundsWhatManyHoldAtOnce) {
  ReadRoom room(10 * kMiB, std::chrono::hours(1));
  std::atomic<std::uint64_t> held = 0, most = 0;
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 16; ++reader) {
    readers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto share = room.take(3 * kMiB, "a");
        ASSERT_TRUE(share);
        const std::uint64_t now = held += 3 * kMiB;
        for (auto seen = most.load(); now > seen && !most.compare_exchange_weak(seen, now);) continue;
        held -= 3 * kMiB;
      }
    });
  }
  readers.clear();
  EXPECT_GT(most.load(), 0u);
  EXPECT_LE(most.load(), 10 * kMiB);
  EXPECT_EQ(room.used(), 0u);
}

}  // namespace
}  // namespace garner::output
