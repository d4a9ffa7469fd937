// Layout `table`: rows lie in the table of their tile, or in their chunk's until that is merged. A pack stays in its
// chunk's record, since tiles count them; where its rows are lost, a tile's record says that it needs no more of it.
// Chunks and tiles change in one batch: a kill in between would leave sources that are delivered nowhere, or a table
// that is to be merged and is lost.
#include <algorithm>
#include <set>

#include "base/durable_step.h"
#include "harvest/account/repair.h"
#include "harvest/tiles/merged_tables.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;
using ledger::Outcome;
using ledger::TileRecord;

std::size_t pack_at(const ChunkRecord& record, std::size_t place) {
  return place < record.pack_of.size() ? record.pack_of[place] : 0;
}

bool is_delivered(const ChunkRecord& record, std::size_t place) {
  return place < record.outcomes.size() && record.outcomes[place] == Outcome::Delivered;
}

// The tile needs none of the first so many packs of the block's chunk.
void set_packs_of(TileRecord& record, std::uint32_t block, std::uint32_t packs) {
  if (record.packs.empty()) record.first_block = block;
  if (block < record.first_block) {
    record.packs.insert(record.packs.begin(), record.first_block - block, 0);
    record.first_block = block;
  }
  if (block - record.first_block >= record.packs.size()) record.packs.resize(block - record.first_block + 1, 0);
  record.packs[block - record.first_block] = packs;
}

Result<void> settle(ledger::Ledger& ledger, std::span<const ledger::ChunkChange> chunks,
                    std::span<const ledger::TileChange> tiles) {
  const DurableStepMark mark(DurableStep::Ledger);
  return ledger.settle_together(chunks, tiles);
}

// The first of a chunk's tables that is lost before it was merged; the number of its packs where there is none.
Result<std::size_t> first_lost(ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey key,
                               const ChunkRecord& record) {
  for (std::size_t i = 0; i < record.packs.size(); ++i) {
    const auto& pack = record.packs[i];
    const auto loss = files.layout->loss({files.types[key.type], key.block, pack.generation}, pack);
    if (!loss) return std::unexpected(loss.error());
    if (!loss->whole) continue;
    const auto merged = merged_everywhere(ledger, files, key, pack.generation);
    if (!merged) return std::unexpected(merged.error());
    if (!*merged) return i;
  }
  return record.packs.size();
}

bool is_part(const HarvestFiles& files) {
  return files.manifest.kind == manifest::HarvestKind::Query;
}

}  // namespace

Result<std::uint64_t> put_back_chunk_tables(ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey key) {
  const auto ids = ledger.ids(key.harvest, key.block);
  if (!ids) return std::unexpected(ids.error());
  const auto before = ledger.chunk(key);
  if (!before) return std::unexpected(before.error());
  const auto lost = first_lost(ledger, files, key, *before);
  if (!lost) return std::unexpected(lost.error());
  if (*lost == before->packs.size()) return 0;

  // What a tile has merged of the chunk is there; what it has not is asked for again, the packs behind the lost one
  // too.
  const output::TileGeometry geometry(files.spec);
  TilesAsTheyBecome tiles;  // those that lack some of it
  std::set<std::uint64_t> complete;
  std::vector<std::uint32_t> places;
  for (std::uint32_t place = 0; place < ids->size(); ++place) {
    const std::uint64_t tile = geometry.tile_of((*ids)[place]);
    if (complete.contains(tile)) continue;
    if (!tiles.contains(tile)) {
      auto record = ledger.tile({key.harvest, key.type, tile});
      if (!record) return std::unexpected(record.error());
      const TileRecord known = record->value_or(TileRecord{});
      if (known.packs_of(key.block) > *lost) {
        complete.insert(tile);
        continue;
      }
      tiles.emplace(tile, known);
    }
    const bool in_tile = pack_at(*before, place) < tiles.at(tile).packs_of(key.block);
    if (is_delivered(*before, place) && !in_tile) places.push_back(place);
  }
  if (is_part(files)) places.assign(1, 0);
  const ChunkRecord after = with_pending(*before, places, ids->size(), is_part(files));
  for (auto& [tile, record] : tiles) set_packs_of(record, key.block, static_cast<std::uint32_t>(before->packs.size()));
  const auto let_go = bytes_let_go(ledger, files, key, *before, tiles);
  if (!let_go) return std::unexpected(let_go.error());
  std::vector<ledger::TileChange> tile_changes;
  for (const auto& [tile, record] : tiles) tile_changes.push_back({{key.harvest, key.type, tile}, record});
  tile_changes.front().bytes_stored = -static_cast<std::int64_t>(*let_go);  // in all of them, so of any
  const auto change = put_back_change(key, *before, after, ids->size());
  if (auto settled = settle(ledger, {&change, 1}, tile_changes); !settled) return std::unexpected(settled.error());
  return put_back_by(change);
}

Result<std::uint64_t> put_back_tile(ledger::Ledger& ledger, const HarvestFiles& files, ledger::TileKey key,
                                    std::atomic<std::uint64_t>& steps) {
  const auto found = ledger.tile(key);
  if (!found) return std::unexpected(found.error());
  if (!*found || (*found)->rows == 0) return 0;
  TileRecord record = **found;
  const auto damages =
      output::TileTables(files.spec).verify({files.types[key.type], key.tile, record.generation}, record);
  if (!damages) return std::unexpected(damages.error());
  if (damages->empty()) return 0;

  const output::TileGeometry geometry(files.spec);
  std::uint64_t products = 0, gone = record.bytes;
  std::vector<ledger::ChunkChange> chunk_changes;
  const auto blocks = static_cast<std::uint32_t>(record.packs.size());
  for (std::uint32_t block = record.first_block; block < record.first_block + blocks; ++block) {
    ++steps;
    const ledger::ChunkKey chunk{key.harvest, key.type, block};
    const auto ids = ledger.ids(key.harvest, block);
    if (!ids) return std::unexpected(ids.error());
    const auto before = ledger.chunk(chunk);
    if (!before) return std::unexpected(before.error());
    std::vector<std::uint32_t> places;
    for (std::uint32_t place = 0; place < ids->size(); ++place) {
      if (is_delivered(*before, place) && geometry.tile_of((*ids)[place]) == key.tile) places.push_back(place);
    }
    const ChunkRecord after = with_pending(*before, places, ids->size(), is_part(files));
    set_packs_of(record, block, static_cast<std::uint32_t>(before->packs.size()));
    const auto let_go = bytes_let_go(ledger, files, chunk, *before, {{key.tile, record}});
    if (!let_go) return std::unexpected(let_go.error());
    gone += *let_go;
    if (after == *before) continue;
    chunk_changes.push_back(put_back_change(chunk, *before, after, ids->size()));
    products += put_back_by(chunk_changes.back());
  }
  record.rows = record.bytes = 0;
  record.hash = {};
  const ledger::TileChange tile_change{key, record, -static_cast<std::int64_t>(gone)};
  if (auto settled = settle(ledger, chunk_changes, {&tile_change, 1}); !settled)
    return std::unexpected(settled.error());
  return products;
}

}  // namespace garner::harvest
