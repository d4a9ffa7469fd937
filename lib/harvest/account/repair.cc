#include "harvest/account/repair.h"

#include <algorithm>

#include "base/durable_step.h"
#include "harvest/chunk/chunk.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;
using ledger::Outcome;

std::size_t pack_at(const ChunkRecord& record, std::size_t place) {
  return place < record.pack_of.size() ? record.pack_of[place] : 0;
}

bool is_delivered(const ChunkRecord& record, std::size_t place) {
  return place < record.outcomes.size() && record.outcomes[place] == Outcome::Delivered;
}

// The places of what a pack holds; of some sources only, if any are named.
std::vector<std::uint32_t> places_in(const ChunkRecord& record, std::size_t pack, std::span<const SourceId> ids,
                                     std::span<const SourceId> only) {
  std::vector<std::uint32_t> places;
  for (std::uint32_t place = 0; place < ids.size(); ++place) {
    if (!is_delivered(record, place) || pack_at(record, place) != pack) continue;
    if (only.empty() || std::ranges::binary_search(only, ids[place])) places.push_back(place);
  }
  return places;
}

// A part of a query with a lost piece: all of it is asked for again, and its other pieces go.
Result<std::uint64_t> put_back_part(ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey key,
                                    const ChunkRecord& before, std::span<const SourceId> ids) {
  const std::array<std::uint32_t, 1> place{0};
  ChunkRecord after = with_pending(before, place, ids.size(), true);
  after.packs.clear();
  after.pack_of.clear();
  const auto put_back = settle_put_back(ledger, key, before, after, ids.size());
  if (!put_back) return put_back;
  for (const auto& pack : before.packs) {
    auto gone = files.layout->discard({files.types[key.type], key.block, pack.generation}, ids);
    if (!gone) return std::unexpected(gone.error());
  }
  return std::max<std::uint64_t>(*put_back, 1);
}

Result<std::uint64_t> put_back_packs(ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey key) {
  const auto ids = ledger.ids(key.harvest, key.block);
  if (!ids) return std::unexpected(ids.error());
  const auto before = ledger.chunk(key);
  if (!before) return std::unexpected(before.error());
  ChunkRecord after = *before;
  for (std::size_t i = before->packs.size(); i-- > 0;) {
    const ledger::Pack pack = after.packs[i];
    const output::PackKey from{files.types[key.type], key.block, pack.generation};
    const auto loss = files.layout->loss(from, pack);
    if (!loss) return std::unexpected(loss.error());
    if (!loss->whole && loss->sources.empty()) continue;
    if (files.manifest.kind == manifest::HarvestKind::Query) return put_back_part(ledger, files, key, *before, *ids);
    const auto places = places_in(after, i, *ids, loss->sources);
    after = with_pending(after, places, ids->size(), false);
    if (loss->whole) {
      after = without_pack(after, i);
      continue;
    }
    const output::PackKey to{from.retrieval_type, key.block, next_generation(after)};
    auto rest = files.layout->without(from, to, pack, loss->sources);
    if (!rest) return std::unexpected(rest.error());
    after.packs[i] = *rest;
  }
  return settle_put_back(ledger, key, *before, after, ids->size());
}

}  // namespace

ChunkRecord with_pending(const ChunkRecord& record, std::span<const std::uint32_t> places, std::size_t ids,
                         bool query_part) {
  ChunkRecord after = record;
  if (places.empty()) return after;
  after.outcomes.resize(ids, Outcome::Pending);
  for (const std::uint32_t place : places) after.outcomes[place] = Outcome::Pending;
  after.attempts = 0;
  after.blocked = false;
  after.query.job.clear();  // it was asked about other sources
  after.query.width = after.query.suspects = after.query.done = 0;
  if (query_part) after.query.rows = 0;
  return after;
}

ChunkRecord without_pack(const ChunkRecord& record, std::size_t pack) {
  ChunkRecord after = record;
  after.packs.erase(after.packs.begin() + static_cast<std::ptrdiff_t>(pack));
  for (auto& index : after.pack_of) {
    if (index >= pack && index > 0) --index;
  }
  if (after.packs.size() <= 1) after.pack_of.clear();
  return after;
}

ledger::ChunkChange put_back_change(ledger::ChunkKey key, const ChunkRecord& before, const ChunkRecord& after,
                                    std::size_t ids) {
  return {key, after, ledger::delta_between(before, after, static_cast<std::uint32_t>(ids)),
          after.query.job.empty() ? before.query.job : std::string()};
}

std::uint64_t put_back_by(const ledger::ChunkChange& change) {
  return static_cast<std::uint64_t>(-std::min<std::int64_t>(change.delta.delivered, 0));
}

Result<std::uint64_t> settle_put_back(ledger::Ledger& ledger, ledger::ChunkKey key, const ChunkRecord& before,
                                      const ChunkRecord& after, std::size_t ids) {
  if (after == before) return 0;
  const auto change = put_back_change(key, before, after, ids);
  const DurableStepMark mark(DurableStep::Ledger);
  if (auto settled = ledger.settle(key, after, change.delta, change.job_left); !settled)
    return std::unexpected(settled.error());
  return put_back_by(change);
}

Result<std::vector<std::uint64_t>> put_back_lost(ledger::Ledger& ledger, const HarvestFiles& files,
                                                 const Suspects& suspects, std::atomic<std::uint64_t>& steps) {
  std::vector<std::uint64_t> products(files.types.size());
  const bool tables = files.spec.layout == LayoutKind::Table;
  for (const auto& key : suspects.chunks) {
    ++steps;
    const auto put_back = tables ? put_back_chunk_tables(ledger, files, key) : put_back_packs(ledger, files, key);
    if (!put_back) return std::unexpected(put_back.error());
    products[key.type] += *put_back;
  }
  for (const auto& key : suspects.tiles) {
    ++steps;
    const auto put_back = put_back_tile(ledger, files, key, steps);
    if (!put_back) return std::unexpected(put_back.error());
    products[key.type] += *put_back;
  }
  return products;
}

}  // namespace garner::harvest
