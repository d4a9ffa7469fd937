#include "harvest/chunk/look_life.h"

#include "base/durable_step.h"
#include "base/log.h"
#include "harvest/chunk/chunk_life.h"
#include "harvest/chunk/journal_text.h"
#include "harvest/chunk/way.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;

// What is asked for together: as a chunk, whose wanted ids lie in several blocks.
struct Group {
  Chunk chunk;
  struct Part {
    std::uint32_t block = 0;
    std::vector<std::uint32_t> places;
  };
  std::vector<Part> parts;  // in the order of Chunk::wanted
};

policy::LookEnd::Block standing_of(const ChunkRecord& record) {
  const auto ids = static_cast<std::uint32_t>(record.outcomes.size());
  if (record.done(ids)) return policy::LookEnd::Block::Done;
  return record.only_empties(ids) ? policy::LookEnd::Block::OnlyEmpties : policy::LookEnd::Block::Open;
}

// Blocking. Blocks without anything empty are told to `end`.
Result<Group> gather(ledger::Ledger& ledger, const HarvestFiles& files, const policy::LookClaim& claim,
                     policy::LookEnd& end) {
  std::vector<Group::Part> found;
  std::vector<std::size_t> counts;
  std::size_t ids_of_the_first = 0;
  for (const std::uint32_t block : claim.blocks) {
    auto record = ledger.chunk({files.no, claim.type, block});
    if (!record) return std::unexpected(record.error());
    if (record->empties.empty()) {
      end.blocks[block] = standing_of(*record);
      continue;
    }
    if (found.empty()) ids_of_the_first = record->outcomes.size();
    counts.push_back(record->empties.size());
    found.push_back({block, std::move(record->empties)});
  }
  std::size_t most = files.chunk_size;
  // All of a chunk came back empty, and nobody else is there: in halves it is other company.
  if (found.size() == 1 && counts[0] == ids_of_the_first) most = std::min(most, (counts[0] + 1) / 2);
  const auto takes = policy::shares(counts, most, claim.what == policy::LookClaim::What::Sample);
  Group group;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (takes[i] == 0) continue;
    auto ids = ledger.ids(files.no, found[i].block);
    if (!ids) return std::unexpected(ids.error());
    Group::Part part{found[i].block, policy::spread(found[i].places, takes[i], found[i].block)};
    for (const std::uint32_t place : part.places) {
      if (place >= ids->size()) return fail(Kind::Corrupt, "chunk {}: a place that is not there", part.block);
      group.chunk.places.push_back(static_cast<std::uint32_t>(group.chunk.wanted.size()));
      group.chunk.wanted.push_back((*ids)[place]);
    }
    group.parts.push_back(std::move(part));
  }
  group.chunk.key = {files.no, claim.type, group.parts.empty() ? claim.blocks.front() : group.parts.front().block};
  group.chunk.second_look = group.chunk.of_many = true;
  group.chunk.record.attempts = claim.attempts;
  group.chunk.record.sifted = true;  // what is empty was asked for
  return group;
}

// Blocking. One block's record, changed, with its share of the counters.
Result<void> rewrite(ledger::Ledger& ledger, ledger::ChunkKey key, policy::LookEnd& end,
                     const std::function<void(ChunkRecord&, ledger::CounterDelta&)>& change) {
  const auto before = ledger.chunk(key);
  if (!before) return std::unexpected(before.error());
  ChunkRecord after = *before;
  ledger::CounterDelta more;
  change(after, more);
  policy::drop_stale_marks(after);
  const auto ids = static_cast<std::uint32_t>(after.outcomes.size());
  auto delta = ledger::delta_between(*before, after, ids);
  delta += more;
  {
    const DurableStepMark mark(DurableStep::Ledger);
    if (auto settled = ledger.settle(key, after, delta); !settled) return settled;
  }
  end.blocks[key.block] = standing_of(after);
  end.settled += static_cast<std::uint64_t>(std::max<std::int64_t>(delta.absent + delta.failed, 0));
  end.delta += delta;
  return {};
}

// Blocking. found: by place in Chunk::wanted, of as many as were asked for.
Result<void> settle_group(ledger::Ledger& ledger, const Group& group, const std::vector<bool>& found,
                          std::uint64_t bytes_received, std::uint32_t contradictions_most, policy::LookEnd& end) {
  const policy::EmptyAnswer empty{true, true, contradictions_most};
  std::size_t next = 0;
  for (const auto& part : group.parts) {
    if (next >= found.size()) break;
    ledger::ChunkKey key = group.chunk.key;
    key.block = part.block;
    const bool first = next == 0;
    auto settled = rewrite(ledger, key, end, [&](ChunkRecord& record, ledger::CounterDelta& more) {
      for (std::size_t i = 0; i < part.places.size() && next < found.size(); ++i, ++next) {
        ++end.asked;
        if (found[next]) {
          ++end.found;
          policy::came_after_all(record, part.places[i]);
        } else {
          policy::came_back_empty(record, part.places[i], empty);
        }
      }
      record.last_error.clear();
      if (!first) return;
      ++record.requests;
      more.bytes_received = static_cast<std::int64_t>(bytes_received);
    });
    if (!settled) return settled;
  }
  return {};
}

// Blocking. The request was sent, and nothing came of it.
Result<void> note_failure(ledger::Ledger& ledger, const Group& group, const std::string& reason, policy::LookEnd& end) {
  auto noted = rewrite(ledger, group.chunk.key, end, [&reason](ChunkRecord& record, ledger::CounterDelta&) {
    ++record.requests;
    record.last_error = reason;
  });
  return noted;
}

// Blocking. What the sample says of the rest.
Result<void> write_rest(ledger::Ledger& ledger, const HarvestFiles& files, const policy::LookClaim& claim,
                        policy::LookEnd& end) {
  for (const std::uint32_t block : claim.blocks) {
    auto written = rewrite(ledger, {files.no, claim.type, block}, end,
                           [](ChunkRecord& record, ledger::CounterDelta&) { policy::rest_is_absent(record); });
    if (!written) return written;
  }
  return {};
}

class Nowhere final : public product::ProductSink {
 public:
  Result<void> add(const product::Product&) override { return {}; }
};

policy::LookEnd held_for_ledger(policy::LookEnd end, const Error& error) {
  end.how = policy::LookEnd::How::HoldHarvest;
  end.reason = "ledger: " + error.detail;
  return end;
}

policy::LookEnd::How how_of(const Failure& failure) {
  if (failure.less) return policy::LookEnd::How::Split;
  switch (failure.verdict.next) {
    case policy::Next::RetryChunk:
      return policy::LookEnd::How::Retry;
    case policy::Next::BlockChunk:
      return policy::LookEnd::How::Split;
    case policy::Next::BlockType:
      return policy::LookEnd::How::BlockType;
    case policy::Next::HoldHarvest:
      return policy::LookEnd::How::HoldHarvest;
    case policy::Next::Stop:
      return policy::LookEnd::How::Stopped;
  }
  return policy::LookEnd::How::Stopped;
}

Task<policy::LookEnd> fail_look(ChunkWorld world, std::shared_ptr<HarvestRun> run, Group& group, Failure failure,
                                policy::LookEnd end) {
  end.how = how_of(failure);
  end.counted = failure.verdict.counted;
  end.wait = failure.verdict.wait;
  end.reason = printable(failure.error.detail);
  co_await forget_job(world, *run, group.chunk);
  if (end.how == policy::LookEnd::How::Stopped) co_return end;
  log::info("{} {} second look from chunk {} on: {}: {}", run->record().name,
            run->record().retrieval_types[group.chunk.key.type], group.chunk.key.block, kind_name(failure.error.kind),
            end.reason);
  if (end.how == policy::LookEnd::How::HoldHarvest)
    co_return end;  // our own disk or ledger: nothing is written to it now
  auto& ledger = world.ledger;
  const auto entry = failed_entry(group.chunk, failure.error, against_whom(failure.verdict),
                                  "asked for once more in the second look", world.executor.wall_now());
  auto noted = co_await world.workers.run(world.executor, [&ledger, &group, &end, &entry] {
    auto done = note_failure(ledger, group, end.reason, end);
    return done ? ledger.note(group.chunk.key.harvest, entry) : done;
  });
  if (!noted) co_return held_for_ledger(std::move(end), noted.error());
  co_return end;
}

Task<policy::LookEnd> write_life(ChunkWorld world, std::shared_ptr<HarvestRun> run, policy::LookClaim claim) {
  policy::LookEnd end;
  auto& ledger = world.ledger;
  auto written = co_await world.workers.run(
      world.executor, [&ledger, &claim, &end, files = run->files()] { return write_rest(ledger, *files, claim, end); });
  if (!written) co_return held_for_ledger(std::move(end), written.error());
  end.how = policy::LookEnd::How::Settled;
  co_return end;
}

}  // namespace

Task<policy::LookEnd> look_life(ChunkWorld world, std::shared_ptr<HarvestRun> run, policy::LookClaim claim,
                                ArchiveTurn& turn) {
  if (claim.what == policy::LookClaim::What::Write) {
    turn.answered();
    co_return co_await write_life(world, run, std::move(claim));
  }
  const Way& way = way_of(run->files()->manifest.kind);
  const auto files = run->files();
  auto& ledger = world.ledger;
  policy::LookEnd end;
  auto group = co_await world.workers.run(
      world.executor, [&ledger, &claim, &end, files] { return gather(ledger, *files, claim, end); });
  const bool nothing_to_ask = !group || group->chunk.wanted.empty();
  Place& place = turn.place;
  if (!nothing_to_ask) place = co_await world.queue.acquire(run->turn_stop.get_token());
  if (!place) {
    turn.answered();
    if (!group) co_return held_for_ledger({}, group.error());
    end.how = nothing_to_ask ? policy::LookEnd::How::Settled : policy::LookEnd::How::Stopped;
    co_return end;
  }

  Chunk& chunk = group->chunk;
  chunk.turn = &turn;
  if (run->type_blocked(claim.type) || !world.may_ask(*run, ChunkWorld::Pace::Kept)) {
    place.reset();
    turn.answered();
    end.how = policy::LookEnd::How::Stopped;
    co_return end;
  }

  const ChunkClaim shown = HarvestRun::shown_as(claim);
  run->asking(shown, world.executor.now());
  auto reply = co_await way.ask(world, run, chunk);
  run->answered(shown);
  if (reply && *reply) world.received(*run, (*reply)->size());
  std::optional<Failure> failure;
  if (!reply) failure = co_await failure_of(world, run, chunk, std::move(reply.error()), place);
  // What a probe brought is read before it tells that the archive is well.
  if (place && !place->is_probe()) {
    world.queue.good(std::move(*place), 0);  // an answer that holds little tells nothing about the archive's speed
    place.reset();
  }
  turn.answered();
  if (failure) co_return co_await fail_look(world, run, *group, std::move(*failure), std::move(end));

  auto& body = **reply;
  const std::uint64_t bytes_received = body.size();
  auto came = co_await world.workers.run(world.executor, [&world, &way, files, &chunk, &body] {
    Nowhere nowhere;
    auto read = way.read(world, *files, chunk, body, nowhere);
    body = http::Body{};  // its memory goes back before the ledger's turn
    return read;
  });
  if (!came) {
    failure = co_await failure_of(world, run, chunk, as_ours(std::move(came.error())), place);
    co_return co_await fail_look(world, run, *group, std::move(*failure), std::move(end));
  }
  if (place) world.queue.good(std::move(*place), 0);
  place.reset();
  world.queue.streak().good();
  const std::uint32_t most = world.archive.profile().manners.attempts_most;
  auto settled = co_await world.workers.run(world.executor, [&ledger, &group, &came, bytes_received, most, &end] {
    return settle_group(ledger, *group, came->found, bytes_received, most, end);
  });
  co_await forget_job(world, *run, chunk);
  if (!settled) co_return held_for_ledger(std::move(end), settled.error());
  end.how = policy::LookEnd::How::Settled;
  co_return end;
}

}  // namespace garner::harvest
