// Directories that are still there after a power cut. Blocking. For what lies below an output directory see
// output/output_tree.h.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace garner {

// Makes the directory and whatever is missing above it, each entry fsynced in its parent; also where they were there:
// who made them may have been killed in between. Parents that we may not read are left as they are.
Result<void> make_directories_durably(const std::filesystem::path& directory);

}  // namespace garner
