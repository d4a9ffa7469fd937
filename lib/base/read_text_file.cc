#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/strict_yaml.h"

namespace garner::yaml {

Result<std::string> read_text_file(const std::string& path, std::uint64_t max_bytes) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) return fail_errno(errno, path);
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{descriptor};
  struct stat about{};
  if (::fstat(descriptor, &about) != 0) return fail_errno(errno, path);
  if (S_ISDIR(about.st_mode)) return fail(Kind::Invalid, "{}: is a directory, not a file", path);
  std::string text;
  std::array<char, 16384> block;
  for (;;) {
    const ssize_t count = ::read(descriptor, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(errno, path);
    if (count == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(count));
    if (text.size() > max_bytes) return fail(Kind::TooLarge, "{}: longer than the {} bytes allowed", path, max_bytes);
  }
}

}  // namespace garner::yaml
