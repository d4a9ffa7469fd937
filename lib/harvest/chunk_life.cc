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

// What the failure means; trouble of the archive is told to its queue, so that it is before the place there is free
// again.
Verdict judge(const ChunkWorld& world, const Chunk& chunk, const Error& error) {
  const std::uint32_t attempts = chunk.record.attempts + (counts_as_attempt(error.kind) ? 1 : 0);
  const Verdict verdict =
      judge_failure(error, attempts, world.queue.failures_in_row() + 1, world.archive.profile().manners, world.random);
  if (verdict.archive_trouble) {
    world.queue.troubled(world.executor.now() + verdict.wait, error.retry_after.has_value(), printable(error.detail));
  }
  return verdict;
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

// The job at the archive that no record names any more. What goes wrong here leaves a job behind, which the archive
// deletes by itself after some days.
Task<void> forget_job(ChunkWorld world, const HarvestRun& run, Chunk& chunk) {
  if (chunk.job.empty()) co_return;
  const std::string job = std::exchange(chunk.job, {});
  if (auto forgotten = co_await world.archive.forget_job(job, run.life_stop.get_token()); !forgotten)
    log::info("job {} stays at the archive: {}", printable(job, 200), forgotten.error().detail);
}

// Too large an answer: less is asked at a time, at once and without counting.
Task<ChunkEnd> narrow(ChunkWorld world, std::shared_ptr<HarvestRun> run, Chunk chunk, ChunkRecord after, Error error) {
  log::info("{} {} chunk {}: asked in smaller parts: {}", run->record().name,
            run->record().retrieval_types[chunk.key.type], chunk.key.block, printable(error.detail));
  ++after.requests;
  auto settled = co_await settle_on_worker(world, chunk, std::move(after));
  if (!settled) co_return hold_for_ledger(chunk, settled.error());
  co_await forget_job(world, *run, chunk);
  co_return ended(chunk, ChunkEnd::How::Settled);
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
Task<ChunkEnd> fail_chunk(ChunkWorld world, std::shared_ptr<HarvestRun> run, Chunk chunk, Error error,
                          Verdict verdict) {
  if (error.kind == Kind::TooLarge) {
    if (auto less = way_of(run->files()->manifest.kind).narrowed(*run, chunk))
      co_return co_await narrow(world, run, std::move(chunk), std::move(*less), std::move(error));
  }
  if (verdict.next == Next::Stop) co_return ended(chunk, ChunkEnd::How::Stopped);
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

  run->asking(claim, world.executor.now());
  auto reply = co_await way.ask(world, run, chunk);
  run->answered(claim);
  Verdict verdict;
  if (!reply) verdict = judge(world, chunk, reply.error());
  if (!verdict.archive_trouble && verdict.next != Next::Stop) world.queue.succeeded();
  world.queue.release();
  answered();
  if (!reply) co_return co_await fail_chunk(world, run, std::move(chunk), std::move(reply.error()), verdict);
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
    Error error = as_ours(std::move(stored.error()));
    verdict = judge(world, chunk, error);
    co_return co_await fail_chunk(world, run, std::move(chunk), std::move(error), verdict);
  }

  auto settled = co_await world.workers.run(world.executor, [&ledger, &chunk, &stored, bytes_received] {
    return settle(ledger, chunk, std::move(*stored), bytes_received);
  });
  if (!settled) co_return hold_for_ledger(chunk, settled.error());
  chunk.sources_settled += chunk.wanted.size();
  co_await forget_job(world, *run, chunk);
  co_return ended(chunk, ChunkEnd::How::Settled);
}

}  // namespace garner::harvest
