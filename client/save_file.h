// A file that appears whole or not at all: written beside its name, synced, renamed. Devices and pipes take the bytes
// as they come. Blocking.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace garner::client {

using ByteSink = std::function<Result<void>(std::string_view)>;

// Errors: Invalid where it can't be made, DiskFull, Internal, and what `write` gives.
Result<void> save_file(const std::string& path, const std::function<Result<void>(const ByteSink&)>& write,
                       unsigned mode = 0666);

}  // namespace garner::client
