#include "output/disk_space.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>

#include "output/paths.h"

namespace garner::output {

Result<DiskSpace> disk_space(const std::filesystem::path& directory) {
  struct statvfs status{};
  if (::statvfs(directory.c_str(), &status) != 0) return fail_errno(errno, directory.string());
  DiskSpace space;
  space.bytes_free = std::uint64_t{status.f_bavail} * status.f_frsize;
  space.bytes_total = std::uint64_t{status.f_blocks} * status.f_frsize;
  space.files_free = status.f_favail;
  space.files_total = status.f_files;
  struct stat own{};
  space.ours = ::lstat((directory / kOwnFolder).c_str(), &own) == 0 && S_ISDIR(own.st_mode);
  return space;
}

}  // namespace garner::output
