#include "archive/login.h"

#include <algorithm>

#include "archive/origin.h"
#include "archive/reply.h"

namespace garner::archive {

namespace {

constexpr auto kRefusalHolds = std::chrono::seconds(10);
constexpr std::uint64_t kLargestLoginReply = 1u << 20;
constexpr std::size_t kLongestCookie = 4096;

// "NAME=value" out of the Set-Cookie headers, the first of that name (RFC 6265 §4.1.1); empty if there is none that may
// be sent back.
std::string cookie_of(const http::Reply& reply, std::string_view name) {
  for (const auto& header : reply.all("set-cookie")) {
    const std::string_view pair = std::string_view(header).substr(0, header.find(';'));
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos || pair.substr(0, equals) != name || equals + 1 == pair.size() ||
        pair.size() > kLongestCookie)
      continue;
    const bool clean =
        std::ranges::all_of(pair, [](char c) { return c > 0x20 && c < 0x7F && c != '"' && c != ',' && c != '\\'; });
    if (clean) return std::string(pair);
  }
  return {};
}

// SESSION carries the login; JSESSIONID alone did so on older deployments.
std::string session_cookies(const http::Reply& reply) {
  const std::string session = cookie_of(reply, "SESSION");
  const std::string java_session = cookie_of(reply, "JSESSIONID");
  if (session.empty() || java_session.empty()) return session + java_session;
  return session + "; " + java_session;
}

Error refused(const std::string& user, std::string_view why) {
  return {Kind::Auth, fmt::format("login as '{}' failed: {}; check credential_file", printable(user, 60), why),
          std::nullopt};
}

// What a login's answer without a session means. It never counts against a chunk: no source is to blame.
Error judge_failed_login(const http::Reply& reply, const std::string& user, WallTime now) {
  if (reply.status == 200) {
    const auto verdict = judge_reply(reply, now);
    if (verdict && (verdict->kind == Kind::Overloaded || verdict->kind == Kind::Maintenance)) return *verdict;
    return refused(user, "the server set no session cookie");
  }
  auto verdict = judge_reply(reply, now);
  if (!verdict) return refused(user, fmt::format("HTTP {}", reply.status));
  switch (verdict->kind) {
    case Kind::Overloaded:
    case Kind::Maintenance:
    case Kind::RateLimited:
      return *verdict;
    case Kind::Suspect:
      verdict->kind = Kind::Overloaded;
      return *verdict;
    default:
      return refused(user, verdict->detail);
  }
}

}  // namespace

struct Login::Waiter {
  Login& login;
  std::stop_token stop;
  struct OnStop {
    Waiter* waiter;
    void operator()() const { waiter->wake(); }
  };
  std::optional<std::stop_callback<OnStop>> on_stop;
  std::coroutine_handle<> self;
  bool woken = false;

  bool await_ready() const noexcept { return stop.stop_requested(); }
  void await_suspend(std::coroutine_handle<> handle) {
    self = handle;
    login.waiters_.push_back(this);
    on_stop.emplace(stop, OnStop{this});
  }
  // Not resumed from inside: whoever wakes holds references into what the waiter may destroy.
  void wake() {
    if (std::exchange(woken, true)) return;
    std::erase(login.waiters_, this);
    login.executor_.post([handle = self] { handle.resume(); });
  }
  void await_resume() noexcept { on_stop.reset(); }
};

Login::Login(const Profile& profile, http::Transport& transport, Executor& executor)
    : profile_(profile), transport_(transport), executor_(executor) {}

std::string Login::identity() const {
  if (anonymous()) return "anonymous";
  const auto credentials = read_credentials(profile_.credential_file);
  return credentials ? printable(credentials->user, 100) : "anonymous";
}

void Login::forget(std::uint64_t generation) {
  if (session_ && session_->generation == generation) session_.reset();
}

void Login::wake_all() {
  while (!waiters_.empty()) waiters_.back()->wake();
}

Task<Result<Login::Session>> Login::session(std::stop_token stop) {
  if (anonymous()) co_return Session{};
  while (under_way_) {
    Waiter waiter{*this, stop, std::nullopt, nullptr, false};
    co_await waiter;
    if (stop.stop_requested()) co_return fail(Kind::Cancelled, "stopped while waiting for the login");
  }
  if (session_) co_return *session_;
  auto at_hand = credentials();
  if (!at_hand) co_return std::unexpected(at_hand.error());
  const std::size_t tried = std::hash<std::string>{}(at_hand->user + '\n' + at_hand->password);
  const bool still_refused = refusal_ && tried == refused_ && executor_.now() - refused_at_ < kRefusalHolds;
  if (still_refused) co_return std::unexpected(*refusal_);
  under_way_ = true;
  auto made = co_await log_in(std::move(*at_hand), stop);
  under_way_ = false;
  refusal_.reset();
  if (made) {
    session_ = *made;
  } else if (made.error().kind != Kind::Cancelled) {
    // Those who waited get the same answer; one who comes later, or with other credentials, tries again.
    refusal_ = made.error();
    refused_ = tried;
    refused_at_ = executor_.now();
  }
  wake_all();
  co_return made;
}

Result<Credentials> Login::credentials() const {
  const auto origin = parse_origin(profile_.base_url);
  if (!origin || (!origin->https && !origin->is_loopback())) {
    return fail(Kind::Auth, "a password is never sent over plain http; base_url '{}' must be https",
                printable(profile_.base_url, 100));
  }
  return read_credentials(profile_.credential_file);
}

Task<Result<Login::Session>> Login::log_in(Credentials credentials, std::stop_token stop) {
  http::Request request;
  request.method = http::Method::Post;
  request.url = profile_.base_url + profile_.login_path;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "text/plain"}};
  request.body = http::form_encode({{"username", credentials.user}, {"password", credentials.password}});
  request.timeouts = profile_.timeouts;
  request.max_body_bytes = kLargestLoginReply;
  auto reply = co_await transport_.fetch(std::move(request), stop);
  if (!reply) co_return with_context(std::move(reply.error()), "login at {}", profile_.base_url);
  std::string cookies = reply->status == 200 ? session_cookies(*reply) : std::string();
  if (cookies.empty()) co_return std::unexpected(judge_failed_login(*reply, credentials.user, executor_.wall_now()));
  co_return Session{std::move(cookies), ++generations_};
}

}  // namespace garner::archive
