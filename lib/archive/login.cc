#include "archive/login.h"

#include <algorithm>

namespace garner::archive {

namespace {

constexpr auto kRefusalHolds = std::chrono::seconds(10);

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

Login::Login(const Profile& profile, LoginContext context, http::Transport& transport, Executor& executor)
    : profile_(profile), executor_(executor), calls_(std::move(context), transport, executor) {}

void Login::forget(std::uint64_t generation) {
  if (holds(generation)) session_.reset();
}

bool Login::confirmation_is_due() const {
  const auto every = profile_.session_confirm;
  return every > every.zero() && executor_.now() - confirmed_at_ >= every;
}

void Login::wake_all() {
  while (!waiters_.empty()) waiters_.back()->wake();
}

Task<Result<Login::Session>> Login::session(std::stop_token stop) {
  if (anonymous()) co_return Session{};
  for (;;) {
    if (under_way_) {
      Waiter waiter{*this, stop, std::nullopt, nullptr, false};
      co_await waiter;
      if (stop.stop_requested()) co_return fail(Kind::Cancelled, "stopped while waiting for the login");
      continue;
    }
    if (!session_) co_return co_await log_in(stop);
    if (!confirmation_is_due()) co_return *session_;
    confirmed();  // one asks for all
    const auto known = co_await still_logged_in(*session_, stop);
    if (!known && known.error().kind == Kind::Cancelled) co_return std::unexpected(known.error());
  }
}

Task<Result<bool>> Login::still_logged_in(Session session, std::stop_token stop) {
  if (!holds(session.generation)) co_return false;
  const auto name = co_await calls_.who_asks(session.cookies, session.user, std::move(stop));
  if (!name) co_return std::unexpected(name.error());
  if (*name == kAnonymous) {
    forget(session.generation);
    co_return false;
  }
  if (holds(session.generation)) confirmed();
  co_return holds(session.generation);
}

Task<Result<void>> Login::log_out(std::stop_token stop) {
  if (!session_) co_return Result<void>{};
  auto cookies = std::move(session_->cookies);
  session_.reset();
  identity_ = kAnonymous;
  co_return co_await calls_.log_out(std::move(cookies), std::move(stop));
}

Task<Result<Login::Session>> Login::log_in(std::stop_token stop) {
  auto credentials = read_credentials(profile_.credential_file);
  if (!credentials) co_return std::unexpected(std::move(credentials.error()));
  const std::size_t tried = std::hash<std::string>{}(credentials->user + '\n' + credentials->password);
  const bool still_refused = refusal_ && tried == refused_ && executor_.now() - refused_at_ < kRefusalHolds;
  if (still_refused) co_return std::unexpected(*refusal_);
  const std::string user = credentials->user;
  under_way_ = true;
  auto cookies = co_await calls_.log_in(std::move(*credentials), std::move(stop));
  under_way_ = false;
  refusal_.reset();
  if (cookies) {
    session_ = Session{user, std::move(*cookies), ++generations_};
    identity_ = printable(user, 100);
    confirmed();
  } else if (cookies.error().kind != Kind::Cancelled) {
    if (cookies.error().kind == Kind::Auth) {
      cookies.error().detail += "; check credential_file";
      identity_ = kAnonymous;
    }
    // Those who waited get the same answer; one who comes later, or with other credentials, tries again.
    refusal_ = cookies.error();
    refused_ = tried;
    refused_at_ = executor_.now();
  }
  wake_all();
  if (!cookies) co_return std::unexpected(std::move(cookies.error()));
  co_return *session_;
}

}  // namespace garner::archive
