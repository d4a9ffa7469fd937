#include "harvest/intake/id_sorter.h"

#include <gtest/gtest.h>

#include <random>

namespace garner::harvest {
namespace {

const SpillRoom kRoom = [](std::uint64_t) { return Result<void>(); };

std::vector<SourceId> sorted(const std::vector<SourceId>& ids, std::size_t run_ids, std::size_t piece = 1000) {
  IdSorter sorter(::testing::TempDir(), kRoom, run_ids);
  for (std::size_t at = 0; at < ids.size(); at += piece) {
    EXPECT_TRUE(sorter.add(std::span(ids).subspan(at, std::min(piece, ids.size() - at))));
  }
  std::vector<SourceId> out;
  EXPECT_TRUE(sorter.finish([&](std::span<const SourceId> some) -> Result<void> {
    out.insert(out.end(), some.begin(), some.end());
    return {};
  }));
  EXPECT_EQ(sorter.added(), ids.size());
  EXPECT_EQ(sorter.distinct(), out.size());
  return out;
}

std::vector<SourceId> random_ids(std::size_t count, std::uint64_t most, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<std::uint64_t> any(1, most);
  std::vector<SourceId> ids(count);
  for (auto& id : ids) id = SourceId{any(random)};
  return ids;
}

TEST(IdSorter, HandsOutDistinctIdsRisingWhateverTheOrderAndTheNumberOfRuns) {
  for (const std::uint64_t most : {std::uint64_t{50}, std::uint64_t{20'000}, kMaxSourceId}) {
    for (const std::size_t run : {std::size_t{501}, std::size_t{5000}, std::size_t{1} << 20}) {
      const auto ids = random_ids(30'000, most, most + run);
      auto expected = ids;
      std::ranges::sort(expected);
      expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
      EXPECT_EQ(sorted(ids, run), expected) << "ids up to " << most << ", runs of " << run;
    }
  }
}

TEST(IdSorter, DropsAnIdThatRepeatsAcrossRuns) {
  const std::vector<SourceId> ids = {{5}, {5}, {5}, {5}, {9}, {5}};
  EXPECT_EQ(sorted(ids, 2), (std::vector<SourceId>{{5}, {9}}));
}

TEST(IdSorter, HandsOutNothingOfNothing) {
  EXPECT_TRUE(sorted({}, 10).empty());
}

TEST(IdSorter, TellsWhereItCouldNotSpill) {
  IdSorter sorter("/nonexistent-folder", kRoom, 2);
  const std::vector<SourceId> ids = {{3}, {2}, {1}};
  const auto added = sorter.add(ids);
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().detail.find("/nonexistent-folder"), std::string::npos);
}

TEST(IdSorter, AsksForRoomBeforeItSpillsAndWritesNoMoreThanThat) {
  std::uint64_t free = 10 * 8;
  IdSorter sorter(
      ::testing::TempDir(),
      [&free](std::uint64_t bytes) -> Result<void> {
        if (bytes > free) return fail(Kind::DiskFull, "disk low on /state");
        free -= bytes;
        return {};
      },
      4);
  ASSERT_TRUE(sorter.add(random_ids(9, kMaxSourceId, 1)));
  EXPECT_EQ(free, 2u * 8);
  const auto refused = sorter.add(random_ids(9, kMaxSourceId, 2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::DiskFull);
  EXPECT_NE(refused.error().detail.find("no room to sort 18 ids and more: disk low on /state"), std::string::npos)
      << refused.error().detail;
}

std::size_t open_descriptors() {
  const auto all = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(IdSorter, NeedsOneDescriptorWhateverTheNumberOfRuns) {
  const std::size_t before = open_descriptors();
  IdSorter sorter(::testing::TempDir(), kRoom, 10);
  ASSERT_TRUE(sorter.add(random_ids(5000, kMaxSourceId, 3)));
  EXPECT_LE(open_descriptors(), before + 1);
}

TEST(SpillRoom, KeepsToTheWatermarkOfTheStateDirectory) {
  output::DiskSpace space{.bytes_free = 1000, .bytes_total = 10'000, .files_free = 1000, .files_total = 1000};
  const auto room =
      spill_room("/state", [&space](const std::filesystem::path&) -> Result<output::DiskSpace> { return space; },
                 {.low = policy::DiskMark{.bytes = 300}, .resume = {}});
  EXPECT_TRUE(room(700));
  const auto refused = room(701);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::DiskFull);
  EXPECT_NE(refused.error().detail.find("disk low on /state"), std::string::npos) << refused.error().detail;
  space.bytes_free = 100;
  EXPECT_FALSE(room(0));
}

TEST(IdSorter, StopsWhenTheTakerFails) {
  IdSorter sorter(::testing::TempDir(), kRoom, 4);
  ASSERT_TRUE(sorter.add(random_ids(100, 1000, 1)));
  const auto finished =
      sorter.finish([](std::span<const SourceId>) -> Result<void> { return fail(Kind::DiskFull, "full"); });
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind, Kind::DiskFull);
}

}  // namespace
}  // namespace garner::harvest
