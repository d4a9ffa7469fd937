// HTTP/1.1 over libmicrohttpd on 127.0.0.1, one thread a connection, TLS if a certificate is given. Knows nothing of
// the archive.
//
// The handler runs on the connection's thread and may block through Patience, which gives up when the client leaves or
// the server stops.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archive_sim/body.h"
#include "base/error.h"

namespace garner::archive_sim {

struct HttpRequest {
  std::string method, path, query, cookie, body;
  std::string content_type, host;
  std::size_t uri_bytes = 0;
};

// How the body leaves: positions in bytes of the body.
struct Delivery {
  std::optional<std::uint64_t> reset_at;  // TCP reset
  std::optional<std::uint64_t> stall_at;  // nothing more, connection kept open
  std::uint64_t bytes_per_s = 0;          // 0: as fast as it goes
};

struct HttpReply {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  Body body = {};
  bool content_length = true;  // false: chunked
  bool drop = false;           // close without any answer
  Delivery delivery = {};
  std::function<void(std::size_t)> on_sent = {};  // bytes of body handed to the socket
  std::function<void(bool)> on_end = {};          // once; true: all of the body was sent
};

class Patience {
 public:
  virtual ~Patience() = default;
  // False when the client left or the server stops.
  virtual bool wait(double seconds) = 0;
  virtual void wait_until_left() = 0;
};

struct ServerOptions {
  std::uint16_t port = 0;                // 0: any free one
  std::string tls_certificate, tls_key;  // PEM text; both or none
};

class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&, Patience&)>;

  static Result<std::unique_ptr<HttpServer>> start(const ServerOptions& options, Handler handler);
  ~HttpServer();  // stops: waits for the connections' threads, which give up what they are doing

  std::uint16_t port() const;

  struct Impl;

 private:
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace garner::archive_sim
