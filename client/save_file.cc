#include "client/save_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace garner::client {

namespace {

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "writing " + path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<void> save_file(const std::string& path, const std::function<Result<void>(const ByteSink&)>& write,
                       unsigned mode) {
  struct stat about{};
  const bool there = ::stat(path.c_str(), &about) == 0;
  if (there && S_ISDIR(about.st_mode)) return fail(Kind::Invalid, "{} is a folder; name a file", path);
  const bool replace = !there || S_ISREG(about.st_mode);
  const auto target = replace ? fmt::format("{}.{}.part", path, ::getpid()) : path;
  // Nothing that lies there under that name already is written into, be it left over or planted.
  if (replace) ::unlink(target.c_str());
  const int fd = ::open(target.c_str(), O_WRONLY | O_CLOEXEC | (replace ? O_CREAT | O_EXCL | O_NOFOLLOW : 0), mode);
  if (fd < 0) return fail(Kind::Invalid, "can't write {}: {}", path, std::strerror(errno));
  auto done = write([&](std::string_view bytes) { return write_all(fd, bytes, path); });
  if (done && replace && ::fsync(fd) != 0) done = fail_errno(errno, "writing " + path);
  if (::close(fd) != 0 && done) done = fail_errno(errno, "writing " + path);
  if (replace && done && ::rename(target.c_str(), path.c_str()) != 0) done = fail_errno(errno, "writing " + path);
  if (replace && !done) ::unlink(target.c_str());
  return done;
}

}  // namespace garner::client
