#include "archive/tap_route.h"

#include "archive/tap_service.h"
#include "base/log.h"
#include "table/votable/writer.h"

namespace garner::archive {

namespace {

Result<ivoa::Query> query_of(const TapQuestion& question, std::uint64_t maxrec) {
  ivoa::Query query;
  query.adql = question.adql;
  query.format = format_name(question.format);
  query.run_id = question.run_id;
  if (maxrec != 0) query.maxrec = maxrec;
  if (question.upload.empty()) return query;
  std::vector<std::int64_t> ids;
  ids.reserve(question.upload.size());
  for (const SourceId id : question.upload) ids.push_back(static_cast<std::int64_t>(id.value));
  auto votable = table::id_upload(question.upload_column, ids);
  if (!votable) return std::unexpected(std::move(votable.error()));
  query.uploads.push_back({"ids", std::move(*votable)});
  return query;
}

// Trouble of the network or of the service says nothing about the job, which is looked at again.
bool job_may_live(Kind kind) {
  switch (kind) {
    case Kind::Transient:
    case Kind::Overloaded:
    case Kind::Maintenance:
    case Kind::RateLimited:
    case Kind::Auth:
    case Kind::Corrupt:
    case Kind::DiskFull:
    case Kind::Internal:
    case Kind::Cancelled:
      return true;
    default:
      return false;
  }
}

// What a service says to the anonymous where it would say something else to a user.
bool may_be_a_lapse(Kind kind) {
  return kind == Kind::Auth || kind == Kind::Quota || kind == Kind::Unsupported || kind == Kind::NotFound;
}

Task<Result<void>> turn_of(const TapQuestion& question) {
  if (!question.turn) co_return Result<void>{};
  co_return co_await question.turn();
}

}  // namespace

ivoa::TapService TapRoute::service(std::string spool_directory, std::string cookies) const {
  ivoa::TapService service = tap_service(profile_);
  service.http.cookies = [cookies = std::move(cookies)] { return cookies; };
  service.http.spool_directory = std::move(spool_directory);
  return service;
}

Task<TapReply> TapRoute::ask(TapQuestion question, std::stop_token stop) {
  for (bool again = false;; again = true) {
    auto session = co_await login_.session(stop);
    if (!session) co_return TapReply{std::unexpected(std::move(session.error())), std::move(question.job)};
    auto reply = co_await ask_in_session(question, session->cookies, stop);
    const bool doubtful = !reply.body && !login_.anonymous() && may_be_a_lapse(reply.body.error().kind);
    if (!doubtful) co_return co_await without_lost_job(std::move(reply), stop);
    auto still = co_await login_.still_logged_in(*session, stop);
    // Whether it was us that it answered can be found out later: until then the answer is nobody's.
    if (!still && still.error().kind != Kind::Malformed)
      co_return TapReply{with_context(std::move(still.error()), "asking whether the session lapsed"),
                         std::move(reply.job)};
    const bool refused = again && reply.body.error().kind == Kind::Auth;
    if (!still || *still || refused) co_return co_await without_lost_job(std::move(reply), stop);
    if (again)
      co_return TapReply{fail(Kind::Overloaded, "the archive forgot our login again at once; its answer is not taken"),
                         std::move(reply.job)};
    question.job = std::move(reply.job);
    if (auto turn = co_await turn_of(question); !turn)
      co_return TapReply{std::unexpected(std::move(turn.error())), std::move(question.job)};
  }
}

// A job that is archived, or was deleted by somebody: nothing is wrong with the question.
Task<TapReply> TapRoute::without_lost_job(TapReply reply, std::stop_token stop) {
  if (reply.body || reply.body.error().kind != Kind::NotFound || reply.job.empty()) co_return reply;
  reply.body.error().kind = Kind::Transient;
  if (auto removed = co_await forget_job(reply.job, stop); !removed)
    log::info("job {} stays at the archive: {}", reply.job, removed.error().detail);
  reply.job.clear();
  co_return reply;
}

Task<TapReply> TapRoute::ask_in_session(TapQuestion question, std::string cookies, std::stop_token stop) {
  auto query = query_of(question, profile_.tap.maxrec);
  if (!query) co_return TapReply{std::unexpected(std::move(query.error())), std::move(question.job)};
  ivoa::Tap tap(transport_, executor_, service(question.spool_directory, std::move(cookies)));
  if (question.by_job || !question.job.empty())
    co_return co_await ask_by_job(tap, std::move(question), std::move(*query), stop);
  co_return TapReply{co_await tap.sync(std::move(*query), stop)};
}

Task<TapReply> TapRoute::ask_by_job(ivoa::Tap& tap, TapQuestion question, ivoa::Query query, std::stop_token stop) {
  const ivoa::Asked asked = ivoa::Tap::asked_of(query);
  if (!question.job.empty()) co_return co_await await_job(tap, std::move(question), asked, stop);
  auto made = co_await tap.create(std::move(query), stop);
  if (!made) co_return TapReply{std::unexpected(std::move(made.error()))};
  if (question.record_job) {
    auto recorded = co_await question.record_job(*made);
    if (!recorded) {  // it never ran, and nobody would find it again
      if (auto removed = co_await tap.jobs().remove(*made, stop); !removed)
        log::info("job {} stays at the archive: {}", *made, removed.error().detail);
      co_return TapReply{std::unexpected(std::move(recorded.error()))};
    }
  }
  // If this is lost on its way, the first looks at the job send it again.
  if (auto running = co_await tap.jobs().run(*made, stop); !running && !job_may_live(running.error().kind))
    co_return TapReply{std::unexpected(std::move(running.error()))};
  question.job = std::move(*made);
  co_return co_await await_job(tap, std::move(question), asked, stop);
}

Task<TapReply> TapRoute::await_job(ivoa::Tap& tap, TapQuestion question, ivoa::Asked asked, std::stop_token stop) {
  std::string url = question.job;
  ivoa::WaitOptions options;
  options.poll_first = profile_.tap.poll_first;
  options.poll_most = profile_.tap.poll_most;
  if (const auto& looked = question.looked) {
    options.on_look = [&looked](const ivoa::Job&) { looked({}); };
    options.on_lost = [&looked](const Error& error) { looked(std::unexpected(error)); };
  }
  auto outcome = co_await tap.jobs().wait_for(url, asked, std::move(options), stop);
  if (!outcome) {
    const bool lives = job_may_live(outcome.error().kind);
    co_return TapReply{std::unexpected(std::move(outcome.error())), lives ? std::move(url) : std::string()};
  }
  if (outcome->end == ivoa::JobEnd::Completed) {
    if (auto turn = co_await turn_of(question); !turn)
      co_return TapReply{std::unexpected(std::move(turn.error())), std::move(url)};
    auto body = co_await tap.jobs().result(url, std::move(outcome->job), asked, stop);
    if (body || job_may_live(body.error().kind)) co_return TapReply{std::move(body), std::move(url)};
    outcome->why = std::move(body.error());
  }
  Error why = std::move(outcome->why);
  // Others may see it: who has no session any more doesn't.
  if (why.kind == Kind::NotFound) co_return TapReply{std::unexpected(std::move(why)), std::move(url)};
  if (auto removed = co_await tap.jobs().remove(url, stop); !removed)
    log::info("job {} stays at the archive: {}", url, removed.error().detail);
  co_return TapReply{std::unexpected(std::move(why))};
}

Task<Result<void>> TapRoute::forget_job(std::string job_url, std::stop_token stop) {
  auto session = co_await login_.session(stop);
  if (!session) co_return std::unexpected(std::move(session.error()));
  ivoa::Tap tap(transport_, executor_, service({}, session->cookies));
  co_return co_await tap.jobs().remove(std::move(job_url), stop);
}

}  // namespace garner::archive
