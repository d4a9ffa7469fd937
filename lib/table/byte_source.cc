#include "table/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace garner::table {

namespace {

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : rest_(bytes) {}

  Result<std::size_t> read(std::span<std::byte> out) override {
    const std::size_t count = std::min(out.size(), rest_.size());
    std::copy_n(rest_.begin(), count, out.begin());
    rest_ = rest_.subspan(count);
    return count;
  }

 private:
  std::span<const std::byte> rest_;
};

class FileSource final : public ByteSource {
 public:
  FileSource(int descriptor, bool owned, std::string path)
      : descriptor_(descriptor), owned_(owned), path_(std::move(path)) {}
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override {
    if (owned_) ::close(descriptor_);
  }

  Result<std::size_t> read(std::span<std::byte> out) override {
    for (;;) {
      const ssize_t count = ::read(descriptor_, out.data(), out.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return fail_errno(errno, "read " + path_);
    }
  }

 private:
  int descriptor_;
  bool owned_;
  std::string path_;
};

}  // namespace

std::unique_ptr<ByteSource> from_memory(std::span<const std::byte> bytes) {
  return std::make_unique<MemorySource>(bytes);
}

Result<std::unique_ptr<ByteSource>> from_file(const std::string& path) {
  if (path == "-") return std::make_unique<FileSource>(STDIN_FILENO, false, "standard input");
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) return fail_errno(errno, "open " + path);
  auto source = std::make_unique<FileSource>(descriptor, true, path);
  struct stat about{};
  if (::fstat(descriptor, &about) == 0 && S_ISDIR(about.st_mode))
    return fail(Kind::Invalid, "{}: is a directory, not a file", path);
  return source;
}

}  // namespace garner::table
