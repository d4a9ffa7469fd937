// Merges the chunk tables of a harvest of layout `table` into the tables of their tiles, each as soon as every chunk
// that reaches into the tile is done; settles the tiles in the ledger; and removes what is not needed any more then.
// The order of these steps is in output/tile_tables.h: a crash in between costs one more merge, never a row. A chunk's
// table is removed when its rows are in the settled tables of all tiles that it reaches into.
//
// Before a table is published it is held against the ledger: it must hold exactly those sources of its tile that are
// delivered; of a query, as many rows as its parts brought.
//
// What keeps a single tile from being merged (a damaged chunk table, tables that don't go together) is remembered and
// told by catch_up(); the other tiles are merged nevertheless, and that one is not tried again by this object.
// Memory: 16 bytes a tile, a bit a chunk. Threads: workers, one call at a time. Blocking, for long.
// Errors: those of ledger and output; what a disk or the ledger says ends the call and may pass; Cancelled.
#pragma once

#include <atomic>
#include <stop_token>

#include "harvest/run/harvest_run.h"

namespace garner::harvest {

// An interface, so that the engine can be tested without a disk.
class TileMerge {
 public:
  virtual ~TileMerge() = default;
  // The chunk was settled and nothing of it is pending. The first call looks after all that was done before, too.
  virtual Result<void> chunk_done(ChunkClaim chunk, std::stop_token stop) = 0;
  // All that can be merged is, whatever happened before. An error of kind Corrupt, Malformed or TooLarge says how many
  // tiles can't be, and why the first of them.
  virtual Result<void> catch_up(std::stop_token stop) = 0;
  // What the calls since this was asked last have added to the bytes on disk, as the ledger counts them; per
  // retrieval_type, all zero or as many as there are.
  virtual std::vector<std::int64_t> take_bytes_stored() = 0;
};

// The ledger must outlive it, and `steps`, which counts up while something moves.
std::unique_ptr<TileMerge> make_tile_merge(ledger::Ledger& ledger, std::shared_ptr<const HarvestFiles> files,
                                           std::atomic<std::uint64_t>& steps);

}  // namespace garner::harvest
