#include "harvest/tiles/merged_tables.h"

namespace garner::harvest {

output::EachTile each_tile_of(ledger::Ledger& ledger, const HarvestFiles& files, std::atomic<std::uint64_t>& steps) {
  return
      [&ledger, &files, &steps](
          const std::function<Result<void>(const output::TileKey&, const ledger::TileRecord&)>& visit) -> Result<void> {
        for (std::uint16_t type = 0; type < files.types.size(); ++type) {
          Result<void> visited;
          auto scanned =
              ledger.scan_tiles(files.no, type, 0, [&](std::uint64_t tile, const ledger::TileRecord& record) {
                visited = visit({files.types[type], tile, record.generation}, record);
                ++steps;
                return visited.has_value();
              });
          if (!scanned) return scanned;
          if (!visited) return visited;
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
    if (!*record || (*record)->packs_of(chunk.block) <= generation) return false;
  }
  return true;
}

}  // namespace garner::harvest
