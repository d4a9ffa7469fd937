// The control API on a Unix socket: HTTP/1.1 by libmicrohttpd, a thread a connection, so that a slow call or a stalled
// client holds up nobody else. Peers are checked by their credentials before anything else (access.h); what they ask
// goes through the route table (routes.h) or, for submissions, into a SubmissionReceiver. Nothing of a submission is
// kept in memory but one read of the socket. Threads: start and destruction by the owner; the Service is called from
// the connections' threads and must outlive the Server. Destruction stops accepting, waits for calls under way, and
// closes what is idle or still sending.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/error.h"
#include "control/access.h"
#include "control/messages.h"
#include "harvest/service/service.h"

namespace garner::control {

struct ServerOptions {
  AccessRules access = {};
  unsigned connection_limit = 64;  // more wait in the socket's queue
  // More are told so and closed. Root's and the daemon's own user's are not counted: there is always room for them.
  unsigned connections_a_user = 16, connections_of_users = 48;
  std::chrono::seconds idle_timeout{
      60};  // a connection on which nothing moves is closed; the daemon's own work does not count
  std::uint64_t request_body_most = 64 << 10;  // of requests that are no submission
};

class Server {
 public:
  // daemon.uptime_s counts on from here. A listening socket of ours (listen_socket.h) or systemd's; the Server closes
  // it at its end.
  static Result<std::unique_ptr<Server>> start(int listening_fd, harvest::Service& service, DaemonInfo daemon,
                                               ServerOptions options);
  ~Server();

  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace garner::control
