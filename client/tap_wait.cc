#include "client/tap_wait.h"

#include "client/format.h"

namespace garner::client {

namespace {

using std::chrono::milliseconds;

std::string progress_of(const ivoa::Job& job) {
  for (const auto& [name, value] : job.info) {
    if (name == "pct_complete" || name == "progress")
      return "  " + printable(value, 20) + (value.ends_with('%') ? "" : " %");
  }
  return {};
}

class Watcher {
 public:
  Watcher(Session& session, Executor& executor) : session_(session), executor_(executor), begun_(executor.now()) {}

  void look(const ivoa::Job& job) {
    const bool changed = !seen_ || job.phase != job_.phase;
    job_ = job;
    seen_ = true;
    if (session_.arguments.json) return;
    if (session_.terminal.complaints_seen()) {
      draw();
    } else if (changed || executor_.now() - written_ >= session_.pace.plain_line) {
      session_.terminal.complain(line() + "\n");
      written_ = executor_.now();
    }
  }
  void draw() {
    // Back to the line's start, and what was there before is erased (ECMA-48 EL).
    if (seen_ && session_.terminal.complaints_seen() && !session_.arguments.json)
      session_.terminal.complain("\r" + line() + "\x1b[K");
  }
  void leave() {
    if (seen_ && session_.terminal.complaints_seen() && !session_.arguments.json)
      session_.terminal.complain("\r\x1b[K");
  }

 private:
  std::string line() const { return job_line(job_, std::chrono::duration<double>(executor_.now() - begun_).count()); }

  Session& session_;
  Executor& executor_;
  SteadyTime begun_, written_{};
  ivoa::Job job_;
  bool seen_ = false;
};

// The clock on the line goes on between two looks.
Task<void> tick(Executor& executor, Watcher& watcher, milliseconds pause, std::stop_token stop) {
  while (co_await sleep_for(executor, pause, stop)) watcher.draw();
}

Task<Result<ivoa::JobOutcome>> wait_and_watch(Session& session, TapConsole& console, std::string job_url,
                                              ivoa::Asked asked) {
  Watcher watcher(session, console.executor());
  ivoa::WaitOptions options;
  options.poll_most = milliseconds(10'000);  // somebody waits
  options.on_look = [&watcher](const ivoa::Job& job) { watcher.look(job); };
  std::stop_source over;
  TaskGroup ticking;
  ticking.spawn(tick(console.executor(), watcher, session.pace.poll, over.get_token()));
  auto outcome = co_await console.tap().jobs().wait_for(std::move(job_url), asked, std::move(options), console.stop());
  over.request_stop();
  co_await ticking.join();
  watcher.leave();
  co_return outcome;
}

}  // namespace

std::string job_line(const ivoa::Job& job, double waited_s) {
  return fmt::format("{}  {}  {}{}", printable(job.id, 60), ivoa::phase_name(job.phase), duration_text(waited_s),
                     progress_of(job));
}

Result<ivoa::JobOutcome> wait_for_job(Session& session, TapConsole& console, const std::string& job_url,
                                      const ivoa::Asked& asked) {
  auto outcome = console.run(wait_and_watch(session, console, job_url, asked));
  if (!outcome && outcome.error().kind == Kind::Auth) {
    outcome.error().detail += fmt::format("; the job goes on: `garner login {}`, then `{}`", session.arguments.archive,
                                          job_hint(session, "wait", job_url));
  }
  return outcome;
}

std::string job_hint(const Session& session, std::string_view action, std::string_view job_url) {
  const auto& folder = session.arguments.archives_directory;
  return fmt::format("garner tap {} jobs {} {}{}", session.arguments.archive, action,
                     printable(ivoa::job_id_of(job_url), 100), folder.empty() ? "" : " --archives " + folder);
}

}  // namespace garner::client
