// Folders by paths that other users have a hand in: a path that was looked at once, and in which somebody may have put
// a symbolic link since. Blocking; any thread.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace garner {

// Opens the folder (O_PATH) and follows a symbolic link on the way, the last component included, only where root or
// this process's user put it there: an operator may move data and leave a link. The descriptor is the caller's. Errors:
// NotFound, Internal (also for somebody else's link).
Result<int> open_trusted_folder(const std::filesystem::path& path);

}  // namespace garner
