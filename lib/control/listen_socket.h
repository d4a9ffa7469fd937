// The control socket as a file: made by us, or handed over by systemd (sd_listen_fds) and then only checked.
// Called at start, from one thread: the umask is changed for a moment. Blocking, briefly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"

namespace garner::control {

// A listening Unix stream socket at the path, mode 0660, with that group if one is given. A socket file that nobody
// answers on is replaced. Errors: Invalid (path too long, something that is no socket stands there), Conflict (another
// daemon answers there), NotFound (the folder is missing), Auth (the folder can't be written, or the group is not ours
// to give), Internal.
Result<int> listen_on_path(const std::string& path, std::optional<std::uint32_t> gid);

// Invalid unless fd is a listening Unix stream socket.
Result<void> check_listening_socket(int fd);

// The longest path that fits a Unix socket address (unix(7): sun_path holds 108 bytes with the final NUL).
inline constexpr std::size_t kSocketPathMost = 107;

}  // namespace garner::control
