#include "base/durable_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/durable_step.h"

namespace garner {

namespace {

Result<void> sync_parent(const std::filesystem::path& directory) {
  const int parent = ::open(directory.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) return {};  // a place that we may not read: an operator's
  const DurableStepMark mark(DurableStep::DirectoryFsync);
  const int error = ::fsync(parent) == 0 ? 0 : errno;
  ::close(parent);
  if (error == EINVAL || error == EROFS) return {};  // of a file system that has nothing to write there
  if (error != 0) return fail_errno(error, directory.parent_path().string());
  return {};
}

}  // namespace

Result<void> make_directories_durably(const std::filesystem::path& directory) {
  const std::filesystem::path whole = std::filesystem::absolute(directory).lexically_normal();
  std::error_code error;
  std::filesystem::create_directories(whole, error);
  if (error) return fail_errno(error.value(), whole.string());
  struct stat own{};
  if (::stat(whole.c_str(), &own) != 0) return fail_errno(errno, whole.string());
  for (auto at = whole.has_filename() ? whole : whole.parent_path(); at.has_relative_path(); at = at.parent_path()) {
    struct stat above{};
    if (::stat(at.parent_path().c_str(), &above) != 0 || above.st_dev != own.st_dev) break;  // a mount point
    if (auto synced = sync_parent(at); !synced) return synced;
  }
  return {};
}

}  // namespace garner
