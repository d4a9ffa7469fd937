#include "harvest/chunk/chunk_life.h"

#include "base/log.h"
#include "harvest/chunk/journal_text.h"
#include "harvest/chunk/second_opinion.h"
#include "harvest/chunk/way.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;

ChunkClaim claim_of(const Chunk& chunk) {
  return {chunk.key.type, chunk.key.block, chunk.second_look};
}

// How many bad answers there may be to what was asked: few, while a set of suspects is being halved, or where it can be
// asked for otherwise.
std::uint32_t attempts_most(const Chunk& chunk, const archive::Manners& manners) {
  constexpr std::uint32_t kWhileHalving = 2;
  const bool halving = chunk.record.query.suspects > 0 && chunk.wanted.size() > 1;
  return halving || chunk.of_many ? std::min(kWhileHalving, manners.attempts_most) : manners.attempts_most;
}

// The chunk is tried again, and the answer does not count against it.
policy::Verdict not_its_fault(const ChunkWorld& world) {
  return {policy::Next::RetryChunk, false, true,
          policy::back_off(world.queue.troubles_in_row(), world.archive.profile().manners, world.random)};
}

// What a bad answer means. While the breaker is open it says nothing about the chunk; and where several chunks in a row
// are answered badly the archive is asked for what is known to be well.
Task<policy::Verdict> judge_bad_answer(ChunkWorld world, std::shared_ptr<HarvestRun> run, const Chunk& chunk,
                                       Error error, Place& place) {
  ArchiveQueue& queue = world.queue;
  if (place && place->is_probe()) {
    const Opinion opinion = co_await second_opinion(world, run, true);
    if (opinion == Opinion::Well)
      queue.good(std::move(*place), 0);
    else if (opinion == Opinion::Nobody)
      queue.bad(std::move(*place), error.detail);
    else if (opinion != Opinion::Stopped)
      queue.trouble(std::move(*place), error);
    co_return not_its_fault(world);
  }
  if (queue.breaker_open()) co_return not_its_fault(world);
  run->suspected_since.try_emplace(claim_of(chunk), queue.streak().good_answers());
  if (queue.streak().bad(chunk.key)) {
    const Opinion opinion = co_await second_opinion(world, run, place.has_value());
    if (opinion != Opinion::Well) {
      if (opinion != Opinion::Stopped) queue.blame("several chunks in a row are answered badly: " + error.detail);
      co_return not_its_fault(world);
    }
  }
  archive::Manners manners = world.archive.profile().manners;
  manners.attempts_most = attempts_most(chunk, manners);
  co_return policy::judge_failure(error, chunk.record.attempts + 1, 0, manners, world.random);
}

// What the failure means. The archive's queue hears of it before the place there is free again.
Task<policy::Verdict> judge(ChunkWorld world, std::shared_ptr<HarvestRun> run, const Chunk& chunk, Error error,
                            Place& place) {
  if (policy::counts_as_attempt(error.kind))
    co_return co_await judge_bad_answer(world, run, chunk, std::move(error), place);
  const policy::Verdict verdict = policy::judge_failure(error, chunk.record.attempts, world.queue.troubles_in_row() + 1,
                                                        world.archive.profile().manners, world.random);
  if (verdict.archive_trouble && !place)
    world.queue.trouble_of_job(error);
  else if (verdict.archive_trouble)
    world.queue.trouble(std::move(*place), error);
  else if (place && policy::is_answer(error.kind))
    world.queue.good(std::move(*place), 0);
  co_return verdict;
}

// How it ended, with what was written of it.
ChunkEnd ended(const Chunk& chunk, ChunkEnd::How how) {
  ChunkEnd end;
  end.how = how;
  end.done = how == ChunkEnd::How::Settled && chunk.done();
  end.only_empties = how == ChunkEnd::How::Settled && !chunk.record.blocked &&
                     chunk.record.only_empties(static_cast<std::uint32_t>(chunk.ids.size()));
  end.delta = chunk.settled;
  end.sources_settled = chunk.sources_settled;
  return end;
}

ChunkEnd hold_for_ledger(const Chunk& chunk, const Error& error) {
  ChunkEnd end = ended(chunk, ChunkEnd::How::HoldHarvest);
  end.reason = "ledger: " + error.detail;
  return end;
}

// The ledger may be what is in trouble.
Task<void> note_if_possible(ChunkWorld world, ledger::HarvestNo harvest, const ledger::JournalEntry& entry) {
  auto& ledger = world.ledger;
  const auto noted =
      co_await world.workers.run(world.executor, [&ledger, &entry, harvest] { return ledger.note(harvest, entry); });
  if (!noted) log::info("journal: {}", noted.error().detail);
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
  const char* next = in_parts ? "asked in smaller parts" : "asked again without what was given up";
  auto entry = failed_entry(chunk, error, ledger::Against::Chunk, next, world.executor.wall_now());
  auto settled = co_await settle_on_worker(world, chunk, std::move(after), std::move(entry));
  if (!settled) co_return hold_for_ledger(chunk, settled.error());
  co_await forget_job(world, *run, chunk);
  co_return ended(chunk, ChunkEnd::How::Settled);
}

// Whether the archive answered others well since this chunk's answers are bad; where nobody else was asked, a second
// opinion.
Task<Opinion> others_pass(ChunkWorld world, std::shared_ptr<HarvestRun> run, const Chunk& chunk) {
  const auto since = run->suspected_since.find(claim_of(chunk));
  if (since != run->suspected_since.end() && world.queue.streak().good_answers() > since->second)
    co_return Opinion::Well;
  co_return co_await second_opinion(world, run, false);
}

// A bad answer from before the archive was seen to be well again may have been the archive's fault.
bool may_be_over(const HarvestRun& run, const Chunk& chunk) {
  const auto since = run.suspected_since.find(claim_of(chunk));
  return since != run.suspected_since.end() && chunk.good_before <= since->second;
}

ChunkEnd::How how_of(policy::Next next) {
  switch (next) {
    case policy::Next::RetryChunk:
      return ChunkEnd::How::Retry;
    case policy::Next::BlockChunk:
      return ChunkEnd::How::BlockChunk;
    case policy::Next::BlockType:
      return ChunkEnd::How::BlockType;
    case policy::Next::HoldHarvest:
      return ChunkEnd::How::HoldHarvest;
    case policy::Next::Stop:
      return ChunkEnd::How::Stopped;
  }
  return ChunkEnd::How::Stopped;
}

// Records a failed attempt.
Task<ChunkEnd> fail_chunk(ChunkWorld world, std::shared_ptr<HarvestRun> run, Chunk chunk, Failure failure) {
  const Way& way = way_of(run->files()->manifest.kind);
  Error& error = failure.error;
  policy::Verdict& verdict = failure.verdict;
  if (failure.less)
    co_return co_await go_on_with(world, run, std::move(chunk), std::move(*failure.less), std::move(error));
  if (verdict.next == policy::Next::Stop) co_return ended(chunk, ChunkEnd::How::Stopped);
  if (verdict.counted && verdict.next == policy::Next::BlockChunk) {
    const Opinion others = chunk.wanted.size() > 1 ? Opinion::Well : co_await others_pass(world, run, chunk);
    if (others == Opinion::Stopped) co_return ended(chunk, ChunkEnd::How::Stopped);  // asked again, not counted
    if (others == Opinion::Trouble) {
      verdict = not_its_fault(world);
    } else if (chunk.wanted.size() == 1 && others == Opinion::Well && may_be_over(*run, chunk)) {
      const archive::Manners& manners = world.archive.profile().manners;
      verdict = {policy::Next::RetryChunk, true, false,
                 policy::back_off(chunk.record.attempts + 1, manners, world.random)};
    } else if (auto after = way.suspected(chunk, printable(error.detail), others == Opinion::Well)) {
      co_return co_await go_on_with(world, run, std::move(chunk), std::move(*after), std::move(error));
    }
  }
  const std::string reason = printable(error.detail);
  log::info("{} {} chunk {}: {}: {}", run->record().name, run->record().retrieval_types[chunk.key.type],
            chunk.key.block, kind_name(error.kind), reason);
  const ChunkEnd::How how = how_of(verdict.next);
  auto entry = failed_entry(chunk, error, against_whom(verdict), what_follows(verdict), world.executor.wall_now());
  if (how != ChunkEnd::How::HoldHarvest) {  // our own disk or ledger: nothing is written to it now
    const bool job_is_bad = verdict.counted || how == ChunkEnd::How::BlockChunk;
    ChunkRecord after = chunk.record;
    ++after.requests;
    after.last_error = reason;
    if (verdict.counted) ++after.attempts;
    after.blocked = how == ChunkEnd::How::BlockChunk;
    after.query.job = job_is_bad ? std::string() : chunk.job;
    auto settled = co_await settle_on_worker(world, chunk, std::move(after), std::move(entry));
    if (!settled) co_return hold_for_ledger(chunk, settled.error());
    if (job_is_bad) co_await forget_job(world, *run, chunk);
  } else {
    co_await note_if_possible(world, chunk.key.harvest, entry);
  }
  ChunkEnd end = ended(chunk, how);
  end.wait = verdict.wait;
  end.reason = reason;
  co_return end;
}

}  // namespace

// NotFound and the like are no words of the archive's here.
Error as_ours(Error error) {
  const bool of_the_disk = error.kind == Kind::NotFound || error.kind == Kind::Invalid || error.kind == Kind::Conflict;
  if (of_the_disk) error.kind = Kind::Internal;
  return error;
}

// Too large an answer to what can't be asked in smaller parts is as any bad one: the job may have been stopped by
// somebody, not by its size.
Task<Failure> failure_of(ChunkWorld world, std::shared_ptr<HarvestRun> run, const Chunk& chunk, Error error,
                         Place& place) {
  Failure failure{std::move(error), {}, {}};
  if (failure.error.kind == Kind::TooLarge) {
    failure.less = way_of(run->files()->manifest.kind).narrowed(*run, chunk);
    if (!failure.less) failure.error.kind = Kind::Suspect;
  }
  failure.verdict = co_await judge(world, run, chunk, failure.error, place);
  // Before anybody else of its type gets a place.
  if (failure.verdict.next == policy::Next::BlockType) run->block_type(chunk.key.type, printable(failure.error.detail));
  place.reset();
  co_return failure;
}

// What goes wrong here is tried again when the harvest or the daemon's life is at its end (engine_jobs.cc).
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

Task<ChunkEnd> chunk_life(ChunkWorld world, std::shared_ptr<HarvestRun> run, ChunkClaim claim, ArchiveTurn& turn) {
  const Way& way = way_of(run->files()->manifest.kind);
  const ledger::ChunkKey key{run->record().no, claim.type, claim.block};
  auto& ledger = world.ledger;
  auto loaded = co_await world.workers.run(
      world.executor, [&ledger, key, again = claim.second_look] { return load_chunk(ledger, key, again); });
  const bool nothing_to_ask = !loaded || loaded->wanted.empty() || loaded->record.blocked;
  Place& place = turn.place;
  if (!nothing_to_ask) place = co_await world.queue.acquire(run->turn_stop.get_token());
  if (!place) {
    turn.answered();
    if (!loaded) co_return hold_for_ledger({}, loaded.error());
    if (!loaded->record.blocked)
      co_return ended(*loaded, loaded->wanted.empty() ? ChunkEnd::How::Settled : ChunkEnd::How::Stopped);
    ChunkEnd end = ended(*loaded, ChunkEnd::How::BlockChunk);
    end.reason = loaded->record.last_error;
    co_return end;
  }
  Chunk chunk = std::move(*loaded);
  chunk.turn = &turn;
  if (run->type_blocked(claim.type) || !world.may_ask(*run, ChunkWorld::Pace::Kept)) {
    place.reset();
    turn.answered();
    co_return ended(chunk, ChunkEnd::How::Stopped);
  }

  run->asking(claim, world.executor.now());
  run->note_start(world.executor.wall_now());
  chunk.good_before = world.queue.streak().good_answers();
  auto reply = co_await way.ask(world, run, chunk);
  run->answered(claim);
  if (reply && *reply) world.received(*run, (*reply)->size());
  std::optional<Failure> failure;
  if (!reply) failure = co_await failure_of(world, run, chunk, std::move(reply.error()), place);
  // What a probe brought is read before it tells that the archive is well.
  const bool still_to_be_read = reply && *reply && place && place->is_probe();
  if (place && !still_to_be_read) {
    world.queue.good(std::move(*place), *reply && !chunk.by_job ? chunk.wanted.size() : 0);
    place.reset();
  }
  turn.answered();
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
    failure = co_await failure_of(world, run, chunk, as_ours(std::move(stored.error())), place);
    co_return co_await fail_chunk(world, run, std::move(chunk), std::move(*failure));
  }

  if (place) world.queue.good(std::move(*place), 0);
  place.reset();
  const auto entry = recovered_entry(chunk, *stored, world.executor.wall_now());
  auto settled = co_await world.workers.run(world.executor, [&ledger, &chunk, &stored, &entry, bytes_received] {
    return settle(ledger, chunk, std::move(*stored), bytes_received, entry);
  });
  if (!settled) co_return hold_for_ledger(chunk, settled.error());
  world.queue.streak().good();
  chunk.sources_settled += chunk.wanted.size();
  co_await forget_job(world, *run, chunk);
  co_return ended(chunk, ChunkEnd::How::Settled);
}

}  // namespace garner::harvest
