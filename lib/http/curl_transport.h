// The real Transport: libcurl's multi interface (socket action) on the libuv loop. TLS is always verified; HTTP/1.1
// only (libcurl before 8.0 could report an aborted HTTP/2 body as complete, curl/curl#10715); connections are kept and
// reused. The process ignores SIGPIPE (main's duty): libcurl is told to leave signals alone. Threads: the loop's only.
// Everything fetched must have ended before it is destroyed.
#pragma once

#include "base/uv_loop.h"
#include "http/transport.h"

namespace garner::http {

class CurlTransport final : public Transport {
 public:
  CurlTransport(UvLoop& loop, TransportOptions options);
  ~CurlTransport() override;
  Task<Result<Reply>> fetch(Request request, std::stop_token stop) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace garner::http
