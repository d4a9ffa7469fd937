// Where the rows of a harvest of layout `table` are, as the ledger says: in the merged table of their tile, or still in
// the table of their chunk. Threads: any. Blocking. Errors: the ledger's.
#pragma once

#include <atomic>
#include <map>
#include <stop_token>

#include "harvest/run/harvest_run.h"
#include "output/tile_tables.h"

namespace garner::harvest {

// Every settled tile of a harvest, in order; the ledger is free while they are looked at, as with each_pack_of.
// Cancelled once `stop` is requested.
output::EachTile each_tile_of(ledger::Ledger& ledger, const HarvestFiles& files, std::atomic<std::uint64_t>& steps,
                              std::stop_token stop);

// The merged table that holds a delivered id's rows of that pack; none while it is not merged.
Result<std::optional<output::TileKey>> merged_into(ledger::Ledger& ledger, const HarvestFiles& files,
                                                   ledger::ChunkKey chunk, std::uint32_t generation, SourceId id);
// Whether all of the pack's rows are in settled tables: its own table is not needed any more.
Result<bool> merged_everywhere(ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey chunk,
                               std::uint32_t generation);
// The bytes of those packs of the chunk that are in settled tables whole once these tiles (by number) have become so,
// and were not before: what is stored of them lies in their tiles from then on.
using TilesAsTheyBecome = std::map<std::uint64_t, ledger::TileRecord>;
Result<std::uint64_t> bytes_let_go(ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey chunk,
                                   const ledger::ChunkRecord& record, const TilesAsTheyBecome& tiles);

}  // namespace garner::harvest
