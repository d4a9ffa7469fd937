// Who may speak to the daemon. The kernel tells who is at the other end of a Unix socket (unix(7): SO_PEERCRED, and
// SO_PEERGROUPS for the supplementary groups, which SO_PEERCRED leaves out). Rights over single harvests are the
// Service's matter. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"

namespace garner::control {

struct PeerIdentity {
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> groups;  // supplementary ones
};

struct AccessRules {
  std::uint32_t service_uid = 0;             // the daemon's own
  std::optional<std::uint32_t> allowed_gid;  // members of this group may come in
};

// Of a connected Unix stream socket. Internal if the kernel does not say.
Result<PeerIdentity> read_peer(int connection_fd);

// root and the daemon's own user.
bool is_operator(const PeerIdentity& peer, const AccessRules& rules);
// Operators, and members of the allowed group.
bool peer_allowed(const PeerIdentity& peer, const AccessRules& rules);

}  // namespace garner::control
