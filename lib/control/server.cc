#include "control/server.h"

#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "control/listen_socket.h"
#include "control/peer_counts.h"
#include "control/routes.h"
#include "control/submission_receiver.h"

namespace garner::control {

namespace {

constexpr std::size_t kQueryValuesMost = 16;
// Of a connection's buffers; large, because an upload is read in pieces of about this size.
constexpr std::size_t kConnectionMemory = 256 << 10;

// One request on its way in. Made at its first callback, freed when the request has completed, whichever way.
struct Exchange {
  ApiRequest request;
  std::optional<SubmissionReceiver> submission;
  bool plan_only = false;
  std::uint64_t body_bytes = 0;
};

struct SentBody {
  std::string bytes;
  std::shared_ptr<const void> held;
};

void free_body(void* body) {
  delete static_cast<SentBody*>(body);
}

MHD_Result send_reply(MHD_Connection* connection, ApiReply reply) {
  auto* body = new SentBody{std::move(reply.body), std::move(reply.held)};
  MHD_Response* response =
      MHD_create_response_from_buffer_with_free_callback_cls(body->bytes.size(), body->bytes.data(), &free_body, body);
  if (response == nullptr) {
    delete body;
    return MHD_NO;
  }
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply.content_type.c_str());
  for (const auto& [name, value] : reply.headers) MHD_add_response_header(response, name.c_str(), value.c_str());
  const MHD_Result queued = MHD_queue_response(connection, reply.status, response);
  MHD_destroy_response(response);
  return queued;
}

MHD_Result take_query_value(void* map, MHD_ValueKind, const char* key, const char* value) {
  auto& query = *static_cast<std::map<std::string, std::string>*>(map);
  if (query.size() < kQueryValuesMost) query.emplace(key, value == nullptr ? "" : value);
  return MHD_YES;
}

std::uint64_t content_length(MHD_Connection* connection) {
  const char* text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  std::uint64_t length = 0;
  if (text != nullptr) std::from_chars(text, text + std::char_traits<char>::length(text), length);
  return length;
}

}  // namespace

struct Server::Impl {
  harvest::Service& service;
  DaemonInfo daemon;
  ServerOptions options;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  int listening_fd = -1;
  MHD_Daemon* http = nullptr;
  PeerCounts counts;

  Impl(harvest::Service& the_service, DaemonInfo the_daemon, ServerOptions the_options)
      : service(the_service),
        daemon(std::move(the_daemon)),
        options(the_options),
        counts(options.connections_a_user, options.connections_of_users) {}

  ApiContext context() const {
    ApiContext out{service, daemon};
    out.daemon.uptime_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return out;
  }

  // libmicrohttpd counts the time of our own work as idleness of the client; not so while this lives.
  struct WithoutTimeout {
    MHD_Connection* connection;
    unsigned timeout_s;
    WithoutTimeout(MHD_Connection* of, unsigned seconds) : connection(of), timeout_s(seconds) {
      MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
    }
    WithoutTimeout(const WithoutTimeout&) = delete;
    WithoutTimeout& operator=(const WithoutTimeout&) = delete;
    ~WithoutTimeout() { MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, timeout_s); }
  };

  WithoutTimeout without_timeout(MHD_Connection* connection) const {
    return WithoutTimeout(connection, static_cast<unsigned>(options.idle_timeout.count()));
  }

  Result<harvest::Peer> admit(MHD_Connection* connection) const {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == nullptr) return fail(Kind::Internal, "the control connection has no descriptor");
    auto peer = read_peer(info->connect_fd);
    if (!peer) return std::unexpected(peer.error());
    if (!peer_allowed(*peer, options.access)) {
      return fail(Kind::Auth,
                  "user id {} may not speak to this daemon; ask its operator to add you to the daemon's group",
                  peer->uid);
    }
    return harvest::Peer{peer->uid, peer->gid};
  }

  // Before a byte was read: what a stalled client never asks for, it takes from nobody. The context is the user's
  // number, of those that are counted.
  void on_begun(MHD_Connection* connection, void** context) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const auto peer =
        info == nullptr ? Result<PeerIdentity>(fail(Kind::Internal, "no descriptor")) : read_peer(info->connect_fd);
    if (!peer || is_operator(*peer, options.access)) return;  // admit() has the words
    if (counts.enter(peer->uid)) {
      *context = new std::uint32_t(peer->uid);
      return;
    }
    const std::string body = error_json({Kind::Overloaded,
                                         fmt::format("user id {} or all users together have too many connections "
                                                     "to this daemon open; try again when some have ended",
                                                     peer->uid),
                                         std::nullopt});
    const std::string reply = fmt::format(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
        "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body);
    (void)::send(info->connect_fd, reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(info->connect_fd, SHUT_RDWR);
  }

  static void on_connection(void* self, MHD_Connection* connection, void** context,
                            MHD_ConnectionNotificationCode code) {
    auto& server = *static_cast<Impl*>(self);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) return server.on_begun(connection, context);
    const std::unique_ptr<std::uint32_t> uid(static_cast<std::uint32_t*>(std::exchange(*context, nullptr)));
    if (uid) server.counts.leave(*uid);
  }

  MHD_Result begin(MHD_Connection* connection, const char* url, const char* method, void** state) const {
    auto peer = admit(connection);
    if (!peer) return send_reply(connection, error_reply(peer.error()));
    auto exchange = std::make_unique<Exchange>();
    exchange->request.method = method;
    exchange->request.path = url;
    exchange->request.peer = *peer;
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &take_query_value, &exchange->request.query);
    const auto matched = match(method, url);
    if (matched && matched->route->handler == nullptr) {
      exchange->plan_only = matched->route->plan_only;
      exchange->submission.emplace(service, *peer, exchange->plan_only);
    } else if (content_length(connection) > options.request_body_most) {
      return send_reply(connection, error_reply(body_too_large()));
    }
    *state = exchange.release();
    return MHD_YES;
  }

  Error body_too_large() const {
    return {Kind::TooLarge, fmt::format("the request's body has more than {} bytes", options.request_body_most),
            std::nullopt};
  }

  void take_body(MHD_Connection* connection, Exchange& exchange, const char* data, std::size_t size) const {
    exchange.body_bytes += size;
    if (!exchange.submission) return;  // bodies of other requests mean nothing
    const auto guard = without_timeout(connection);
    exchange.submission->push(std::as_bytes(std::span(data, size)));
  }

  MHD_Result end(MHD_Connection* connection, Exchange& exchange) const {
    const auto guard = without_timeout(connection);
    if (exchange.submission) {
      const auto result = exchange.submission->finish();
      if (!result) return send_reply(connection, error_reply(result.error()));
      const unsigned status = exchange.plan_only || result->already_here ? 200 : 201;
      return send_reply(connection, {status, submit_json(*result, exchange.plan_only) + "\n", "application/json", {}});
    }
    if (exchange.body_bytes > options.request_body_most) return send_reply(connection, error_reply(body_too_large()));
    return send_reply(connection, answer(context(), exchange.request));
  }

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method, const char*,
                               const char* data, std::size_t* size, void** state) {
    const auto& server = *static_cast<const Impl*>(self);
    if (*state == nullptr) return server.begin(connection, url, method, state);
    auto& exchange = *static_cast<Exchange*>(*state);
    if (*size == 0) return server.end(connection, exchange);
    server.take_body(connection, exchange, data, *size);
    *size = 0;
    return MHD_YES;
  }

  static void on_completed(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
    delete static_cast<Exchange*>(*state);
    *state = nullptr;
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::start(int listening_fd, harvest::Service& service, DaemonInfo daemon,
                                              ServerOptions options) {
  if (auto good = check_listening_socket(listening_fd); !good) return std::unexpected(good.error());
  auto server = std::make_unique<Server>(std::make_unique<Impl>(service, std::move(daemon), options));
  // libmicrohttpd closes its descriptor when it fails and when it stops; ours stays ours.
  const int shared_fd = ::dup(listening_fd);
  if (shared_fd < 0) return fail_errno(errno, "control socket");
  auto& impl = *server->impl_;
  constexpr unsigned kFlags =
      MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC;
  impl.http =
      MHD_start_daemon(kFlags, 0, nullptr, nullptr, &Impl::on_request, &impl, MHD_OPTION_LISTEN_SOCKET, shared_fd,
                       MHD_OPTION_CONNECTION_LIMIT, options.connection_limit, MHD_OPTION_CONNECTION_TIMEOUT,
                       static_cast<unsigned>(options.idle_timeout.count()), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                       kConnectionMemory, MHD_OPTION_NOTIFY_COMPLETED, &Impl::on_completed, nullptr,
                       MHD_OPTION_NOTIFY_CONNECTION, &Impl::on_connection, &impl, MHD_OPTION_END);
  if (impl.http == nullptr) return fail(Kind::Internal, "the control server does not start");
  impl.listening_fd = listening_fd;
  return server;
}

Server::~Server() {
  if (impl_->http == nullptr) return;
  const int shared_fd = MHD_quiesce_daemon(impl_->http);
  MHD_stop_daemon(impl_->http);
  if (shared_fd >= 0) ::close(shared_fd);
  ::close(impl_->listening_fd);
}

}  // namespace garner::control
