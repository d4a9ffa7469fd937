// A server of a few lines on 127.0.0.1 for the transport's tests: says exactly the bytes a test gives it, and ends
// connections as rudely as asked. One thread accepts, one more serves each connection by the test's script. Everything
// blocking ends when the server goes.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

struct ssl_ctx_st;
struct ssl_st;

namespace garner::http::testing {

struct SeenRequest {
  std::string head;  // request line and header, without the empty line
  std::string body;
};

class Connection {
 public:
  Connection(int socket, ssl_st* tls) : socket_(socket), tls_(tls) {}
  // Nothing when the peer is gone.
  std::optional<SeenRequest> read_request();
  void send(std::string_view bytes);
  void reply(std::string_view body, std::string_view status = "200 OK", std::string_view more_headers = "");
  void reset();             // RST instead of a proper end; nothing after it
  void wait_for_the_end();  // says nothing until the peer, or the test, has enough

 private:
  int receive(char* into, int size);
  int socket_;
  ssl_st* tls_;
  std::string pending_;
};

class LoopbackServer {
 public:
  using Script = std::function<void(Connection&)>;
  // With a context it speaks TLS; the context outlives it.
  explicit LoopbackServer(Script script, ssl_ctx_st* tls = nullptr);
  ~LoopbackServer();

  std::string url(std::string_view path = "/", std::string_view host = "127.0.0.1") const;
  int port() const { return port_; }
  int connections() const { return connections_; }
  // Answers each request on a connection with the same bytes, for as long as the peer asks.
  static Script answering(std::string body, std::string status = "200 OK");

 private:
  void accept_all();
  void serve(int socket);

  const Script script_;
  ssl_ctx_st* const tls_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  bool stopping_ = false;
  std::list<int> open_;
  std::list<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace garner::http::testing
