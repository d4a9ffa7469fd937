#include "base/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace garner {

namespace {

Result<void> check(const struct stat& about, const std::string& path, PrivateFile rule) {
  if (!S_ISREG(about.st_mode)) return fail(Kind::Auth, "is no regular file");
  const bool open_to_others = (about.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  if (rule == PrivateFile::Ours && (open_to_others || about.st_uid != ::geteuid()))
    return fail(Kind::Auth, "others may have read or changed it (mode {:04o})", about.st_mode & 07777);
  if (rule == PrivateFile::OfItsOwner && open_to_others)
    return fail(Kind::Auth, "others than its owner may read or change it (mode {:04o}); run: chmod 600 {}",
                about.st_mode & 07777, path);
  return {};
}

}  // namespace

Result<std::optional<std::string>> read_private_file(const std::string& path, PrivateFile rule, std::size_t most) {
  const int links = rule == PrivateFile::Ours ? O_NOFOLLOW : 0;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | links);
  if (descriptor < 0 && errno == ENOENT) return std::optional<std::string>();
  if (descriptor < 0) return fail(Kind::Auth, "{}", std::strerror(errno));
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{descriptor};
  struct stat about{};
  if (::fstat(descriptor, &about) != 0) return fail(Kind::Auth, "{}", std::strerror(errno));
  if (auto checked = check(about, path, rule); !checked) return std::unexpected(checked.error());
  std::string text(most, '\0');
  const ssize_t count = ::read(descriptor, text.data(), text.size());
  if (count < 0) return fail(Kind::Auth, "{}", std::strerror(errno));
  text.resize(static_cast<std::size_t>(count));
  return std::optional(std::move(text));
}

}  // namespace garner
