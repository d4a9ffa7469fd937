// Private to lib/archive: the login at an archive's data server. Keeps the session's cookies for that one origin and
// never logs them. However many chunks find the session gone at once, one login runs and all of them wait for it.
// Threads: the loop's only. The transport and executor outlive it; every wait has ended before it goes.
#pragma once

#include <coroutine>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "archive/profile.h"
#include "base/executor.h"
#include "http/transport.h"

namespace garner::archive {

struct Credentials {
  std::string user, password;
};

// credential_file of a profile: an absolute path, readable by its owner alone, or "systemd:NAME" below
// $CREDENTIALS_DIRECTORY. Auth with what to do.
Result<Credentials> read_credentials(const std::string& credential_file);

class Login {
 public:
  Login(const Profile& profile, http::Transport& transport, Executor& executor);

  // A session; `generation` tells it from later ones.
  struct Session {
    std::string cookies;  // value of the Cookie header; empty for anonymous
    std::uint64_t generation = 0;
  };

  // The session at hand, or a new one. Auth (refused, or the credentials can't be used), Cancelled, and what the
  // transport and the server's own trouble say.
  Task<Result<Session>> session(std::stop_token stop);
  // The archive no longer takes this session. Says nothing of a later one.
  void forget(std::uint64_t generation);

  bool anonymous() const { return profile_.credential_file.empty(); }
  std::string identity() const;

 private:
  struct Waiter;
  // What a login may send, and where to.
  Result<Credentials> credentials() const;
  Task<Result<Session>> log_in(Credentials credentials, std::stop_token stop);
  void wake_all();

  const Profile& profile_;
  http::Transport& transport_;
  Executor& executor_;
  std::optional<Session> session_;
  std::optional<Error>
      refusal_;  // of the last login, shared by those who waited for it and those who come shortly after
  SteadyTime refused_at_{};
  std::size_t refused_ = 0;  // hash of the credentials that were refused
  std::uint64_t generations_ = 0;
  bool under_way_ = false;
  std::vector<Waiter*> waiters_;
};

}  // namespace garner::archive
