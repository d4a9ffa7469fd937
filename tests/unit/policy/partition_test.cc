#include "policy/partition.h"

#include <gtest/gtest.h>

#include "base/source_id.h"

namespace garner::policy {
namespace {

manifest::Partition partition_of(std::int64_t from, std::int64_t to, std::uint32_t parts) {
  manifest::Partition partition;
  partition.column = "n";
  partition.from = from;
  partition.to = to;
  partition.parts = parts;
  return partition;
}

TEST(Partition, PartsFollowEachOtherWithoutGapOrOverlap) {
  for (const auto& [from, to, parts] : {std::tuple<std::int64_t, std::int64_t, std::uint32_t>{0, 1811709770, 2000},
                                        {-7, 12, 20},
                                        {0, INT64_MAX - 1, 3},
                                        {5, 5, 1}}) {
    const auto partition = partition_of(from, to, parts);
    EXPECT_EQ(part_count(partition), parts + 1);
    std::int64_t next = from;
    for (std::uint32_t part = 1; part <= parts; ++part) {
      const auto range = part_range(partition, part);
      EXPECT_EQ(range.first, next);
      EXPECT_GE(range.last, range.first);
      next = range.last + 1;
    }
    EXPECT_EQ(next - 1, to);
    EXPECT_TRUE(part_range(partition, parts + 1).null);
  }
}

TEST(Partition, AHealpixPartHoldsThePixelsOfItsNumberAndNoNulls) {
  const auto manifest = manifest::parse_manifest(
      "harvest: h\narchive: gaia\nkind: query\nadql: SELECT * FROM a.b\npartition: {healpix: 2}\noutput: {directory: "
      "/o}\n",
      "m.yaml");
  ASSERT_TRUE(manifest) << manifest.error().detail;
  const auto& partition = manifest->partition;
  ASSERT_EQ(part_count(partition), 192u);
  for (std::uint32_t part = 1; part <= 192; ++part) {
    const auto range = part_range(partition, part);
    EXPECT_FALSE(range.null);
    const auto first = SourceId{static_cast<std::uint64_t>(std::max<std::int64_t>(range.first, 1))};
    EXPECT_EQ(healpix_pixel(first, 2), part - 1);
    EXPECT_EQ(healpix_pixel(SourceId{static_cast<std::uint64_t>(range.last)}, 2), part - 1);
  }
}

TEST(Partition, PiecesFollowEachOtherToThePartsEnd) {
  const PartRange part{100, 199, false};
  EXPECT_EQ(next_piece(part, 0, 0), part);
  EXPECT_EQ(next_piece(part, 0, 30), (PartRange{100, 129, false}));
  EXPECT_EQ(next_piece(part, 90, 30), (PartRange{190, 199, false}));
  EXPECT_EQ(next_piece({0, 0, true}, 0, 5).null, true);
}

TEST(Partition, ConditionsSayBothEndsOrNull) {
  const auto partition = partition_of(0, 9, 2);
  EXPECT_EQ(condition_of(partition, {0, 4, false}), "n BETWEEN 0 AND 4");
  EXPECT_EQ(condition_of(partition, {0, 0, true}), "n IS NULL");
}

}  // namespace
}  // namespace garner::policy
