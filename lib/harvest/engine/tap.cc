// What the engine asks an archive's tables beside chunks: the sources of a harvest that names them by a query, whether
// the parts of a query add up, and what a submission wants to know beforehand.
#include "base/log.h"
#include "harvest/chunk/journal_text.h"
#include "harvest/chunk/way.h"
#include "harvest/engine/engine.h"
#include "harvest/intake/source_query.h"
#include "ivoa/adql.h"

namespace garner::harvest {

namespace {

using ledger::HarvestState;

constexpr std::size_t kHashDigits = 12;  // of the manifest's hash, in RUNIDs

}  // namespace

// In the archive's own queue, so that its limits hold for these questions, too; the right to a job is the caller's.
// run: whose window it is; null: nobody's. Under rate caps a question need not wait, whoever comes behind it has to.
Task<archive::TapReply> Engine::ask_in_turn(std::string archive_name, std::shared_ptr<HarvestRun> run,
                                            archive::TapQuestion question, std::stop_token turn, std::stop_token life) {
  auto seat_there = seat(archive_name);
  if (!seat_there) co_return archive::TapReply{std::unexpected(seat_there.error()), std::move(question.job)};
  ArchiveSeat& seat = **seat_there;
  auto place = co_await seat.queue->acquire(turn);
  if (!place) {
    const std::string resting = seat.queue->why_resting();
    co_return archive::TapReply{fail(Kind::RateLimited, "{}", resting.empty() ? "the archive is busy" : resting),
                                std::move(question.job)};
  }
  if (run) run->keep_hours(world_.executor.wall_now());
  if (run && run->closed()) {
    co_return archive::TapReply{fail(Kind::Cancelled, "its window has closed"), std::move(question.job)};
  }
  const auto archive = seat.archive;
  ++seat.in(ChunkPhase::Asking);
  ArchiveTurn in_turn = turn_in(archive_name, seat, {});
  in_turn.place = std::move(place);
  question.looked = [&in_turn](const Result<void>& seen) { in_turn.looked(seen); };
  question.turn = [&in_turn, life] { return in_turn.take(life); };
  if (run) run->pacer.started(world_.executor.now());
  seat.pacer.started(world_.executor.now());
  auto reply = co_await archive->ask(std::move(question), life);
  if (reply.body) received(seat, run.get(), reply.body->size());
  if (in_turn.place)
    seat.queue->ended(std::move(*in_turn.place), reply.body ? Result<void>{} : std::unexpected(reply.body.error()));
  else if (!reply.body && policy::is_archive_trouble(reply.body.error().kind))
    seat.queue->trouble_of_job(reply.body.error());
  in_turn.place.reset();
  in_turn.answered();
  --seat.in(ChunkPhase::Answered);
  pump(archive_name, seat);
  co_return reply;
}

Task<Result<http::Body>> Engine::inquire(std::string archive_name, archive::TapQuestion question, SteadyTime give_up) {
  std::stop_source turn, life;
  auto timer = world_.executor.call_at(give_up, [&turn, &life] {
    turn.request_stop();
    life.request_stop();
  });
  auto reply =
      co_await ask_in_turn(std::move(archive_name), nullptr, std::move(question), turn.get_token(), life.get_token());
  co_return std::move(reply.body);
}

// Every harvest says under which names its products came.
Task<void> Engine::note_identity(std::shared_ptr<HarvestRun> run, std::string identity) {
  const std::string& known = run->record().identity;
  if (known == identity || known.ends_with(", " + identity) || known.starts_with(identity + ",")) co_return;
  run->set_identity(known.empty() ? std::move(identity) : known + ", " + identity);
  if (auto saved = co_await save(run); !saved) log::warning("{}: {}", run->record().name, saved.error().detail);
}

// The ids are staged; the harvest takes its place with them, whole, once the whole answer is in.
Task<void> Engine::find_sources(std::string archive_name, std::shared_ptr<HarvestRun> run, JobSlot slot) {
  co_await yield_to(world_.executor);  // the pump is not re-entered from inside itself
  auto found = std::make_shared<FoundSources>(run->files()->manifest, world_.spill_directory, room_to_spill());
  Result<void> good;
  while (good && found->next()) good = co_await ask_for_sources(archive_name, run, found);
  if (good) good = co_await take_sources(run, found);
  slot.reset();
  run->asking_for_sources = false;
  --finding_sources_;
  if (!good && good.error().kind != Kind::Cancelled && !run->turn_stop.stop_requested())
    question_failed(*run, "its sources", good.error());
  wake_quiet_waiters();
  pump();
}

// One question of them, by a job that is adopted after a restart.
Task<Result<void>> Engine::ask_for_sources(std::string archive_name, std::shared_ptr<HarvestRun> run,
                                           std::shared_ptr<FoundSources> found) {
  const IdRange range = *found->next();
  auto question = found->question(archive_profile(archive_name));
  if (!question) co_return std::unexpected(question.error());
  const ledger::HarvestRecord& record = run->record();
  if (record.source_job_first == range.first && record.source_job_last == range.last) question->job = record.source_job;
  question->spool_directory = output::spool_directory(run->files()->spec);
  question->run_id = fmt::format("garner-{}-sources", record.manifest_hash.substr(0, kHashDigits));
  question->record_job = [this, run, range](std::string url) {
    run->set_source_job(std::move(url), range.first, range.last);
    return save(run);
  };
  const auto stop = run->turn_stop.get_token();
  auto reply = co_await ask_in_turn(archive_name, run, std::move(*question), stop, stop);
  Result<void> taken;
  if (reply.body) {
    auto& body = *reply.body;
    const std::uint64_t limit = row_limit(archive_profile(archive_name), true);
    taken = co_await world_.workers.run(world_.executor, [&found, &body, limit]() -> Result<void> {
      const auto bytes = body.readable();
      return bytes ? found->take(*bytes, limit) : std::unexpected(bytes.error());
    });
  } else {
    taken = std::unexpected(std::move(reply.body.error()));
  }
  const bool job_is_over = reply.body.has_value() || reply.job.empty();
  if (job_is_over) {
    run->set_source_job({}, 0, 0);
    co_await forget_job(archive_name, std::move(reply.job), run->life_stop.get_token());
  }
  if (!taken && taken.error().kind == Kind::TooLarge)
    taken = found->split(taken.error(), archive_profile(archive_name));
  co_return taken;
}

// A question that is no chunk's: asked again later, or for an operator to look at.
void Engine::question_failed(HarvestRun& run, std::string_view what, const Error& error) {
  const std::string why = fmt::format("{}: {}", what, printable(error.detail));
  log::warning("{}: {}", run.record().name, why);
  ++run.question_failures;
  if (policy::counts_as_attempt(error.kind)) ++run.question_attempts;
  const archive::Manners& manners = archive_profile(run.files()->manifest.archive).manners;
  const policy::Verdict verdict =
      policy::judge_failure(error, run.question_attempts, run.question_failures, manners, random_);
  tell(run, why, ledger::Trouble{std::string(kind_name(error.kind)), against_whom(verdict), fold_reason(why)},
       what_follows(verdict));
  if (verdict.next == policy::Next::HoldHarvest)
    run.own_fault(world_.executor.now(), why);
  else if (verdict.next == policy::Next::RetryChunk)
    run.hold(world_.executor.now() + verdict.wait, why);
  else
    run.set_broken(why + "; try again with: garner resume " + run.record().name);
}

// False: it stays there for now.
Task<bool> Engine::forget_job(std::string archive_name, std::string job, std::stop_token stop) {
  if (job.empty()) co_return true;
  auto there = seat(archive_name);
  if (!there) co_return false;
  const auto archive = (*there)->archive;
  auto forgotten = co_await archive->forget_job(job, stop);
  if (!forgotten) log::info("job {} stays at the archive: {}", printable(job, 200), forgotten.error().detail);
  co_return forgotten.has_value();
}

const archive::Profile& Engine::archive_profile(const std::string& archive_name) {
  return seats_.at(archive_name).archive->profile();
}

// Nobody's verb is at work on the harvest meanwhile, and none finds it half replaced.
Task<Result<void>> Engine::take_sources(std::shared_ptr<HarvestRun> run, std::shared_ptr<FoundSources> found) {
  const auto pass = co_await run->verbs.enter(world_.executor);
  const std::string name = run->record().name;
  if (stopping_ || find(name) != run || run->record().state != HarvestState::Active)
    co_return fail(Kind::Cancelled, "stopped");
  ledger::HarvestRecord record = run->record();
  record.source_job.clear();
  auto& ledger = world_.ledger;
  auto committed = co_await world_.workers.run(
      world_.executor, [&ledger, &found, &record] { return found->commit(ledger, std::move(record)); });
  if (!committed) co_return std::unexpected(committed.error());
  log::notice("{}: {} sources found by its query", name, committed->sources);
  auto taken_up = co_await take_up(std::move(*committed));
  if (!taken_up) {
    runs_.erase(name);
    co_return with_context(taken_up.error(), "its sources are kept, but can't be taken up before the next start");
  }
  co_return Result<void>{};
}

// COUNT(*) over all parts together: where it is a job, one that is adopted after a restart.
Task<Result<std::uint64_t>> Engine::count_whole(std::shared_ptr<HarvestRun> run) {
  const auto files = run->files();
  const manifest::Manifest& manifest = files->manifest;
  auto adql = ivoa::with_condition(manifest.adql, policy::condition_of_all(manifest.partition));
  if (adql) adql = ivoa::count_of(*adql);
  if (!adql) co_return std::unexpected(adql.error());
  archive::TapQuestion question;
  question.adql = std::move(*adql);
  question.by_job = manifest.mode != manifest::QueryMode::Sync;
  question.spool_directory = output::spool_directory(files->spec);
  question.run_id = fmt::format("garner-{}-count", run->record().manifest_hash.substr(0, kHashDigits));
  question.job = run->record().source_job;  // of this very question: nobody asks for a query's sources
  question.record_job = [this, run](std::string url) {
    run->set_source_job(std::move(url), 0, 0);
    return save(run);
  };
  auto reply = co_await ask_in_turn(manifest.archive, run, std::move(question), run->turn_stop.get_token(),
                                    run->life_stop.get_token());
  Result<std::uint64_t> count = std::unexpected(Error{});
  if (reply.body)
    count = product::read_count_answer(reply.body->bytes());
  else
    count = std::unexpected(std::move(reply.body.error()));
  // A job that has told stays until what follows from it is recorded: a restart asks it again, and no other.
  if (!count && (reply.job.empty() || reply.body)) co_await leave_question(run);
  co_return count;
}

// The job of a question that is no chunk's is of no use any more.
Task<bool> Engine::leave_question(std::shared_ptr<HarvestRun> run) {
  std::string job = run->record().source_job;
  run->set_source_job({}, 0, 0);
  co_return co_await forget_job(run->files()->manifest.archive, std::move(job), errands_stop_.get_token());
}

// It ends with a count by a job, for which there is no room at the moment. Whoever's job ends looks at it again.
bool Engine::waits_for_job(const HarvestRun& run) {
  const ArchiveSeat* seat = seat_of(run);
  return run.complete() && run.ends_with_question() && run.asks_by_job && seat != nullptr && seat->queue &&
         !seat->queue->has_room_for_job();
}

// `count: true`: the rows of all parts against COUNT(*) over the whole. False: not finished, the run knows why.
Task<bool> Engine::reconcile(std::shared_ptr<HarvestRun> run) {
  const auto files = run->files();
  if (files->manifest.kind != manifest::HarvestKind::Query || !files->manifest.count) co_return true;
  auto& ledger = world_.ledger;
  auto rows = co_await world_.workers.run(world_.executor, [&ledger, files]() -> Result<std::uint64_t> {
    std::uint64_t sum = 0;
    auto scanned = ledger.scan(files->no, 0, 0, [&sum](std::uint32_t, const ledger::ChunkRecord& record) {
      sum += record.query.rows;
      return true;
    });
    if (!scanned) return std::unexpected(scanned.error());
    return sum;
  });
  JobSlot slot;
  if (run->asks_by_job && !(slot = seat_of(*run)->queue->try_job())) co_return false;
  Result<std::uint64_t> count = rows;
  if (rows) count = co_await count_whole(run);
  slot.reset();
  if (!count && count.error().kind == Kind::TooLarge) {
    log::notice("{}: the whole can't be counted at once, only its parts: {}", files->name,
                printable(count.error().detail));
    co_return true;
  }
  if (!count && (count.error().kind == Kind::Cancelled || run->turn_stop.stop_requested())) co_return false;
  if (!count) {
    question_failed(*run, "COUNT(*) over the whole", count.error());
    co_return false;
  }
  run->question_failures = run->question_attempts = 0;
  if (*count == *rows) co_return true;
  const std::string why = fmt::format(
      "{} rows came, and each part agrees with its own COUNT(*), but over the whole it says {}: the table changed "
      "meanwhile, or the archive contradicts itself; count again with: garner resume {}",
      *rows, *count, files->name);
  log::warning("{}: {}", files->name, why);
  run->set_broken(why);
  co_await leave_question(run);  // to be counted again
  co_return false;
}

}  // namespace garner::harvest
