// Whether ids on their way in may be written to the daemon's own disk: the watermarks that keep harvests from filling
// it hold for them, too.
#pragma once

#include <filesystem>
#include <functional>

#include "output/disk_space.h"
#include "policy/disk_watch.h"

namespace garner::harvest {

// Asked before so many bytes more are written; DiskFull with the reason where they would leave too little. Blocking.
using SpillRoom = std::function<Result<void>(std::uint64_t bytes)>;

// Without `disk_space` nobody looks.
SpillRoom spill_room(std::filesystem::path directory,
                     std::function<Result<output::DiskSpace>(const std::filesystem::path&)> disk_space,
                     policy::Watermarks marks);

}  // namespace garner::harvest
