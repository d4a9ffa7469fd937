// Merges the chunk tables of a harvest of layout `table` into the tables of their tiles, each as soon as every chunk
// that reaches into the tile is done; settles the tiles in the ledger; and removes what is not needed any more then.
// The order of these steps is in output/tile_tables.h: a crash in between costs one more merge, never a row. A chunk's
// table is removed when its rows are in the settled tables of all tiles that it reaches into.
//
// Before a table is published its sources are held against the ledger: it must hold exactly those of its tile that are
// delivered.
//
// What keeps a single tile from being merged (a damaged chunk table, tables that don't go together) is remembered and
// told by catch_up(); the other tiles are merged nevertheless, and that one is not tried again by this object.
// Memory: 16 bytes a tile, a bit a chunk. Threads: workers, one call at a time. Blocking, for long.
// Errors: DiskFull and the like end the call and may pass; Cancelled.
#pragma once

#include <atomic>
#include <stop_token>

#include "harvest/harvest_run.h"
#include "output/tile_tables.h"

namespace garner::harvest {

class TileMerge {
 public:
  // All of them must outlive it. `steps` counts up while something moves.
  TileMerge(ledger::Ledger& ledger, const HarvestFiles& files, std::atomic<std::uint64_t>& steps);

  // The chunk was settled and nothing of it is pending.
  Result<void> chunk_done(ChunkClaim chunk, std::stop_token stop);
  // All that can be merged is, whatever happened before. An error of kind Corrupt, Malformed or TooLarge says which
  // tiles can't be, and why the first of them.
  Result<void> catch_up(std::stop_token stop);

 private:
  struct Tile {
    std::uint64_t number = 0;
    std::uint32_t first = 0, last = 0;  // blocks with ids in it
  };
  struct TypeTiles {
    std::vector<bool> done;     // by block
    std::vector<bool> current;  // by place in tiles_: merged as far as the ledger goes
    std::map<std::size_t, Error> failed;
  };
  // A tile with the records of its chunks.
  struct Job {
    ledger::TileKey key;
    Tile tile;
    std::optional<ledger::TileRecord> before;
    std::vector<ledger::ChunkRecord> chunks;
    std::vector<std::uint32_t> packs() const;
  };

  Result<void> load(std::stop_token stop);
  Result<void> read_tiles(std::stop_token stop);
  Result<void> sweep(std::uint16_t type);
  std::vector<std::size_t> tiles_of_block(std::uint32_t block) const;
  bool complete(const TypeTiles& type, const Tile& tile) const;
  Result<void> bring_up(std::uint16_t type, std::size_t place, std::stop_token stop);
  Result<Job> job_for(std::uint16_t type, const Tile& tile);
  Result<void> merge(const Job& job, std::stop_token stop);
  Result<void> clean_up(const Job& job, const ledger::TileRecord& record);
  Result<bool> merged_everywhere(std::uint16_t type, std::uint32_t block, std::uint32_t generation);

  ledger::Ledger& ledger_;
  const HarvestFiles& files_;
  std::atomic<std::uint64_t>& steps_;
  output::TileTables tables_;
  bool loaded_ = false;
  std::vector<Tile> tiles_;  // by number
  std::vector<TypeTiles> types_;
};

// The merged table that holds a delivered id's rows of that pack; none while it is not merged.
Result<std::optional<output::TileKey>> merged_into(ledger::Ledger& ledger, const HarvestFiles& files,
                                                   ledger::ChunkKey chunk, std::uint32_t generation, SourceId id);

}  // namespace garner::harvest
