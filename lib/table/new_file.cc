#include "table/new_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>

namespace garner::table {

Result<std::unique_ptr<NewFile>> NewFile::make(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
  if (descriptor < 0) return fail_errno(errno, "make " + path.string());
  return std::unique_ptr<NewFile>(new NewFile(descriptor, path));
}

Result<std::unique_ptr<NewFile>> NewFile::make_nameless(const std::filesystem::path& folder) {
  std::string path = ((folder.empty() ? "." : folder) / ".garner-rows-XXXXXX").string();
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) return fail_errno(errno, "make a file in " + folder.string());
  ::unlink(path.c_str());
  auto file = std::unique_ptr<NewFile>(new NewFile(descriptor, path));
  file->kept_ = true;  // nothing is left to be removed
  return file;
}

NewFile::~NewFile() {
  if (!kept_) ::unlink(path_.c_str());
  ::close(descriptor_);
}

Result<void> NewFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(errno, "write " + path_.string());
    offset += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::size_t> NewFile::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  std::size_t have = 0;
  while (have < out.size()) {
    const ssize_t count = ::pread(descriptor_, out.data() + have, out.size() - have, static_cast<off_t>(offset + have));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(errno, "read " + path_.string());
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  return have;
}

}  // namespace garner::table
