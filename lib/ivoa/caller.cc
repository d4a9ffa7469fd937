#include "ivoa/caller.h"

#include <algorithm>

#include "http/url.h"

namespace garner::ivoa {

namespace {

constexpr int kMostRedirects = 10;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// "http://host:80/…" to "https://host/…".
std::string as_https(const std::string& url, const std::string& own_origin) {
  const std::string plain = http::origin_of(url).value_or("");
  if (!plain.starts_with("http://") || !plain.ends_with(":80") || !own_origin.ends_with(":443")) return url;
  const std::string host = plain.substr(7, plain.size() - 7 - 3);
  if (own_origin != "https://" + host + ":443") return url;
  const auto path = url.find_first_of("/?", 7);
  return "https://" + host + (path == url.npos ? "" : url.substr(path));
}

}  // namespace

Caller::Caller(http::Transport& transport, Executor& executor, Service service)
    : transport_(transport),
      executor_(executor),
      service_(std::move(service)),
      http_origin_(origin(service_.base_url)) {}

std::string Caller::origin(const std::string& url) {
  return http::origin_of(url).value_or("");
}

bool Caller::is_data_origin(const std::string& url) const {
  return std::ranges::any_of(service_.data_origins,
                             [&url](const std::string& each) { return http::same_origin(each, url); });
}

Result<std::string> Caller::place(const std::string& where_it_stood, std::string_view reference) const {
  auto url = http::resolve_url(where_it_stood, reference);
  if (!url) return fail(Kind::Malformed, "the service hands out '{}', which is no URL", printable(reference, 200));
  *url = as_https(*url, http_origin_);
  if (is_own(*url) || is_data_origin(*url)) return *url;
  return fail(Kind::Maintenance,
              "sent on to {}, which is not {}: not followed (a login page, a closed service, or an origin missing in "
              "data_origins)",
              origin(*url), http_origin_);
}

Task<Result<http::Reply>> Caller::send(http::Request request, std::stop_token stop) {
  const bool own = !http_origin_.empty() && is_own(request.url);
  if (!own && !is_data_origin(request.url)) {
    co_return fail(Kind::Invalid, "'{}' does not belong to the service at {}", printable(request.url, 200),
                   service_.base_url);
  }
  if (own && service_.cookies) request.cookies = service_.cookies();
  if (!own && request.method != http::Method::Get)
    co_return fail(Kind::Invalid, "only GET goes to another origin than the service's own");
  request.spool_directory = service_.spool_directory;
  co_return co_await transport_.fetch(std::move(request), stop);
}

Task<Result<http::Reply>> Caller::get(std::string url, std::stop_token stop, std::uint64_t max_bytes) {
  http::Request request;
  request.url = url;
  request.timeouts = service_.timeouts;
  request.max_body_bytes = max_bytes;
  auto reply = co_await send(std::move(request), stop);
  if (!reply || !is_redirect(reply->status)) co_return reply;
  co_return co_await follow(std::move(url), std::move(*reply), max_bytes, stop);
}

Task<Result<http::Reply>> Caller::get_slowly(std::string url, std::chrono::seconds first_byte, std::stop_token stop) {
  http::Request request;
  request.url = url;
  request.timeouts = service_.timeouts;
  request.timeouts.first_byte = std::max(first_byte, request.timeouts.first_byte);
  request.timeouts.stall = std::max(first_byte, request.timeouts.stall);
  request.max_body_bytes = kMaxDocumentBytes;
  auto reply = co_await send(std::move(request), stop);
  if (!reply || !is_redirect(reply->status)) co_return reply;
  co_return co_await follow(std::move(url), std::move(*reply), kMaxDocumentBytes, stop);
}

Task<Result<http::Reply>> Caller::post(std::string url, std::string content_type, std::string body,
                                       std::uint64_t max_bytes, std::stop_token stop) {
  http::Request request;
  request.method = http::Method::Post;
  request.url = std::move(url);
  request.headers = {{"Content-Type", std::move(content_type)}};
  request.body = std::move(body);
  request.timeouts = service_.timeouts;
  request.max_body_bytes = max_bytes;
  co_return co_await send(std::move(request), stop);
}

Task<Result<http::Reply>> Caller::post_form(std::string url, std::vector<std::pair<std::string, std::string>> fields,
                                            std::stop_token stop) {
  auto body = http::form_encode(fields);
  co_return co_await post(std::move(url), "application/x-www-form-urlencoded", std::move(body), kMaxDocumentBytes,
                          stop);
}

Task<Result<http::Reply>> Caller::remove(std::string url, std::stop_token stop) {
  http::Request request;
  request.method = http::Method::Delete;
  request.url = std::move(url);
  request.timeouts = service_.timeouts;
  co_return co_await send(std::move(request), stop);
}

Task<Result<http::Reply>> Caller::follow(std::string from, http::Reply reply, std::uint64_t max_bytes,
                                         std::stop_token stop) {
  for (int hops = 0; is_redirect(reply.status); ++hops) {
    if (hops == kMostRedirects)
      co_return fail(Kind::Maintenance, "sent on more than {} times from {}", kMostRedirects, service_.base_url);
    const auto location = reply.header("location");
    if (!location) co_return fail(Kind::Malformed, "HTTP {} without a Location", reply.status);
    auto next = place(from, *location);
    if (!next) co_return with_context(std::move(next.error()), "HTTP {}", reply.status);
    http::Request request;
    request.url = *next;
    request.timeouts = service_.timeouts;
    request.max_body_bytes = max_bytes;
    auto got = co_await send(std::move(request), stop);
    if (!got) co_return got;
    reply = std::move(*got);
    from = std::move(*next);
  }
  co_return reply;
}

}  // namespace garner::ivoa
