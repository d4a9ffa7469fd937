// A service as its requests see it: one origin, its session, its time-outs. Every request of lib/ivoa goes through
// here, so that
//   - cookies go to the service's own origin and nowhere else;
//   - redirects are followed by GET, at most 10, within that origin (DALI 1.1 §5.3); results may also lie at origins
//   the profile names, which
//     are asked without cookies; a redirect elsewhere is refused;
//   - URLs that a service hands out (Location, xlink:href) are resolved against where they stood and looked at before
//   they are used. A URL
//     of plain http for a service of https, on the same host, is taken as https: some services write their URLs so.
// Threads: the loop's only. The transport and executor outlive the caller, and the caller its requests.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "http/transport.h"

namespace garner::ivoa {

struct Service {
  std::string base_url{};                       // no slash at its end: "https://gea.esac.esa.int/tap-server/tap"
  http::Timeouts timeouts{};                    // of every request
  std::function<std::string()> cookies{};       // the session at hand, asked before each request; empty: anonymous
  std::vector<std::string> data_origins{};      // other origins from which results may come: "https://host[:port]"
  std::string spool_directory{};                // for answers too large for memory; empty: they must fit
  std::uint64_t max_answer_bytes = 4ull << 30;  // of one result; larger is TooLarge
};

inline constexpr std::uint64_t kMaxDocumentBytes = 256ull << 20;  // of a job, a job list, metadata

class Caller {
 public:
  Caller(http::Transport& transport, Executor& executor, Service service);

  const Service& service() const { return service_; }
  Executor& executor() { return executor_; }

  // All of these: what the transport's errors are, and a reply of any status. Maintenance for a redirect that is
  // refused, Invalid for a URL that is not the service's.
  Task<Result<http::Reply>> get(std::string url, std::stop_token stop, std::uint64_t max_bytes = kMaxDocumentBytes);
  // Waits longer for the first byte than the service's own time-outs say: for long polls.
  Task<Result<http::Reply>> get_slowly(std::string url, std::chrono::seconds first_byte, std::stop_token stop);
  // The reply itself: a 303 is not followed.
  Task<Result<http::Reply>> post(std::string url, std::string content_type, std::string body, std::uint64_t max_bytes,
                                 std::stop_token stop);
  Task<Result<http::Reply>> post_form(std::string url, std::vector<std::pair<std::string, std::string>> fields,
                                      std::stop_token stop);
  Task<Result<http::Reply>> remove(std::string url, std::stop_token stop);
  // Goes on where a reply says 301, 302, 303, 307 or 308; other replies come back as they are.
  Task<Result<http::Reply>> follow(std::string from, http::Reply reply, std::uint64_t max_bytes, std::stop_token stop);

  // A URL the service handed out, as it may be used. Maintenance if it leads elsewhere, Malformed if it is no URL.
  Result<std::string> place(const std::string& where_it_stood, std::string_view reference) const;

 private:
  Task<Result<http::Reply>> send(http::Request request, std::stop_token stop);
  bool is_own(const std::string& url) const { return http_origin_ == origin(url); }
  bool is_data_origin(const std::string& url) const;
  static std::string origin(const std::string& url);

  http::Transport& transport_;
  Executor& executor_;
  const Service service_;
  const std::string http_origin_;
};

}  // namespace garner::ivoa
