// `partition`: how a query is cut into parts.
#include "base/source_id.h"
#include "manifest/manifest_parts.h"

namespace garner::manifest {

namespace {

constexpr std::int64_t kPartsMost = 10'000'000;
constexpr int kFinestLevel = 9;  // 3,145,728 pixels; level 10 has more than kPartsMost
constexpr std::uint64_t kBasePixels = 12;

void read_pixels(const yaml::Map& map, int level, Partition& partition) {
  for (const auto key : {"from", "to", "parts"}) {
    if (const auto node = map.find(key)) node->problem("does not go with healpix, whose parts are the level's pixels");
  }
  const std::uint64_t pixels = kBasePixels << (2 * kSourceIdPixelLevel);
  partition.from = 0;
  partition.to = static_cast<std::int64_t>((pixels << kSourceIdPixelShift) - 1);
  partition.parts = static_cast<std::uint32_t>(kBasePixels << (2 * level));
}

void read_values(const yaml::Map& map, Partition& partition) {
  const auto whole = [&map](std::string_view key, std::int64_t least, std::int64_t most) {
    const auto node = map.required(key);
    return node ? node->as_integer(least, most) : std::nullopt;
  };
  const auto from = whole("from", INT64_MIN, INT64_MAX);
  const auto to = whole("to", INT64_MIN, INT64_MAX);
  const auto parts = whole("parts", 1, kPartsMost);
  if (from) partition.from = *from;
  if (to) partition.to = *to;
  if (parts) partition.parts = static_cast<std::uint32_t>(*parts);
  if (!from || !to) return;
  if (*to < *from) {
    map.find("to")->problem(fmt::format("{} is less than from, {}", *to, *from));
    return;
  }
  // So that differences fit 64 bits, whatever reckons with them.
  if (*from < 0 && *to > INT64_MAX + *from) {
    map.find("to")->problem(fmt::format("from {} to {} are too many values: at most {}", *from, *to, INT64_MAX));
    return;
  }
  const auto last = static_cast<std::uint64_t>(*to) - static_cast<std::uint64_t>(*from);
  if (parts && last < static_cast<std::uint64_t>(*parts - 1)) {
    map.find("parts")->problem(
        fmt::format("there are {} values from {} to {}, too few for {} parts", last + 1, *from, *to, *parts));
  }
}

}  // namespace

Partition read_partition(const yaml::Node& node) {
  Partition partition;
  const auto map = node.as_map();
  if (!map) return partition;
  const auto pixels = map->find("healpix");
  const auto column = pixels ? map->find("column") : map->required("column");
  partition.column = "source_id";
  if (column) partition.column = read_qualified_column(*column).value_or("");
  if (pixels) {
    partition.healpix = static_cast<int>(pixels->as_integer(0, kFinestLevel).value_or(0));
    read_pixels(*map, *partition.healpix, partition);
  } else {
    read_values(*map, partition);
  }
  map->refuse_unknown_keys();
  return partition;
}

}  // namespace garner::manifest
