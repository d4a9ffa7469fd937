// A TAP service asked from this process, with the caller's rights and without the daemon: one loop, run while a
// question is under way. Ctrl-C stops the question, which ends with Cancelled; what runs at the service goes on.
// Anonymous: no credential is read, no cookie sent.
// One thread. SIGPIPE is ignored while the loop runs (libcurl's TLS writes would raise it), and not while rows are
// written.
#pragma once

#include <csignal>
#include <memory>
#include <optional>

#include "archive/profile.h"
#include "base/uv_loop.h"
#include "client/session.h"
#include "ivoa/tap.h"

namespace garner::client {

ivoa::TapService tap_service(const archive::Profile& profile);

class TapConsole {
 public:
  explicit TapConsole(const archive::Profile& profile);
  TapConsole(const TapConsole&) = delete;
  TapConsole& operator=(const TapConsole&) = delete;

  ivoa::Tap& tap() { return *tap_; }
  Executor& executor() { return loop_; }
  std::stop_token stop() const { return stop_.get_token(); }
  bool interrupted() const { return stop_.stop_requested(); }

  // Blocking: runs the loop until the task has ended.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    TaskGroup group;
    const auto pipe_before = std::signal(SIGPIPE, SIG_IGN);
    group.spawn(finish(std::move(task), result, loop_));
    loop_.run();
    std::signal(SIGPIPE, pipe_before);
    return std::move(*result);
  }

 private:
  template <class T>
  static Task<void> finish(Task<T> task, std::optional<T>& result, UvLoop& loop) {
    result.emplace(co_await task);
    loop.request_stop();
  }

  UvLoop loop_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<ivoa::Tap> tap_;
  std::stop_source stop_;
  std::unique_ptr<Executor::Timer> on_interrupt_;
};

// The profile that the arguments name.
Result<archive::Profile> profile_of(const Session& session);

// Says what went wrong; 2 where the question is wrong, 4 where it is not allowed, 130 where Ctrl-C ended it, 1 for the
// service's own trouble.
int tap_fail(Session& session, const Error& error);

// A document of --json.
void print_json_line(Session& session, const std::string& json);

}  // namespace garner::client
