#include "archive_sim/http_server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace garner::archive_sim {

struct HttpServer::Impl {
  MHD_Daemon* daemon = nullptr;
  Handler handler;
  std::atomic<bool> stopping{false};
};

namespace {

constexpr std::size_t kMaxRequestBody = 64U << 20;
constexpr std::size_t kConnectionMemory = 512U
                                          << 10;  // bounds the chunk that one send takes, and the request's headers
constexpr std::size_t kBlock = 256U << 10;
constexpr int kPollMs = 20;

class ConnectionPatience final : public Patience {
 public:
  ConnectionPatience(int fd, const std::atomic<bool>& stopping) : fd_(fd), stopping_(stopping) {}

  bool wait(double seconds) override {
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (true) {
      if (stopping_ || client_left(0)) return false;
      const double left = std::chrono::duration<double>(until - std::chrono::steady_clock::now()).count();
      if (left <= 0) return true;
      if (left * 1000 < 1) {
        std::this_thread::sleep_for(std::chrono::duration<double>(left));
        return true;
      }
      if (client_left(std::min(kPollMs, static_cast<int>(std::floor(left * 1000))))) return false;
    }
  }

  void wait_until_left() override {
    while (!stopping_ && !client_left(kPollMs)) {
    }
  }

 private:
  bool client_left(int timeout_ms) const {
    pollfd p{fd_, POLLRDHUP, 0};
    return poll(&p, 1, timeout_ms) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  }

  int fd_;
  const std::atomic<bool>& stopping_;
};

// One request and its reply; lives from the request line to MHD's completion callback.
struct Exchange {
  HttpServer::Impl* server = nullptr;
  HttpRequest request;
  bool started = false;
  bool too_large = false;
  HttpReply reply;
  bool has_reply = false;
  bool ended = false;
  int fd = -1;

  void end(bool complete) {
    if (ended || !has_reply) return;
    ended = true;
    if (reply.on_end) reply.on_end(complete);
  }
};

// Ends the connection with a TCP reset, whatever is still queued (Linux: connecting to AF_UNSPEC aborts the
// connection).
void reset_connection(int fd) {
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  connect(fd, &none, sizeof none);
}

ssize_t read_body(void* context, std::uint64_t position, char* out, std::size_t max) {
  auto& exchange = *static_cast<Exchange*>(context);
  HttpReply& reply = exchange.reply;
  ConnectionPatience patience(exchange.fd, exchange.server->stopping);
  const std::uint64_t total = reply.body.size();
  if (reply.delivery.reset_at && position >= std::min(*reply.delivery.reset_at, total)) {
    reset_connection(exchange.fd);
    return MHD_CONTENT_READER_END_WITH_ERROR;
  }
  if (reply.delivery.stall_at && position >= std::min(*reply.delivery.stall_at, total)) {
    patience.wait_until_left();
    return MHD_CONTENT_READER_END_WITH_ERROR;
  }
  if (exchange.server->stopping) return MHD_CONTENT_READER_END_WITH_ERROR;
  if (position >= total) {
    exchange.end(true);
    return MHD_CONTENT_READER_END_OF_STREAM;
  }
  std::uint64_t room = max;
  for (const auto& limit : {reply.delivery.reset_at, reply.delivery.stall_at})
    if (limit && *limit > position) room = std::min(room, *limit - position);
  if (const std::uint64_t rate = reply.delivery.bytes_per_s; rate > 0) {
    room = std::clamp<std::uint64_t>(rate / 10, 1, room);
    if (!patience.wait(static_cast<double>(room) / static_cast<double>(rate))) return MHD_CONTENT_READER_END_WITH_ERROR;
  }
  const std::size_t n = reply.body.read(position, out, room);
  if (reply.on_sent) reply.on_sent(n);
  // With a Content-Length nobody asks again behind the last byte.
  if (reply.content_length && position + n == total) exchange.end(true);
  return static_cast<ssize_t>(n);
}

MHD_Result queue_reply(MHD_Connection* connection, Exchange& exchange) {
  HttpReply& reply = exchange.reply;
  if (reply.drop) return MHD_NO;
  // Bodies that are to break off are chunked in any case: that is what the archive does.
  const std::uint64_t size = reply.content_length ? reply.body.size() : MHD_SIZE_UNKNOWN;
  MHD_Response* response = size == 0 ? MHD_create_response_from_buffer(0, nullptr, MHD_RESPMEM_PERSISTENT)
                                     : MHD_create_response_from_callback(size, kBlock, read_body, &exchange, nullptr);
  if (response == nullptr) return MHD_NO;
  for (const auto& [name, value] : reply.headers) MHD_add_response_header(response, name.c_str(), value.c_str());
  if (size == 0) exchange.end(true);
  const MHD_Result result = MHD_queue_response(connection, reply.status, response);
  MHD_destroy_response(response);
  return result;
}

void* on_uri(void* server, const char* uri, MHD_Connection*) {
  auto* exchange = new Exchange;
  exchange->server = static_cast<HttpServer::Impl*>(server);
  const std::string_view text(uri);
  exchange->request.uri_bytes = text.size();
  const auto question = text.find('?');
  exchange->request.path = text.substr(0, question);
  if (question != std::string_view::npos) exchange->request.query = text.substr(question + 1);
  return exchange;
}

MHD_Result on_request(void*, MHD_Connection* connection, const char*, const char* method, const char*, const char* data,
                      std::size_t* size, void** context) {
  auto& exchange = *static_cast<Exchange*>(*context);
  if (!exchange.started) {
    exchange.started = true;
    exchange.request.method = method;
    exchange.fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (const char* cookie = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Cookie"))
      exchange.request.cookie = cookie;
    if (const char* type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type"))
      exchange.request.content_type = type;
    if (const char* host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host"))
      exchange.request.host = host;
    return MHD_YES;
  }
  if (*size > 0) {
    exchange.too_large = exchange.too_large || exchange.request.body.size() + *size > kMaxRequestBody;
    if (!exchange.too_large) exchange.request.body.append(data, *size);
    *size = 0;
    return MHD_YES;
  }
  if (exchange.has_reply) return MHD_YES;
  if (exchange.too_large) {
    exchange.reply = {413, {}, Body("request body over 64 MiB\n")};
  } else {
    ConnectionPatience patience(exchange.fd, exchange.server->stopping);
    exchange.reply = exchange.server->handler(exchange.request, patience);
  }
  exchange.has_reply = true;
  return queue_reply(connection, exchange);
}

void on_completed(void*, MHD_Connection*, void** context, MHD_RequestTerminationCode) {
  auto* exchange = static_cast<Exchange*>(*context);
  if (exchange == nullptr) return;
  exchange->end(false);
  delete exchange;
  *context = nullptr;
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const ServerOptions& options, Handler handler) {
  auto impl = std::make_unique<Impl>();
  impl->handler = std::move(handler);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
  std::vector<MHD_OptionItem> items;
  if (!options.tls_certificate.empty()) {
    flags |= MHD_USE_TLS;
    items.push_back({MHD_OPTION_HTTPS_MEM_CERT, 0, const_cast<char*>(options.tls_certificate.c_str())});
    items.push_back({MHD_OPTION_HTTPS_MEM_KEY, 0, const_cast<char*>(options.tls_key.c_str())});
  }
  items.push_back({MHD_OPTION_END, 0, nullptr});
  impl->daemon =
      MHD_start_daemon(flags, options.port, nullptr, nullptr, on_request, impl.get(), MHD_OPTION_SOCK_ADDR,
                       reinterpret_cast<sockaddr*>(&address), MHD_OPTION_URI_LOG_CALLBACK, on_uri, impl.get(),
                       MHD_OPTION_NOTIFY_COMPLETED, on_completed, nullptr, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                       kConnectionMemory, MHD_OPTION_CONNECTION_LIMIT, 2000U, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U,
                       MHD_OPTION_ARRAY, items.data(), MHD_OPTION_END);
  if (impl->daemon == nullptr)
    return fail(Kind::Internal,
                "cannot listen on 127.0.0.1 port {}: is the port in use, or the certificate or key not PEM?",
                options.port);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->stopping = true;
  MHD_stop_daemon(impl_->daemon);
}

std::uint16_t HttpServer::port() const {
  return MHD_get_daemon_info(impl_->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

}  // namespace garner::archive_sim
