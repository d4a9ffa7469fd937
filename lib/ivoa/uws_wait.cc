// Waiting for a job: look, and do what its phase asks for, until it has ended.
#include <algorithm>

#include "ivoa/uws_client.h"

namespace garner::ivoa {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

// What the next look is to be.
struct Pace {
  const WaitOptions& options;
  const http::Timeouts& timeouts;
  milliseconds pause{options.poll_first};

  // Kept well below what would end the exchange.
  seconds longest_wait() const {
    return std::max(seconds(1),
                    std::min({options.wait, timeouts.first_byte / 2, timeouts.stall / 2, timeouts.total / 2}));
  }
  Duration next_pause() {
    const milliseconds now = std::min(pause, options.poll_most);
    pause = std::min(options.poll_most,
                     milliseconds(static_cast<std::int64_t>(static_cast<double>(pause.count()) * options.poll_growth)));
    return now;
  }
  void quicken() { pause = options.poll_first; }
};

// UWS 1.1 §2.2.1.2: only these block a WAIT, and PHASE closes the race between looking and waiting.
bool may_block(Phase phase) {
  return phase == Phase::Queued || phase == Phase::Executing;
}

std::string long_poll_url(const std::string& job_url, seconds wait, Phase phase) {
  return fmt::format("{}{}WAIT={}&PHASE={}", job_url, job_url.find('?') == job_url.npos ? '?' : '&', wait.count(),
                     phase_name(phase));
}

// RUN, and when to send it again.
struct Starting {
  std::uint32_t runs = 0;
  Duration patience{};
  std::optional<SteadyTime> sent;

  bool due(SteadyTime now, const WaitOptions& options) const {
    return !sent || now - *sent >= std::max<Duration>(patience, options.run_again_after);
  }
  void note(SteadyTime now, const WaitOptions& options) {
    constexpr Duration kMostPatience = std::chrono::minutes(5);
    ++runs;
    sent = now;
    patience = patience == Duration::zero() ? Duration(options.run_again_after) : std::min(2 * patience, kMostPatience);
  }
};

// One look: at once, or when the phase changes from `unlike`, at most after `wait`.
Task<Result<Job>> look_at(Caller& caller, std::string job_url, std::optional<seconds> wait, Phase unlike,
                          std::stop_token stop) {
  std::string url = wait ? long_poll_url(job_url, *wait, unlike) : job_url;
  auto reply =
      wait ? co_await caller.get_slowly(std::move(url), 2 * *wait, stop) : co_await caller.get(std::move(url), stop);
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  if (reply->status != 200) co_return std::unexpected(judge_failure(*reply, {}, caller.executor().wall_now()));
  co_return parse_job(reply->body.text(), job_id_of(job_url));
}

JobOutcome ended(JobEnd end, Job job, Kind kind = Kind::Internal, std::string_view why = {}) {
  Error error;
  if (!why.empty()) error = {kind, fmt::format("job {} {}", printable(job.id, 100), why), std::nullopt};
  return {end, std::move(job), std::move(error)};
}

// What has ended without our having to ask further. ERROR has not: its words are to be fetched.
std::optional<JobOutcome> end_of(const Job& job) {
  switch (job.phase) {
    case Phase::Completed:
      return ended(JobEnd::Completed, job);
    case Phase::Archived:
      return ended(JobEnd::Gone, job, Kind::NotFound, "is archived: its results are gone");
    case Phase::Aborted: {
      const std::string words = job.error ? ": " + printable(job.error->message) : std::string();
      return ended(JobEnd::Aborted, job, Kind::TooLarge,
                   "was aborted, by the service (over its time or resources) or by a user" + words);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

Task<Result<JobOutcome>> Jobs::wait_for(std::string job_url, Asked asked, WaitOptions options, std::stop_token stop) {
  Executor& executor = caller_.executor();
  const SteadyTime begun = executor.now();
  SteadyTime answered = begun;
  Pace pace{options, caller_.service().timeouts};
  Starting starting;
  std::uint32_t gone = 0;
  Job job;
  job.id = job_id_of(job_url);
  std::optional<seconds> wait;
  for (;;) {
    const auto left = options.total - duration_cast<seconds>(executor.now() - begun);
    if (options.total > seconds(0) && left <= seconds(0)) co_return ended(JobEnd::StillRunning, std::move(job));
    if (wait && options.total > seconds(0)) wait = std::min(*wait, left);
    const SteadyTime asked_at = executor.now();
    auto seen = co_await look_at(caller_, job_url, wait, job.phase, stop);
    if (!seen) {
      Error& lost = seen.error();
      gone = lost.kind == Kind::NotFound ? gone + 1 : 0;
      if (gone >= options.gone_most)
        co_return ended(JobEnd::Gone, std::move(job), Kind::NotFound, "is gone: " + lost.detail);
      const bool hopeless = executor.now() - answered >= options.unreachable_most;
      if (lost.kind == Kind::Cancelled || lost.kind == Kind::Auth || hopeless) {
        co_return with_context(std::move(lost), "waiting for job {}", printable(job.id, 100));
      }
      if (options.on_lost) options.on_lost(lost);
      wait.reset();
      const Duration pause = std::max<Duration>(pace.next_pause(), lost.retry_after.value_or(seconds(0)));
      if (auto slept = co_await sleep_for(executor, pause, stop); !slept)
        co_return std::unexpected(std::move(slept.error()));
      continue;
    }
    gone = 0;
    answered = executor.now();
    job = std::move(*seen);
    if (options.on_look) options.on_look(job);
    if (auto end = end_of(job)) co_return std::move(*end);
    if (job.phase == Phase::Error) {
      Error why = co_await error(job_url, job, asked, stop);
      co_return JobOutcome{JobEnd::Failed, std::move(job), std::move(why)};
    }
    if ((job.phase == Phase::Pending || job.phase == Phase::Held) && starting.due(executor.now(), options)) {
      if (job.phase == Phase::Pending && starting.runs >= options.runs_most) {
        co_return ended(JobEnd::NeverStarted, std::move(job), Kind::Overloaded,
                        fmt::format("stays PENDING after PHASE=RUN was sent {} times", starting.runs));
      }
      starting.note(executor.now(), options);
      (void)co_await run(job_url, stop);  // whether it was heard, the next look tells
      if (job.phase == Phase::Pending) pace.quicken();
    }
    // A long poll that came back at once has not waited: an old service ignores WAIT.
    const bool ignored = wait && executor.now() - asked_at < seconds(1);
    const bool offered = options.long_poll == WaitOptions::LongPoll::Always ||
                         (options.long_poll == WaitOptions::LongPoll::IfOffered && job.version_1_1);
    wait = offered && may_block(job.phase) ? std::optional(pace.longest_wait()) : std::nullopt;
    if (wait && !ignored) continue;
    if (auto slept = co_await sleep_for(executor, pace.next_pause(), stop); !slept)
      co_return std::unexpected(std::move(slept.error()));
  }
}

}  // namespace garner::ivoa
