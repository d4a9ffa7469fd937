#include "harvest/chunk_life.h"

#include <strings.h>

#include "base/durable_step.h"
#include "base/log.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;
using ledger::Outcome;

// A chunk as the ledger knows it when its turn comes.
struct Chunk {
  ledger::ChunkKey key;
  std::vector<SourceId> ids;  // of the block
  ChunkRecord record;
  std::vector<std::uint32_t> places;  // of the pending ones
  std::vector<SourceId> wanted;       // the pending ones
};

Result<Chunk> load(ledger::Ledger& ledger, ledger::ChunkKey key) {
  Chunk chunk;
  chunk.key = key;
  auto ids = ledger.ids(key.harvest, key.block);
  if (!ids) return std::unexpected(ids.error());
  auto record = ledger.chunk(key);
  if (!record) return std::unexpected(record.error());
  chunk.ids = std::move(*ids);
  chunk.record = std::move(*record);
  for (std::uint32_t i = 0; i < chunk.ids.size(); ++i) {
    if (!chunk.record.outcomes.empty() && chunk.record.outcomes[i] != Outcome::Pending) continue;
    chunk.places.push_back(i);
    chunk.wanted.push_back(chunk.ids[i]);
  }
  return chunk;
}

Result<ledger::CounterDelta> settle(ledger::Ledger& ledger, const Chunk& before, const ChunkRecord& after,
                                    std::uint64_t bytes_received) {
  auto delta = ledger::delta_between(before.record, after, static_cast<std::uint32_t>(before.ids.size()));
  delta.bytes_received = static_cast<std::int64_t>(bytes_received);
  const DurableStepMark mark(DurableStep::Ledger);
  if (auto settled = ledger.settle(before.key, after, delta); !settled) return std::unexpected(settled.error());
  return delta;
}

std::uint64_t max_product_bytes(const HarvestRun& run, std::uint16_t type_index, const archive::Profile& profile) {
  const auto* release = profile.find(run.files()->manifest.release);
  const auto* type = release ? release->find(run.record().retrieval_types[type_index]) : nullptr;
  return type ? type->max_product_bytes : archive::RetrievalType{}.max_product_bytes;
}

archive::ChunkRequest request_for(const HarvestRun& run, const Chunk& chunk, const archive::Profile& profile) {
  const manifest::Manifest& manifest = run.files()->manifest;
  archive::ChunkRequest request;
  request.ids = chunk.wanted;
  request.release = manifest.release;
  request.retrieval_type = run.record().retrieval_types[chunk.key.type];
  request.structure = manifest.data_structure;
  request.structure_spelling =
      run.record().data_structure.empty() ? manifest.data_structure_spelling : run.record().data_structure;
  request.format = manifest.format;
  request.valid_data = manifest.valid_data;
  request.spool_directory = output::spool_directory(run.files()->spec);
  const std::uint64_t product_most = max_product_bytes(run, chunk.key.type, profile);
  constexpr std::uint64_t kEnvelope = 4u << 20;  // the zip's own bytes, and error pages
  constexpr std::uint64_t kBodyMost = 16ull << 30;
  request.max_body_bytes = std::min(product_most * chunk.wanted.size() + kEnvelope, kBodyMost);
  return request;
}

std::string other_spelling(const archive::Profile& profile, DataStructure structure, const std::string& spelling) {
  const auto& spellings = structure == DataStructure::Individual ? profile.individual_spellings : profile.raw_spellings;
  for (const auto& candidate : spellings) {
    if (strcasecmp(candidate.c_str(), spelling.c_str()) != 0) return candidate;
  }
  return {};
}

bool may_be_the_spelling(const Result<http::Body>& reply) {
  return !reply && (reply.error().kind == Kind::Suspect || reply.error().kind == Kind::Unsupported);
}

// Asks; a harvest whose first answers call the request suspect or wrong may have met an archive that spells
// DATA_STRUCTURE the other way: that is tried once, by one chunk, while those asked beside it wait for what it finds.
Task<Result<http::Body>> ask(ChunkWorld world, std::shared_ptr<HarvestRun> run, archive::ChunkRequest request) {
  auto reply = co_await world.archive.fetch(request, run->life_stop.get_token());
  if (reply) run->spelling_settled = true;
  if (!may_be_the_spelling(reply)) co_return reply;

  const auto trial = co_await run->spelling_trial.enter(world.executor);
  const std::string known = run->record().data_structure;
  const bool in_doubt =
      known.empty() ? !run->spelling_settled : strcasecmp(known.c_str(), request.structure_spelling.c_str()) != 0;
  if (!in_doubt) co_return reply;
  request.structure_spelling =
      known.empty() ? other_spelling(world.archive.profile(), request.structure, request.structure_spelling) : known;
  if (request.structure_spelling.empty()) co_return reply;
  auto second = co_await world.archive.fetch(request, run->life_stop.get_token());
  // An outage or a damaged reply in between tells nothing about the spelling.
  if (!known.empty() || (!second && !may_be_the_spelling(second))) co_return second;
  run->spelling_settled = true;
  if (!second) co_return reply;
  log::notice("{}: the archive takes data_structure {}", run->record().name, request.structure_spelling);
  run->set_spelling(request.structure_spelling);
  co_return second;
}

// What fails while a reply is read is the reply's fault, or our own disk's: never the archive's table of errors.
Error as_ours(Error error) {
  const bool replys = counts_as_attempt(error.kind) || error.kind == Kind::TooLarge;
  if (!replys && error.kind != Kind::DiskFull && error.kind != Kind::Cancelled) error.kind = Kind::Internal;
  return error;
}

// What a good reply became. Runs on a worker.
Result<ChunkRecord> store(const ChunkWorld& world, HarvestFiles& files, const Chunk& chunk, const http::Body& body,
                          std::uint64_t max_product_bytes) {
  const output::PackKey key{files.types[chunk.key.type], chunk.key.block,
                            static_cast<std::uint32_t>(chunk.record.packs.size())};
  auto writer = files.layout->begin(key);
  if (!writer) return std::unexpected(writer.error());
  const product::Asked asked{files.manifest.release,
                             key.retrieval_type,
                             files.manifest.data_structure,
                             files.manifest.format,
                             chunk.wanted,
                             max_product_bytes,
                             world.budget,
                             output::spool_directory(files.spec)};
  auto contents = world.read_reply(body.bytes(), asked, **writer);
  if (!contents) return std::unexpected(contents.error());

  ChunkRecord after = chunk.record;
  after.outcomes.resize(chunk.ids.size(), Outcome::Pending);
  std::vector<SourceId> absent;
  const auto pack_index = static_cast<std::uint32_t>(after.packs.size());
  if (pack_index > 0) after.pack_of.resize(chunk.ids.size(), 0);
  for (std::size_t i = 0; i < chunk.wanted.size(); ++i) {
    after.outcomes[chunk.places[i]] = contents->found[i] ? Outcome::Delivered : Outcome::Absent;
    if (!contents->found[i])
      absent.push_back(chunk.wanted[i]);
    else if (pack_index > 0)
      after.pack_of[chunk.places[i]] = pack_index;
  }
  if (contents->products > 0) {
    auto pack = (*writer)->publish(body.bytes(), absent);
    if (!pack) return std::unexpected(pack.error());
    pack->generation = key.generation;
    after.packs.push_back(*pack);
  } else {
    writer->reset();
    if (auto discarded = files.layout->discard(key, chunk.wanted); !discarded)
      return std::unexpected(discarded.error());
    if (pack_index == 0) after.pack_of.clear();
  }
  ++after.requests;
  after.blocked = false;
  after.last_error.clear();
  return after;
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

ChunkEnd hold_for_ledger(const Error& error) {
  return {ChunkEnd::How::HoldHarvest, false, std::chrono::seconds(60), "ledger: " + error.detail, {}, 0};
}

// Records a failed attempt.
Task<ChunkEnd> fail_chunk(ChunkWorld world, std::shared_ptr<HarvestRun> run, Chunk chunk, Error error,
                          Verdict verdict) {
  ChunkEnd end;
  if (verdict.next == Next::Stop) co_return end;
  end.wait = verdict.wait;
  end.reason = printable(error.detail);
  log::info("{} {} chunk {}: {}: {}", run->record().name, run->record().retrieval_types[chunk.key.type],
            chunk.key.block, kind_name(error.kind), end.reason);
  end.how = verdict.next == Next::RetryChunk   ? ChunkEnd::How::Retry
            : verdict.next == Next::BlockChunk ? ChunkEnd::How::BlockChunk
            : verdict.next == Next::BlockType  ? ChunkEnd::How::BlockType
                                               : ChunkEnd::How::HoldHarvest;
  if (end.how == ChunkEnd::How::HoldHarvest) co_return end;  // our own disk or ledger: nothing is written to it now

  ChunkRecord after = chunk.record;
  ++after.requests;
  after.last_error = end.reason;
  if (verdict.counted) ++after.attempts;
  after.blocked = verdict.next == Next::BlockChunk;
  auto& ledger = world.ledger;
  auto settled =
      co_await world.workers.run(world.executor, [&ledger, &chunk, &after] { return settle(ledger, chunk, after, 0); });
  if (!settled) co_return hold_for_ledger(settled.error());
  end.delta = *settled;
  co_return end;
}

}  // namespace

Task<ChunkEnd> chunk_life(ChunkWorld world, std::shared_ptr<HarvestRun> run, ChunkClaim claim,
                          std::function<void()> answered) {
  const ledger::ChunkKey key{run->record().no, claim.type, claim.block};
  auto& ledger = world.ledger;
  auto loaded = co_await world.workers.run(world.executor, [&ledger, key] { return load(ledger, key); });
  const bool nothing_to_ask = !loaded || loaded->wanted.empty() || loaded->record.blocked;
  if (nothing_to_ask || !co_await world.queue.acquire(run->turn_stop.get_token())) {
    answered();
    if (!loaded) co_return hold_for_ledger(loaded.error());
    if (loaded->record.blocked)
      co_return ChunkEnd{ChunkEnd::How::BlockChunk, false, {}, loaded->record.last_error, {}, 0};
    if (loaded->wanted.empty()) co_return ChunkEnd{ChunkEnd::How::Settled, true, {}, {}, {}, 0};
    co_return ChunkEnd{};
  }
  Chunk chunk = std::move(*loaded);

  run->asking(claim, world.executor.now());
  auto request = request_for(*run, chunk, world.archive.profile());
  auto reply = co_await ask(world, run, std::move(request));
  run->answered(claim);
  Verdict verdict;
  if (!reply) verdict = judge(world, chunk, reply.error());
  if (!verdict.archive_trouble && verdict.next != Next::Stop) world.queue.succeeded();
  world.queue.release();
  answered();
  if (!reply) co_return co_await fail_chunk(world, run, std::move(chunk), std::move(reply.error()), verdict);

  const std::uint64_t bytes_received = reply->size();
  const std::uint64_t product_most = max_product_bytes(*run, key.type, world.archive.profile());
  auto files = run->files();
  auto stored = co_await world.workers.run(world.executor, [&world, files, &chunk, &reply, product_most] {
    auto result = store(world, *files, chunk, *reply, product_most);
    *reply = http::Body{};  // its memory goes back before the ledger's turn
    return result;
  });
  if (!stored) {
    Error error = as_ours(std::move(stored.error()));
    verdict = judge(world, chunk, error);
    co_return co_await fail_chunk(world, run, std::move(chunk), std::move(error), verdict);
  }

  auto settled = co_await world.workers.run(world.executor, [&ledger, &chunk, &stored, bytes_received] {
    return settle(ledger, chunk, *stored, bytes_received);
  });
  if (!settled) co_return hold_for_ledger(settled.error());
  co_return ChunkEnd{ChunkEnd::How::Settled, true, {}, {}, *settled, chunk.wanted.size()};
}

}  // namespace garner::harvest
