// One awaitable HTTP exchange. Knows nothing of archives: a reply of any status is a reply; an Error means that no
// whole reply came. CurlTransport is the real one; the engine's tests answer from tables. Threads: the loop's only.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/executor.h"
#include "base/task.h"
#include "http/body.h"

namespace garner::http {

struct Timeouts {
  std::chrono::seconds connect{20};
  std::chrono::seconds first_byte{600};  // from the request sent to the first byte of the reply's header
  std::chrono::seconds stall{60};        // without stall_bytes_per_s on average for that long, once the reply has begun
  std::uint32_t stall_bytes_per_s = 1000;
  std::chrono::seconds total{4 * 3600};  // a net below all others
  bool operator==(const Timeouts&) const = default;
};

enum class Method { Get, Post, Delete };

struct Request {
  Method method = Method::Get;
  std::string url{};  // http or https; anything else is refused
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};  // POST; its Content-Type is a header
  Timeouts timeouts{};
  std::uint64_t max_body_bytes = 64u << 20;  // beyond: TooLarge
  std::string spool_directory{};             // where a large reply spills; empty: it may not
  std::string cookies{};                     // value of the Cookie header; never logged
};

struct Timing {
  Duration first_byte{};  // from the start of the exchange
  Duration total{};
};

struct Reply {
  int status = 0;
  // Names in lower case; a repeated header's values in order. Bounded: 100 headers, 64 KiB in all.
  std::vector<std::pair<std::string, std::string>> headers;
  Body body;
  Timing timing;

  std::optional<std::string> header(std::string_view lower_case_name) const;
  std::vector<std::string> all(std::string_view lower_case_name) const;
};

// Seconds from a Retry-After value, seconds or an HTTP date (RFC 9110 §10.2.3), clamped to [0, 24 h]; nothing if it is
// neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, WallTime now);

// application/x-www-form-urlencoded (WHATWG URL §5.2): space is '+'.
std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields);

class Transport {
 public:
  virtual ~Transport() = default;
  // Errors: Transient (resolve, connect, reset, time-out: the detail says which), Corrupt (the reply ended early),
  // TooLarge, DiskFull (spool), Auth (the server's certificate is not to be trusted: says why), Invalid (the URL),
  // Cancelled. Redirects are not followed: a 3xx is a reply.
  virtual Task<Result<Reply>> fetch(Request request, std::stop_token stop) = 0;
};

struct TransportOptions {
  std::string user_agent{};  // with a contact
  std::string ca_file{};     // PEM; empty: the system's
  std::string proxy{};       // empty: none, whatever the environment says
  std::uint64_t max_connections = 64;
  std::shared_ptr<MemoryBudget> budget{};
};

}  // namespace garner::http
