// The parts of a harvest of kind query: which values of the partition's column each of them holds. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "manifest/manifest.h"

namespace garner::policy {

// Values of the column, both ends included; or the rows where it is NULL.
struct PartRange {
  std::int64_t first = 0, last = 0;
  bool null = false;
  std::uint64_t values() const { return null ? 1 : static_cast<std::uint64_t>(last - first) + 1; }
  bool operator==(const PartRange&) const = default;
};

// Parts are numbered from 1, as the ids of their harvest. The last one holds the NULLs of the column; HEALPix
// partitions have none, because an id is never NULL.
std::uint32_t part_count(const manifest::Partition& partition);
PartRange part_range(const manifest::Partition& partition, std::uint32_t part);
// What is asked for next of a part of which `done` values are in: `width` values at most, 0: all the rest.
PartRange next_piece(const PartRange& part, std::uint64_t done, std::uint64_t width);
// The condition that holds for its rows.
std::string condition_of(const manifest::Partition& partition, const PartRange& range);
// The condition that holds for the rows of all parts.
std::string condition_of_all(const manifest::Partition& partition);

}  // namespace garner::policy
