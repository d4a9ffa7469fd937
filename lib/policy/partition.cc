#include "policy/partition.h"

#include <algorithm>

#include "ivoa/adql.h"

namespace garner::policy {

namespace {

__extension__ using Wide = __int128;

}  // namespace

std::uint32_t part_count(const manifest::Partition& partition) {
  return partition.parts + (partition.healpix ? 0 : 1);
}

PartRange part_range(const manifest::Partition& partition, std::uint32_t part) {
  if (part > partition.parts) return {0, 0, true};
  const Wide values = Wide{partition.to} - partition.from + 1;
  const auto border = [&](std::uint32_t parts_before) {
    return static_cast<std::int64_t>(partition.from + values * parts_before / partition.parts);
  };
  // The upper end by itself: one past it may not fit the type.
  const Wide last = partition.from + values * part / partition.parts - 1;
  return {border(part - 1), static_cast<std::int64_t>(last), false};
}

PartRange next_piece(const PartRange& part, std::uint64_t done, std::uint64_t width) {
  if (part.null) return part;
  PartRange piece = part;
  piece.first += static_cast<std::int64_t>(done);
  if (width != 0 && width < piece.values()) piece.last = piece.first + static_cast<std::int64_t>(width) - 1;
  return piece;
}

std::string condition_of(const manifest::Partition& partition, const PartRange& range) {
  return range.null ? ivoa::is_null(partition.column) : ivoa::between(partition.column, range.first, range.last);
}

std::string condition_of_all(const manifest::Partition& partition) {
  const std::string inside = ivoa::between(partition.column, partition.from, partition.to);
  return partition.healpix ? inside : inside + " OR " + ivoa::is_null(partition.column);
}

}  // namespace garner::policy
