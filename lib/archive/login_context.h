// One server context of an archive as logins see it, and the exchanges about a session with it: log in, log out, ask
// who we are. Gaia keeps two contexts, tap-server and data-server, and a session of one means nothing to the other.
// Keeps nothing: login.h holds on to the daemon's session, the CLI keeps its own in a file. Cookies and passwords are
// never logged, and passwords go over https alone, but to a loopback address.
//
// How a context tells who asks. A session that lapsed is no error to it: it serves the request as anonymous.
//   TapUsers        GET tap/users?USER=me is forbidden to the anonymous.
//   RefusedProduct  No such question is documented for data-server. But its refusals name the asker
//                   (UwsJobOwner{id='…'}), so a product of a type that never existed is asked for: refused before any
//                   table is read.
//
// Threads: the loop's only. The transport and executor outlive the calls.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "archive/credentials.h"
#include "archive/profile.h"
#include "base/executor.h"
#include "base/task.h"
#include "http/transport.h"

namespace garner::archive {

inline constexpr std::string_view kAnonymous = "anonymous";

struct LoginContext {
  enum class Inquiry { TapUsers, RefusedProduct };

  std::string name;  // "tap-server", for people
  std::string base_url, login_path, logout_path;
  Inquiry inquiry = Inquiry::TapUsers;
  std::string inquiry_path;
  std::string source_id, release;  // what RefusedProduct names besides the type
  http::Timeouts timeouts;
};

LoginContext tap_login_context(const Profile& profile);
LoginContext data_login_context(const Profile& profile);

class SessionCalls {
 public:
  SessionCalls(LoginContext context, http::Transport& transport, Executor& executor)
      : context_(std::move(context)), transport_(transport), executor_(executor) {}

  const LoginContext& context() const { return context_; }

  // Auth where a password would go over plain http to another host.
  Result<void> may_log_in() const;
  // The session's cookies, as the value of a Cookie header. Auth where the archive refuses; its own trouble
  // (Overloaded, Maintenance, RateLimited) and the transport's errors as they are.
  Task<Result<std::string>> log_in(Credentials credentials, std::stop_token stop);

  // Good where the archive answered; a session that it no longer knew is ended as well.
  Task<Result<void>> log_out(std::string cookies, std::stop_token stop);

  // Who the archive takes these cookies for: the user's name, or "anonymous". Malformed where its answer does not tell;
  // errors otherwise as those of log_in. No error says anything of the session.
  Task<Result<std::string>> who_asks(std::string cookies, std::string user, std::stop_token stop);

 private:
  http::Request request(http::Method method, const std::string& path, std::string body) const;

  const LoginContext context_;
  http::Transport& transport_;
  Executor& executor_;
};

// A reply to a request that carried these cookies hands out another session: the one we sent is most likely gone.
bool hands_out_another_session(const http::Reply& reply, std::string_view cookies);

}  // namespace garner::archive
