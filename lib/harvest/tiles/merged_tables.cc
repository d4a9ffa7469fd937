#include "harvest/tiles/merged_tables.h"

namespace garner::harvest {

namespace {

constexpr std::size_t kBatch = 1000;  // tiles

using Tiles = std::vector<std::pair<std::uint64_t, ledger::TileRecord>>;

Result<Tiles> next_batch(ledger::Ledger& ledger, const HarvestFiles& files, std::uint16_t type, std::uint64_t from) {
  Tiles batch;
  auto scanned =
      ledger.scan_tiles(files.no, type, from, [&batch](std::uint64_t tile, const ledger::TileRecord& record) {
        batch.emplace_back(tile, record);
        return batch.size() < kBatch;
      });
  if (!scanned) return std::unexpected(scanned.error());
  return batch;
}

// So many of a chunk's packs, its first ones, are in the tables of all tiles that it reaches into.
struct PacksMerged {
  std::uint32_t before = UINT32_MAX, after = UINT32_MAX;
};

// Each tile that ids of the chunk lie in, once, with its record, until visit returns false.
Result<void> each_tile_of_chunk(
    ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey chunk,
    const std::function<bool(std::uint64_t, const std::optional<ledger::TileRecord>&)>& visit) {
  const output::TileGeometry geometry(files.spec);
  const auto ids = ledger.ids(chunk.harvest, chunk.block);
  if (!ids) return std::unexpected(ids.error());
  std::optional<std::uint64_t> last;
  for (const SourceId id : *ids) {
    const std::uint64_t tile = geometry.tile_of(id);
    if (tile == last) continue;
    last = tile;
    const auto record = ledger.tile({chunk.harvest, chunk.type, tile});
    if (!record) return std::unexpected(record.error());
    if (!visit(tile, *record)) break;
  }
  return {};
}

Result<PacksMerged> packs_merged(ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey chunk,
                                 const TilesAsTheyBecome& tiles) {
  PacksMerged merged;
  const auto walked = each_tile_of_chunk(ledger, files, chunk, [&](std::uint64_t tile, const auto& record) {
    const std::uint32_t now = record ? record->packs_of(chunk.block) : 0;
    const auto becomes = tiles.find(tile);
    merged.before = std::min(merged.before, now);
    merged.after = std::min(merged.after, becomes == tiles.end() ? now : becomes->second.packs_of(chunk.block));
    return true;
  });
  if (!walked) return std::unexpected(walked.error());
  return merged;
}

}  // namespace

output::EachTile each_tile_of(ledger::Ledger& ledger, const HarvestFiles& files, std::atomic<std::uint64_t>& steps,
                              std::stop_token stop) {
  return
      [&ledger, &files, &steps, stop](
          const std::function<Result<void>(const output::TileKey&, const ledger::TileRecord&)>& visit) -> Result<void> {
        for (std::uint16_t type = 0; type < files.types.size(); ++type) {
          std::uint64_t from = 0;
          for (bool more = true; more;) {
            if (stop.stop_requested()) return fail(Kind::Cancelled, "stopped");
            const auto batch = next_batch(ledger, files, type, from);
            if (!batch) return std::unexpected(batch.error());
            for (const auto& [tile, record] : *batch) {
              if (auto visited = visit({files.types[type], tile, record.generation}, record); !visited) return visited;
              ++steps;
              from = tile + 1;
            }
            more = batch->size() == kBatch;
          }
        }
        return {};
      };
}

Result<std::optional<output::TileKey>> merged_into(ledger::Ledger& ledger, const HarvestFiles& files,
                                                   ledger::ChunkKey chunk, std::uint32_t generation, SourceId id) {
  const std::uint64_t tile = output::TileGeometry(files.spec).tile_of(id);
  const auto record = ledger.tile({chunk.harvest, chunk.type, tile});
  if (!record) return std::unexpected(record.error());
  if (!*record || (*record)->packs_of(chunk.block) <= generation) return std::nullopt;
  return output::TileKey{files.types[chunk.type], tile, (*record)->generation};
}

Result<bool> merged_everywhere(ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey chunk,
                               std::uint32_t generation) {
  bool everywhere = true;
  const auto walked = each_tile_of_chunk(ledger, files, chunk, [&](std::uint64_t, const auto& record) {
    everywhere = record && record->packs_of(chunk.block) > generation;
    return everywhere;
  });
  if (!walked) return std::unexpected(walked.error());
  return everywhere;
}

Result<std::uint64_t> bytes_let_go(ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey chunk,
                                   const ledger::ChunkRecord& record, const TilesAsTheyBecome& tiles) {
  const auto merged = packs_merged(ledger, files, chunk, tiles);
  if (!merged) return std::unexpected(merged.error());
  std::uint64_t bytes = 0;
  for (std::size_t pack = merged->before; pack < merged->after && pack < record.packs.size(); ++pack)
    bytes += record.packs[pack].bytes;
  return bytes;
}

}  // namespace garner::harvest
