// An archive asked from this process, with the caller's rights and without the daemon: one loop, run while a question
// is under way. Ctrl-C stops the question, which ends with Cancelled; what runs at the archive goes on.
// One thread. SIGPIPE is ignored while the loop runs (libcurl's TLS writes would raise it), and not while rows are
// written.
#pragma once

#include <csignal>
#include <memory>
#include <optional>

#include "archive/profile.h"
#include "base/task.h"
#include "base/uv_loop.h"
#include "client/session.h"
#include "http/transport.h"

namespace garner::client {

class ArchiveConsole {
 public:
  explicit ArchiveConsole(const archive::Profile& profile);
  ArchiveConsole(const ArchiveConsole&) = delete;
  ArchiveConsole& operator=(const ArchiveConsole&) = delete;

  http::Transport& transport() { return *transport_; }
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
  std::stop_source stop_;
  std::unique_ptr<Executor::Timer> on_interrupt_;
};

// The profile that the arguments name.
Result<archive::Profile> profile_of(const Session& session);

// Says what went wrong; 2 where the question is wrong, 4 where it is not allowed, 130 where Ctrl-C ended it, 1 for the
// archive's own trouble.
int archive_fail(Session& session, const Error& error);

// A document of --json.
void print_json_line(Session& session, const std::string& json);

}  // namespace garner::client
