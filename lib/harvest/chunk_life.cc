#include "harvest/chunk_life.h"

#include "base/log.h"
#include "harvest/way.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;

// What fails while a reply is read is the reply's fault, or our own disk's. NotFound and the like are no words of the
// archive's here.
Error as_ours(Error error) {
  const bool of_the_disk = error.kind == Kind::NotFound || error.kind == Kind::Invalid || error.kind == Kind::Conflict;
  if (of_the_disk) error.kind = Kind::Internal;
  return error;
}

ChunkClaim claim_of(const Chunk& chunk) {
  return {chunk.key.type, chunk.key.block};
}

// How many bad answers there may be to what was asked: few, while a set of suspects is being halved.
std::uint32_t attempts_most(const Chunk& chunk, const archive::Manners& manners) {
  constexpr std::uint32_t kWhileHalving = 2;
  const bool halving = chunk.record.query.suspects > 0 && chunk.wanted.size() > 1;
  return halving ? std::min(kWhileHalving, manners.attempts_most) : manners.attempts_most;
}

// A failed request, and what follows from it.
struct Failure {
  Error error;
  std::optional<ChunkRecord> less;  // after too large an answer: how to ask for less at a time
  Verdict verdict;
};

// What the failure means; trouble of the archive is told to its queue, so that it is before the place there is free
// again.
Verdict judge(const ChunkWorld& world, HarvestRun& run, const Chunk& chunk, Error error) {
  archive::Manners manners = world.archive.profile().manners;
  manners.attempts_most = attempts_most(chunk, manners);
  const bool bad_answer = counts_as_attempt(error.kind);
  if (bad_answer) {
    run.suspected_since.try_emplace(claim_of(chunk), world.queue.streak().good_answers());
    if (world.queue.streak().bad(chunk.key)) error.kind = Kind::Overloaded;
  }
  const std::uint32_t attempts = chunk.record.attempts + (bad_answer ? 1 : 0);
  const Verdict verdict = judge_failure(error, attempts, world.queue.failures_in_row() + 1, manners, world.random);
  if (verdict.archive_trouble) {
    world.queue.troubled(world.executor.now() + verdict.wait, error.retry_after.has_value(), printable(error.detail));
  }
  return verdict;
}

// Too large an answer to what can't be asked in smaller parts is as any bad one: the job may have been stopped by
// somebody, not by its size.
Failure failure_of(const ChunkWorld& world, const Way& way, HarvestRun& run, const Chunk& chunk, Error error) {
  Failure failure{std::move(error), {}, {}};
  if (failure.error.kind == Kind::TooLarge) {
    failure.less = way.narrowed(run, chunk);
    if (!failure.less) failure.error.kind = Kind::Suspect;
  }
  failure.verdict = judge(world, run, chunk, failure.error);
  return failure;
}

// How it ended, with what was written of it.
ChunkEnd ended(const Chunk& chunk, ChunkEnd::How how) {
  ChunkEnd end;
  end.how = how;
  end.done = how == ChunkEnd::How::Settled && chunk.done();
  end.delta = chunk.settled;
  end.sources_settled = chunk.sources_settled;
  return end;
}

ChunkEnd hold_for_ledger(const Chunk& chunk, const Error& error) {
  ChunkEnd end = ended(chunk, ChunkEnd::How::HoldHarvest);
  end.wait = std::chrono::seconds(60);
  end.reason = "ledger: " + error.detail;
  return end;
}

// The job at the archive that no record names any more. What goes wrong here is tried again when the harvest or the
// daemon's life is at its end (engine_jobs.cc).
Task<void> forget_job(ChunkWorld world, const HarvestRun& run, Chunk& chunk) {
  if (chunk.job.empty()) co_return;
  const std::string job = std::exchange(chunk.job, {});
  auto forgotten = co_await world.archive.forget_job(job, run.life_stop.get_token());
  auto& ledger = world.ledger;
  if (forgotten) {
    forgotten = co_await world.workers.run(
        world.executor, [&ledger, &chunk, &job] { return ledger.job_forgotten(chunk.key.harvest, job); });
  }
  if (!forgotten) log::info("job {} stays for now: {}", printable(job, 200), forgotten.error().detail);
}

// Less is asked at a time, or without the culprit, and at once.
Task<ChunkEnd> go_on_with(ChunkWorld world, std::shared_ptr<HarvestRun> run, Chunk chunk, ChunkRecord after,
                          Error error) {
  const bool in_parts = after.query.width > 0 || after.query.by_job;
  log::info("{} {} chunk {}: {}: {}", run->record().name, run->record().retrieval_types[chunk.key.type],
            chunk.key.block, in_parts ? "asked in smaller parts" : "goes on without a source that is given up",
            printable(error.detail));
  after.last_error = printable(error.detail);
  ++after.requests;
  auto settled = co_await settle_on_worker(world, chunk, std::move(after));
  if (!settled) co_return hold_for_ledger(chunk, settled.error());
  co_await forget_job(world, *run, chunk);
  co_return ended(chunk, ChunkEnd::How::Settled);
}

// Whether the archive answered others well since this chunk's answers are bad. Where nobody else was asked, it is asked
// for the one product that its profile knows to be there. Nothing: it can't be asked now.
Task<std::optional<bool>> others_pass(ChunkWorld world, std::shared_ptr<HarvestRun> run, const Chunk& chunk) {
  const auto since = run->suspected_since.find(claim_of(chunk));
  if (since != run->suspected_since.end() && world.queue.streak().good_answers() > since->second) co_return true;
  const archive::Profile& profile = world.archive.profile();
  const auto id = parse_source_id(profile.probe_id);
  if (!id) co_return false;
  if (run->closed() || !co_await world.queue.acquire(run->turn_stop.get_token())) co_return std::nullopt;
  if (!world.may_ask(*run, ChunkWorld::Pace::Owed)) {
    world.queue.release();
    co_return std::nullopt;
  }
  archive::ChunkRequest request;
  request.ids = {*id};
  request.release = profile.probe_release;
  request.retrieval_type = profile.probe_type;
  request.structure_spelling = profile.individual_spellings.front();
  request.spool_directory = output::spool_directory(run->files()->spec);
  const auto reply = co_await world.archive.fetch(std::move(request), run->life_stop.get_token());
  world.queue.release();
  if (reply) world.queue.streak().good();
  co_return reply.has_value();
}

ChunkEnd::How how_of(Next next) {
  switch (next) {
    case Next::RetryChunk:
      return ChunkEnd::How::Retry;
    case Next::BlockChunk:
      return ChunkEnd::How::BlockChunk;
    case Next::BlockType:
      return ChunkEnd::How::BlockType;
    case Next::HoldHarvest:
      return ChunkEnd::How::HoldHarvest;
    case Next::Stop:
      return ChunkEnd::How::Stopped;
  }
  return ChunkEnd::How::Stopped;
}

// Records a failed attempt.
Task<ChunkEnd> fail_chunk(ChunkWorld world, std::shared_ptr<HarvestRun> run, Chunk chunk, Failure failure) {
  const Way& way = way_of(run->files()->manifest.kind);
  Error& error = failure.error;
  const Verdict& verdict = failure.verdict;
  if (failure.less)
    co_return co_await go_on_with(world, run, std::move(chunk), std::move(*failure.less), std::move(error));
  if (verdict.next == Next::Stop) co_return ended(chunk, ChunkEnd::How::Stopped);
  if (verdict.counted && verdict.next == Next::BlockChunk) {
    std::optional<bool> known = true;
    if (chunk.wanted.size() == 1) known = co_await others_pass(world, run, chunk);
    if (!known) co_return ended(chunk, ChunkEnd::How::Stopped);  // asked again later, this attempt not counted
    if (auto after = way.suspected(chunk, printable(error.detail), *known))
      co_return co_await go_on_with(world, run, std::move(chunk), std::move(*after), std::move(error));
  }
  const std::string reason = printable(error.detail);
  log::info("{} {} chunk {}: {}: {}", run->record().name, run->record().retrieval_types[chunk.key.type],
            chunk.key.block, kind_name(error.kind), reason);
  const ChunkEnd::How how = how_of(verdict.next);
  if (how != ChunkEnd::How::HoldHarvest) {  // our own disk or ledger: nothing is written to it now
    const bool job_is_bad = verdict.counted || how == ChunkEnd::How::BlockChunk;
    ChunkRecord after = chunk.record;
    ++after.requests;
    after.last_error = reason;
    if (verdict.counted) ++after.attempts;
    after.blocked = how == ChunkEnd::How::BlockChunk;
    after.query.job = job_is_bad ? std::string() : chunk.job;
    auto settled = co_await settle_on_worker(world, chunk, std::move(after));
    if (!settled) co_return hold_for_ledger(chunk, settled.error());
    if (job_is_bad) co_await forget_job(world, *run, chunk);
  }
  ChunkEnd end = ended(chunk, how);
  end.wait = verdict.wait;
  end.reason = reason;
  co_return end;
}

}  // namespace

Task<ChunkEnd> chunk_life(ChunkWorld world, std::shared_ptr<HarvestRun> run, ChunkClaim claim,
                          std::function<void()> answered) {
  const Way& way = way_of(run->files()->manifest.kind);
  const ledger::ChunkKey key{run->record().no, claim.type, claim.block};
  auto& ledger = world.ledger;
  auto loaded = co_await world.workers.run(world.executor, [&ledger, key] { return load_chunk(ledger, key); });
  const bool nothing_to_ask = !loaded || loaded->wanted.empty() || loaded->record.blocked;
  if (nothing_to_ask || !co_await world.queue.acquire(run->turn_stop.get_token())) {
    answered();
    if (!loaded) co_return hold_for_ledger({}, loaded.error());
    if (!loaded->record.blocked)
      co_return ended(*loaded, loaded->wanted.empty() ? ChunkEnd::How::Settled : ChunkEnd::How::Stopped);
    ChunkEnd end = ended(*loaded, ChunkEnd::How::BlockChunk);
    end.reason = loaded->record.last_error;
    co_return end;
  }
  Chunk chunk = std::move(*loaded);
  if (!world.may_ask(*run, ChunkWorld::Pace::Kept)) {
    world.queue.release();
    answered();
    co_return ended(chunk, ChunkEnd::How::Stopped);
  }

  run->asking(claim, world.executor.now());
  auto reply = co_await way.ask(world, run, chunk);
  run->answered(claim);
  if (reply && *reply) world.received(*run, (*reply)->size());
  std::optional<Failure> failure;
  if (!reply) failure = failure_of(world, way, *run, chunk, std::move(reply.error()));
  if (!failure || (!failure->verdict.archive_trouble && failure->verdict.next != Next::Stop)) world.queue.succeeded();
  world.queue.release();
  answered();
  if (failure) co_return co_await fail_chunk(world, run, std::move(chunk), std::move(*failure));
  if (!*reply) co_return ended(chunk, ChunkEnd::How::Settled);

  auto& body = **reply;
  const std::uint64_t bytes_received = body.size();
  auto files = run->files();
  auto stored = co_await world.workers.run(world.executor, [&world, &way, files, &chunk, &body] {
    auto result = way.store(world, *files, chunk, body);
    body = http::Body{};  // its memory goes back before the ledger's turn
    return result;
  });
  if (!stored) {
    failure = failure_of(world, way, *run, chunk, as_ours(std::move(stored.error())));
    co_return co_await fail_chunk(world, run, std::move(chunk), std::move(*failure));
  }

  auto settled = co_await world.workers.run(world.executor, [&ledger, &chunk, &stored, bytes_received] {
    return settle(ledger, chunk, std::move(*stored), bytes_received);
  });
  if (!settled) co_return hold_for_ledger(chunk, settled.error());
  world.queue.streak().good();
  chunk.sources_settled += chunk.wanted.size();
  co_await forget_job(world, *run, chunk);
  co_return ended(chunk, ChunkEnd::How::Settled);
}

}  // namespace garner::harvest
