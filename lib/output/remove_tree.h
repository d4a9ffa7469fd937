// Deleting an output directory with all that lies in it. Symbolic links are deleted, never followed; nor is one on the
// way to the directory, unless root or our own user put it there. Blocking. Errors: Internal; what was deleted until
// then is gone.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace garner::output {

// That it is not there is no error.
Result<void> remove_tree(const std::filesystem::path& directory);

}  // namespace garner::output
