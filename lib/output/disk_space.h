// What a file system has left for us. Blocking: on a dead mount for ever.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.h"

namespace garner::output {

struct DiskSpace {
  std::uint64_t bytes_free = 0, bytes_total = 0;  // free: for us, without what is reserved for root
  std::uint64_t files_free = 0, files_total = 0;  // inodes; total 0: the file system does not count them
  bool ours = false;                              // the directory holds .garner: it is an output that we prepared
};

// Of the file system that the directory lies on. Errors as fail_errno.
Result<DiskSpace> disk_space(const std::filesystem::path& directory);

}  // namespace garner::output
