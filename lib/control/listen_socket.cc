#include "control/listen_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace garner::control {

namespace {

// Closes the descriptor unless it was released.
struct Descriptor {
  int fd;
  explicit Descriptor(int given) : fd(given) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  int release() { return std::exchange(fd, -1); }
};

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* as_sockaddr(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

int bind_privately(int fd, const sockaddr_un& address) {
  const mode_t before = ::umask(0177);  // nobody else may connect before the group is set
  const int rc = ::bind(fd, as_sockaddr(address), sizeof address);
  const int error = errno;
  ::umask(before);
  errno = error;
  return rc;
}

Result<void> remove_if_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return fail_errno(errno, "control socket " + path);
  if (!S_ISSOCK(status.st_mode)) {
    return fail(Kind::Invalid,
                "control socket {}: a file that is no socket stands there; move it away or set another `socket`", path);
  }
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (probe.fd < 0) return fail_errno(errno, "control socket " + path);
  // Anything but a refusal means that somebody listens, perhaps with a full queue (EAGAIN).
  if (::connect(probe.fd, as_sockaddr(address), sizeof address) == 0 || errno != ECONNREFUSED) {
    return fail(Kind::Conflict,
                "control socket {}: another daemon answers there; stop it first, or set another `socket`", path);
  }
  if (::unlink(path.c_str()) != 0) return fail_errno(errno, "removing the stale control socket " + path);
  return {};
}

std::unexpected<Error> bind_failure(int error, const std::string& path) {
  if (error == EACCES || error == EPERM || error == EROFS) {
    return fail(Kind::Auth, "control socket {}: the daemon's user may not write into its folder", path);
  }
  if (error == ENOENT) return fail(Kind::NotFound, "control socket {}: its folder does not exist", path);
  return fail_errno(error, "control socket " + path);
}

Result<void> open_to_group(const std::string& path, std::optional<std::uint32_t> gid) {
  if (gid && ::chown(path.c_str(), static_cast<uid_t>(-1), *gid) != 0) {
    return fail(Kind::Auth, "control socket {}: can't give it to group {}: {}; is the daemon's user a member of it?",
                path, *gid, std::strerror(errno));
  }
  if (::chmod(path.c_str(), 0660) != 0) return fail_errno(errno, "mode of the control socket " + path);
  return {};
}

Result<int> option_of(int fd, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, option, &value, &length) != 0) {
    return fail(Kind::Invalid, "descriptor {} is no socket: {}", fd, std::strerror(errno));
  }
  return value;
}

}  // namespace

Result<int> listen_on_path(const std::string& path, std::optional<std::uint32_t> gid) {
  if (path.empty() || path.size() > kSocketPathMost) {
    return fail(Kind::Invalid,
                "control socket {}: the path has {} bytes, a Unix socket takes 1 to {}; choose a shorter one", path,
                path.size(), kSocketPathMost);
  }
  const auto address = address_of(path);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.fd < 0) return fail_errno(errno, "making the control socket");
  if (bind_privately(socket.fd, address) != 0) {
    if (errno != EADDRINUSE) return bind_failure(errno, path);
    if (auto gone = remove_if_stale(path, address); !gone) return std::unexpected(gone.error());
    if (bind_privately(socket.fd, address) != 0) return bind_failure(errno, path);
  }
  if (auto opened = open_to_group(path, gid); !opened) {
    ::unlink(path.c_str());
    return std::unexpected(opened.error());
  }
  if (::listen(socket.fd, 128) != 0) return fail_errno(errno, "listening on the control socket " + path);
  return socket.release();
}

Result<void> check_listening_socket(int fd) {
  auto domain = option_of(fd, SO_DOMAIN);
  if (!domain) return std::unexpected(domain.error());
  auto type = option_of(fd, SO_TYPE);
  if (!type) return std::unexpected(type.error());
  auto listening = option_of(fd, SO_ACCEPTCONN);
  if (!listening) return std::unexpected(listening.error());
  if (*domain != AF_UNIX || *type != SOCK_STREAM || *listening == 0) {
    return fail(Kind::Invalid,
                "descriptor {} is no listening Unix stream socket; the .socket unit needs ListenStream= with a path",
                fd);
  }
  return {};
}

}  // namespace garner::control
