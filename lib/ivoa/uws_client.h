// A service's jobs: create, run, look, wait, fetch, delete (UWS 1.1 §2.2, TAP 1.1 §2.2). What a job's life asks of its
// owner:
//
//   url = co_await jobs.create(…)      a POST without PHASE; nothing runs yet
//   write the url down, synced         so that after a crash the job is adopted, not run twice
//   co_await jobs.run(url)             PHASE=RUN, posted on its own: services have left jobs PENDING that got it at
//   creation outcome = co_await jobs.wait_for(url, …)   for an adopted job this alone: it looks first, and sends RUN
//   where it is due co_await jobs.result(…), and once the rows are safe on disk: co_await jobs.remove(url)
//
// A job's URL is opaque; its id is what follows the last '/'. It must be of the service's origin, also when it comes
// from a record. Threads: the loop's only. The transport and executor outlive it, and it its requests. Every wait ends
// promptly with Cancelled when stopped; the job itself goes on then.
#pragma once

#include <functional>

#include "ivoa/caller.h"
#include "ivoa/dali.h"
#include "ivoa/uws.h"

namespace garner::ivoa {

// How a job is destroyed (UWS 1.1 §2.2.3.2). The 303 to the job list, which can take minutes, is never followed.
enum class JobDeletion {
  Delete,      // DELETE on the job
  PostAction,  // POST ACTION=DELETE on the job
  PostJobIds   // POST JOB_IDS=id to BASE/deletejobs: Gaia's TAP+
};

struct WaitOptions {
  // UWS 1.1's WAIT. By default where the job's document says version 1.1.
  enum class LongPoll { IfOffered, Never, Always } long_poll = LongPoll::IfOffered;
  std::chrono::seconds wait{30};  // asked for; held to half of the service's stall and first-byte time-outs
  std::chrono::milliseconds poll_first{1000};   // plain polling: pause after the first look, …
  double poll_growth = 1.5;                     // … times this after each, …
  std::chrono::milliseconds poll_most{60'000};  // … up to this
  std::chrono::seconds run_again_after{
      5};                        // still PENDING (or HELD) that long after RUN: RUN again, doubling up to 5 min
  std::uint32_t runs_most = 12;  // of PENDING; then it is given up as JobEnd::NeverStarted
  std::uint32_t gone_most = 3;   // answers 404 or 410 in a row before the job counts as gone
  std::chrono::seconds unreachable_most{
      6 * 3600};                  // without one readable answer, before the wait ends with the last poll's Error
  std::chrono::seconds total{0};  // then JobEnd::StillRunning; 0: no limit
  std::function<void(const Job&)> on_look{};    // after each readable answer: phase and times for who watches
  std::function<void(const Error&)> on_lost{};  // after each look that failed, where another one follows
};

enum class JobEnd {
  Completed,
  Failed,        // ERROR; `why` judged by the service's words
  Aborted,       // not by us: over its time or resources, or by a user. `why` is TooLarge
  Gone,          // ARCHIVED, or destroyed: make it again. `why` is NotFound
  NeverStarted,  // stays PENDING whatever is sent. `why` is Overloaded
  StillRunning   // WaitOptions::total is over; the job lives
};

struct JobOutcome {
  JobEnd end = JobEnd::StillRunning;
  Job job{};  // as seen last
  Error why{};
};

class Jobs {
 public:
  // `list_url` is the job list: ".../tap/async".
  Jobs(Caller& caller, std::string list_url, JobDeletion deletion = JobDeletion::Delete);

  // The URL of a job made by this POST (form or multipart); not running. Errors as judge_failure(); Malformed where no
  // Location comes. After an error of the network the job may exist: look for its RUNID before making another.
  Task<Result<std::string>> create(std::string content_type, std::string body, Asked asked, std::stop_token stop);
  // Errors of the network say nothing about the job.
  Task<Result<void>> run(std::string job_url, std::stop_token stop);
  Task<Result<void>> abort(std::string job_url, std::stop_token stop);
  // One look. NotFound: archived or destroyed. Auth: not ours, or the session has lapsed.
  Task<Result<Job>> look(std::string job_url, std::stop_token stop);
  // To the job's end. A poll that fails says nothing about the job: it goes on, at growing intervals, or as Retry-After
  // says. Errors: Cancelled; Auth (403: not ours, or the session has lapsed: log in and wait again); the last poll's
  // when unreachable for too long.
  Task<Result<JobOutcome>> wait_for(std::string job_url, Asked asked, WaitOptions options, std::stop_token stop);
  // The result of a completed job: its href that ends in "results/result", else the one with id "result", else the only
  // one; else …/results/result. Judged by its start like a sync answer; where it is a VOTable, its end decides.
  Task<Result<http::Body>> result(std::string job_url, Job job, Asked asked, std::stop_token stop);
  // The service's own words about a failed job: the summary's message, and what …/error holds, judged.
  Task<Error> error(std::string job_url, Job job, Asked asked, std::stop_token stop);
  // Gone already is well.
  Task<Result<void>> remove(std::string job_url, std::stop_token stop);
  // The jobs we may see, newest filter by the service; with `after` (UWS 1.1: "2026-11-01T00:00:00Z") only younger
  // ones. Anonymous lists are refused by some.
  Task<Result<std::vector<JobRef>>> list(std::string after, std::stop_token stop);

  // The URL of a job of ours by its RUNID: a second net for a job that was made, but whose URL was not recorded.
  // Nothing where the list shows none, which proves nothing: some services list no RUNIDs, or no jobs.
  Task<Result<std::optional<std::string>>> find(std::string run_id, std::string after, std::stop_token stop);

  // A job's URL by a list's ref, or by its id.
  Result<std::string> url_of(const JobRef& ref) const;
  Result<std::string> url_of_id(std::string_view id) const;

 private:
  Caller& caller_;
  const std::string list_url_;
  const JobDeletion deletion_;
};

// What follows the last '/'.
std::string_view job_id_of(std::string_view job_url);

}  // namespace garner::ivoa
