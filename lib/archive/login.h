// Private to lib/archive: this process's session with one server context of an archive (login_context.h). Keeps its
// cookies and never logs them. However many chunks find the session gone at once, one login runs and all of them wait
// for it.
//
// A lapsed session raises no error: what it asks is answered as to anybody. So the archive is asked who we are when the
// session was not confirmed for the profile's session_confirm_s, and whoever sees a sign of a lapse (another session's
// cookies, an answer that holds nothing) asks at once, by still_logged_in(). An answer that came by a session found
// lapsed meanwhile, which holds() tells, is nobody's.
//
// Threads: the loop's only. The profile, transport and executor outlive it; every wait has ended before it goes.
#pragma once

#include <coroutine>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "archive/login_context.h"

namespace garner::archive {

class Login {
 public:
  Login(const Profile& profile, LoginContext context, http::Transport& transport, Executor& executor);

  // A session; `generation` tells it from later ones.
  struct Session {
    std::string user;     // the name we logged in with; empty for anonymous
    std::string cookies;  // value of the Cookie header; empty for anonymous
    std::uint64_t generation = 0;
  };

  // The session at hand, asked about if that is due, or a new one. Auth (refused, or the credentials can't be used),
  // Cancelled, and what the transport and the server's own trouble say.
  Task<Result<Session>> session(std::stop_token stop);
  // Asks the archive who we are. False: it no longer knows the session, which is forgotten. Malformed where the archive
  // does not tell; no error says anything of the session.
  Task<Result<bool>> still_logged_in(Session session, std::stop_token stop);
  // The archive no longer takes this session. Says nothing of a later one.
  void forget(std::uint64_t generation);
  // It is the session at hand: nobody found it gone.
  bool holds(std::uint64_t generation) const { return session_ && session_->generation == generation; }
  // Ends the session at hand, if there is one, here and at the archive. What the archive or the transport say is told;
  // the session is forgotten all the same.
  Task<Result<void>> log_out(std::stop_token stop);

  bool anonymous() const { return profile_.credential_file.empty(); }
  // Under which name requests run: the user's once logged in, else "anonymous".
  std::string identity() const { return identity_; }

 private:
  struct Waiter;
  bool confirmation_is_due() const;
  void confirmed() { confirmed_at_ = executor_.now(); }
  Task<Result<Session>> log_in(std::stop_token stop);
  void wake_all();

  const Profile& profile_;
  Executor& executor_;
  SessionCalls calls_;
  std::optional<Session> session_;
  SteadyTime confirmed_at_{};  // when the session was made, or asked about last
  std::string identity_{kAnonymous};
  // Of the last login, shared by those who waited for it and those who come shortly after.
  std::optional<Error> refusal_;
  SteadyTime refused_at_{};
  std::size_t refused_ = 0;  // hash of the credentials that were refused
  std::uint64_t generations_ = 0;
  bool under_way_ = false;
  std::vector<Waiter*> waiters_;
};

}  // namespace garner::archive
