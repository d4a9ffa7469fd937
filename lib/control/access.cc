#include "control/access.h"

#include <sys/socket.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>

namespace garner::control {

namespace {

Result<std::vector<std::uint32_t>> supplementary_groups(int fd) {
  std::vector<gid_t> groups(64);
  // The kernel answers ERANGE with the length it needs; the user may gain groups in between, therefore a few tries.
  for (int tries = 0; tries < 4; ++tries) {
    auto length = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) == 0) {
      groups.resize(length / sizeof(gid_t));
      return std::vector<std::uint32_t>(groups.begin(), groups.end());
    }
    if (errno != ERANGE) return fail_errno(errno, "reading the groups of the peer on the control socket");
    groups.resize(length / sizeof(gid_t) + 1);
  }
  return fail(Kind::Internal, "the groups of the peer on the control socket keep changing");
}

}  // namespace

Result<PeerIdentity> read_peer(int connection_fd) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (::getsockopt(connection_fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
    return fail_errno(errno, "reading who is at the other end of the control socket");
  }
  auto groups = supplementary_groups(connection_fd);
  if (!groups) return std::unexpected(groups.error());
  return PeerIdentity{credentials.uid, credentials.gid, std::move(*groups)};
}

bool is_operator(const PeerIdentity& peer, const AccessRules& rules) {
  return peer.uid == 0 || peer.uid == rules.service_uid;
}

bool peer_allowed(const PeerIdentity& peer, const AccessRules& rules) {
  if (is_operator(peer, rules)) return true;
  if (!rules.allowed_gid) return false;
  return peer.gid == *rules.allowed_gid || std::ranges::find(peer.groups, *rules.allowed_gid) != peer.groups.end();
}

}  // namespace garner::control
