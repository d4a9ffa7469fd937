#include "harvest/intake/spill_room.h"

#include <algorithm>

namespace garner::harvest {

SpillRoom spill_room(std::filesystem::path directory,
                     std::function<Result<output::DiskSpace>(const std::filesystem::path&)> disk_space,
                     policy::Watermarks marks) {
  if (!disk_space) return [](std::uint64_t) { return Result<void>(); };
  return [directory = std::move(directory), disk_space = std::move(disk_space), marks](std::uint64_t bytes) {
    auto seen = disk_space(directory);
    if (seen) seen->bytes_free -= std::min(seen->bytes_free, bytes);
    const auto trouble = policy::disk_trouble({}, directory.string(), policy::DiskUse::State, seen, marks);
    return trouble.empty() ? Result<void>() : fail(Kind::DiskFull, "{}", trouble);
  };
}

}  // namespace garner::harvest
