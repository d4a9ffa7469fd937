#include "http/loopback_server.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace garner::http::testing {

int Connection::receive(char* into, int size) {
  if (tls_ != nullptr) return SSL_read(tls_, into, size);
  return static_cast<int>(::recv(socket_, into, static_cast<std::size_t>(size), 0));
}

std::optional<SeenRequest> Connection::read_request() {
  std::size_t head_end = std::string::npos;
  std::size_t body_size = 0;
  while (true) {
    if (head_end == std::string::npos && (head_end = pending_.find("\r\n\r\n")) != std::string::npos) {
      const auto length = pending_.find("Content-Length: ");
      if (length < head_end) body_size = std::strtoull(pending_.c_str() + length + 16, nullptr, 10);
    }
    if (head_end != std::string::npos && pending_.size() >= head_end + 4 + body_size) break;
    std::array<char, 65536> buffer;
    const int got = receive(buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) return std::nullopt;
    pending_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  SeenRequest request{pending_.substr(0, head_end), pending_.substr(head_end + 4, body_size)};
  pending_.erase(0, head_end + 4 + body_size);
  return request;
}

void Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                      : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Connection::reply(std::string_view body, std::string_view status, std::string_view more_headers) {
  send(fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), more_headers, body));
}

void Connection::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void Connection::wait_for_the_end() {
  char byte = 0;
  while (receive(&byte, 1) > 0) {
  }
}

LoopbackServer::LoopbackServer(Script script, ssl_ctx_st* tls) : script_(std::move(script)), tls_(tls) {
  std::signal(SIGPIPE, SIG_IGN);  // SSL_write
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

LoopbackServer::~LoopbackServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  threads_.clear();
}

std::string LoopbackServer::url(std::string_view path, std::string_view host) const {
  return fmt::format("{}://{}:{}{}", tls_ != nullptr ? "https" : "http", host, port_, path);
}

LoopbackServer::Script LoopbackServer::answering(std::string body, std::string status) {
  return [body = std::move(body), status = std::move(status)](Connection& connection) {
    while (connection.read_request()) connection.reply(body, status);
  };
}

void LoopbackServer::accept_all() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (socket < 0 || stopping_) {
      if (socket >= 0) ::close(socket);
      return;
    }
    ++connections_;
    open_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void LoopbackServer::serve(int socket) {
  const std::unique_ptr<SSL, decltype(&SSL_free)> session(tls_ != nullptr ? SSL_new(tls_) : nullptr, &SSL_free);
  const bool ready = !session || (SSL_set_fd(session.get(), socket) == 1 && SSL_accept(session.get()) == 1);
  if (ready) {
    Connection connection(socket, session.get());
    script_(connection);
  }
  // Off the list first: another connection may get its number.
  const std::lock_guard lock(mutex_);
  open_.remove(socket);
  ::close(socket);
}

}  // namespace garner::http::testing
