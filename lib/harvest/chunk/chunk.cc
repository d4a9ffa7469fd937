#include "harvest/chunk/chunk.h"

#include "base/durable_step.h"
#include "policy/second_look.h"

namespace garner::harvest {

using ledger::ChunkRecord;
using ledger::Outcome;

void Chunk::ask_at_most(std::uint64_t most) {
  if (most == 0 || wanted.size() <= most) return;
  wanted.resize(static_cast<std::size_t>(most));
  places.resize(static_cast<std::size_t>(most));
}

Result<Chunk> load_chunk(ledger::Ledger& ledger, ledger::ChunkKey key, bool second_look) {
  Chunk chunk;
  chunk.key = key;
  auto ids = ledger.ids(key.harvest, key.block);
  if (!ids) return std::unexpected(ids.error());
  auto record = ledger.chunk(key);
  if (!record) return std::unexpected(record.error());
  chunk.ids = std::move(*ids);
  chunk.record = std::move(*record);
  chunk.job = chunk.record.query.job;
  chunk.second_look = second_look;
  const auto& empties = chunk.record.empties;
  auto empty = empties.begin();
  for (std::uint32_t i = 0; i < chunk.ids.size(); ++i) {
    const bool came_back_empty = empty != empties.end() && *empty == i;
    if (came_back_empty) ++empty;
    if (!chunk.record.outcomes.empty() && chunk.record.outcomes[i] != Outcome::Pending) continue;
    if (came_back_empty != second_look) continue;
    chunk.places.push_back(i);
    chunk.wanted.push_back(chunk.ids[i]);
  }
  return chunk;
}

Result<void> settle(ledger::Ledger& ledger, Chunk& chunk, ChunkRecord after, std::uint64_t bytes_received,
                    const std::optional<ledger::JournalEntry>& entry) {
  policy::drop_stale_marks(after);
  auto delta = ledger::delta_between(chunk.record, after, static_cast<std::uint32_t>(chunk.ids.size()));
  delta.bytes_received = static_cast<std::int64_t>(bytes_received);
  {
    const DurableStepMark mark(DurableStep::Ledger);
    const std::string_view job_left = chunk.job != after.query.job ? chunk.job : std::string_view();
    if (auto settled = ledger.settle(chunk.key, after, delta, job_left, entry ? &*entry : nullptr); !settled)
      return settled;
  }
  chunk.record = std::move(after);
  chunk.settled += delta;
  return {};
}

Task<Result<void>> settle_on_worker(ChunkWorld world, Chunk& chunk, ChunkRecord after,
                                    std::optional<ledger::JournalEntry> entry) {
  auto& ledger = world.ledger;
  co_return co_await world.workers.run(
      world.executor, [&ledger, &chunk, &after, &entry] { return settle(ledger, chunk, std::move(after), 0, entry); });
}

std::uint32_t next_generation(const ChunkRecord& record) {
  std::uint32_t generation = 0;
  while (std::ranges::find(record.packs, generation, &ledger::Pack::generation) != record.packs.end()) ++generation;
  return generation;
}

output::PackKey next_pack(const HarvestFiles& files, const Chunk& chunk) {
  return {files.types[chunk.key.type], chunk.key.block, next_generation(chunk.record)};
}

Error as_own(Error error) {
  if (error.kind != Kind::DiskFull && error.kind != Kind::Cancelled) error.kind = Kind::Internal;
  return error;
}

Result<ChunkRecord> lay_down(const ChunkWorld& world, HarvestFiles& files, const Chunk& chunk,
                             std::unique_ptr<output::PackWriter> writer, std::span<const std::byte> reply,
                             const Came& came) {
  const output::PackKey key = next_pack(files, chunk);
  ChunkRecord after = chunk.record;
  after.outcomes.resize(chunk.ids.size(), Outcome::Pending);
  const policy::EmptyAnswer empty{files.manifest.confirm_absent, chunk.second_look,
                                  world.archive.profile().manners.attempts_most};
  std::vector<SourceId> left_out;
  const auto pack_index = static_cast<std::uint32_t>(chunk.record.packs.size());
  if (pack_index > 0) after.pack_of.resize(chunk.ids.size(), 0);
  for (std::size_t i = 0; i < chunk.wanted.size(); ++i) {
    if (!came.found[i]) {
      policy::came_back_empty(after, chunk.places[i], empty);
      left_out.push_back(chunk.wanted[i]);
      continue;
    }
    after.outcomes[chunk.places[i]] = Outcome::Delivered;
    if (pack_index > 0) after.pack_of[chunk.places[i]] = pack_index;
  }
  if (came.anything) {
    auto pack = writer->publish(reply, left_out);
    if (!pack) return std::unexpected(as_own(pack.error()));
    pack->generation = key.generation;
    after.packs.push_back(*pack);
  } else {
    writer.reset();
    if (auto discarded = files.layout->discard(key, chunk.wanted); !discarded)
      return std::unexpected(as_own(discarded.error()));
    if (pack_index == 0) after.pack_of.clear();
  }
  ++after.requests;
  after.blocked = false;
  after.last_error.clear();
  after.query.job.clear();
  return after;
}

}  // namespace garner::harvest
