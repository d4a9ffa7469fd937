#include "archive/login_context.h"

#include <algorithm>

#include "archive/origin.h"
#include "archive/reply.h"
#include "ivoa/server_words.h"

namespace garner::archive {

namespace {

constexpr std::uint64_t kLargestReply = 1u << 20;
constexpr std::size_t kLongestCookie = 4096;
constexpr std::string_view kSession = "SESSION", kJavaSession = "JSESSIONID";
constexpr std::string_view kNoSuchType = "WHO_AM_I";
constexpr std::string_view kSomeSource = "4295806720";  // of Gaia DR2 and DR3

// A cookie as "NAME=value" out of a Set-Cookie header (RFC 6265 §4.1.1).
std::string_view pair_of(std::string_view set_cookie) {
  return set_cookie.substr(0, set_cookie.find(';'));
}

bool is_named(std::string_view pair, std::string_view name) {
  return pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=';
}

// The first of that name; empty if there is none that may be sent back.
std::string cookie_of(const http::Reply& reply, std::string_view name) {
  for (const auto& header : reply.all("set-cookie")) {
    const auto pair = pair_of(header);
    if (!is_named(pair, name) || pair.size() == name.size() + 1 || pair.size() > kLongestCookie) continue;
    const bool clean =
        std::ranges::all_of(pair, [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != ',' && c != '\\'; });
    if (clean) return std::string(pair);
  }
  return {};
}

// SESSION carries the login; JSESSIONID alone did so on older deployments.
std::string session_cookies(const http::Reply& reply) {
  const std::string session = cookie_of(reply, kSession);
  const std::string java_session = cookie_of(reply, kJavaSession);
  if (session.empty() || java_session.empty()) return session + java_session;
  return session + "; " + java_session;
}

bool passes_by_itself(Kind kind) {
  return kind == Kind::Overloaded || kind == Kind::Maintenance || kind == Kind::RateLimited;
}

Error refused(const std::string& user, std::string_view why) {
  return {Kind::Auth, fmt::format("login as '{}' failed: {}", printable(user, 60), why), std::nullopt};
}

// What a login's answer without a session means. It never counts against a chunk: no source is to blame.
Error judge_failed_login(const http::Reply& reply, const std::string& user, WallTime now) {
  auto verdict = judge_reply(reply, now);
  if (reply.status == 200) {
    if (verdict && (verdict->kind == Kind::Overloaded || verdict->kind == Kind::Maintenance)) return *verdict;
    return refused(user, "the server set no session cookie");
  }
  if (!verdict) return refused(user, fmt::format("HTTP {}", reply.status));
  if (verdict->kind == Kind::Suspect) verdict->kind = Kind::Overloaded;
  return passes_by_itself(verdict->kind) ? *verdict : refused(user, verdict->detail);
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ivoa::contains(a, b);
}

// tap/users: lines "id: name"; forbidden to the anonymous.
std::optional<std::string> user_listed(const http::Reply& reply, const std::string& user) {
  if (reply.status == 401 || reply.status == 403) return std::string(kAnonymous);
  if (reply.status != 200) return std::nullopt;
  for (std::string_view rest = reply.body.text(); !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    const auto id = line.substr(0, line.find(':'));
    if (id.size() < line.size() && same_name(id, user)) return std::string(id);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return std::nullopt;
}

}  // namespace

LoginContext tap_login_context(const Profile& profile) {
  LoginContext context;
  context.name = "tap-server";
  context.base_url = profile.base_url;
  context.login_path = profile.tap.login_path;
  context.logout_path = profile.tap.logout_path;
  context.inquiry = LoginContext::Inquiry::TapUsers;
  context.inquiry_path = profile.tap.path + "/users";
  context.timeouts = profile.timeouts;
  return context;
}

LoginContext data_login_context(const Profile& profile) {
  LoginContext context;
  context.name = "data-server";
  context.base_url = profile.base_url;
  context.login_path = profile.login_path;
  context.logout_path = profile.logout_path;
  context.inquiry = LoginContext::Inquiry::RefusedProduct;
  context.inquiry_path = profile.data_path;
  context.source_id = profile.probe_id.empty() ? std::string(kSomeSource) : profile.probe_id;
  context.release = profile.releases.empty() ? std::string() : profile.releases.front().name;
  if (!profile.probe_release.empty()) context.release = profile.probe_release;
  context.timeouts = profile.timeouts;
  return context;
}

http::Request SessionCalls::request(http::Method method, const std::string& path, std::string body) const {
  http::Request made;
  made.method = method;
  made.url = context_.base_url + path;
  made.headers = {{"Accept", "text/plain"}};
  if (method == http::Method::Post) made.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  made.body = std::move(body);
  made.timeouts = context_.timeouts;
  made.max_body_bytes = kLargestReply;
  return made;
}

Result<void> SessionCalls::may_log_in() const {
  const auto origin = parse_origin(context_.base_url);
  if (origin && (origin->https || origin->is_loopback())) return {};
  return fail(Kind::Auth, "a password is never sent over plain http; base_url '{}' must be https",
              printable(context_.base_url, 100));
}

Task<Result<std::string>> SessionCalls::log_in(Credentials credentials, std::stop_token stop) {
  if (auto may = may_log_in(); !may) co_return std::unexpected(std::move(may.error()));
  auto asked = request(http::Method::Post, context_.login_path,
                       http::form_encode({{"username", credentials.user}, {"password", credentials.password}}));
  auto reply = co_await transport_.fetch(std::move(asked), stop);
  if (!reply) co_return with_context(std::move(reply.error()), "login at {}", context_.base_url);
  std::string cookies = reply->status == 200 ? session_cookies(*reply) : std::string();
  if (cookies.empty()) co_return std::unexpected(judge_failed_login(*reply, credentials.user, executor_.wall_now()));
  co_return cookies;
}

Task<Result<void>> SessionCalls::log_out(std::string cookies, std::stop_token stop) {
  auto asked = request(http::Method::Post, context_.logout_path, "");
  asked.cookies = std::move(cookies);
  const auto reply = co_await transport_.fetch(std::move(asked), stop);
  if (!reply) co_return with_context(reply.error(), "logout at {}", context_.base_url);
  // Some page may follow a logout, or the archive sends on to one.
  if (reply->status < 400 || reply->status == 401 || reply->status == 403) co_return Result<void>{};
  const auto verdict = judge_reply(*reply, executor_.wall_now());
  co_return with_context(verdict.value_or(Error{}), "logout at {}", context_.base_url);
}

Task<Result<std::string>> SessionCalls::who_asks(std::string cookies, std::string user, std::stop_token stop) {
  const bool by_users = context_.inquiry == LoginContext::Inquiry::TapUsers;
  const auto fields = by_users ? http::form_encode({{"USER", user}})
                               : http::form_encode({{"ID", context_.source_id},
                                                    {"RELEASE", context_.release},
                                                    {"RETRIEVAL_TYPE", std::string(kNoSuchType)}});
  auto asked = by_users ? request(http::Method::Get, context_.inquiry_path + "?" + fields, "")
                        : request(http::Method::Post, context_.inquiry_path, fields);
  asked.cookies = std::move(cookies);
  const auto reply = co_await transport_.fetch(std::move(asked), stop);
  if (!reply) co_return std::unexpected(reply.error());
  if (auto name = by_users ? user_listed(*reply, user) : asker_of(*reply)) co_return std::move(*name);
  auto verdict = judge_reply(*reply, executor_.wall_now());
  if (verdict && passes_by_itself(verdict->kind)) co_return std::unexpected(std::move(*verdict));
  co_return fail(Kind::Malformed, "{} does not tell who asks: HTTP {}: {}", context_.name, reply->status,
                 ivoa::extract_message(reply->body.text()));
}

bool hands_out_another_session(const http::Reply& reply, std::string_view cookies) {
  const auto sent = fmt::format("; {};", cookies);
  return std::ranges::any_of(reply.all("set-cookie"), [&sent](const std::string& header) {
    const auto pair = pair_of(header);
    return (is_named(pair, kSession) || is_named(pair, kJavaSession)) && !sent.contains(fmt::format("; {};", pair));
  });
}

}  // namespace garner::archive
