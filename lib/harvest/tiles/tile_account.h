// Holds the rows of a tile that is being merged against the ledger: exactly the sources of the tile that are delivered;
// of a query, as many rows as its parts brought. Counts `steps` up, and ends the merge when it is told to stop. One
// merge, one thread. Errors: Corrupt (the source that is missing, or the one too many), Cancelled, the ledger's.
#pragma once

#include <atomic>
#include <stop_token>

#include "ledger/ledger.h"
#include "output/tile_tables.h"

namespace garner::harvest {

class TileAccount final : public output::TileWitness {
 public:
  // `chunks`: the records of the blocks with ids in the tile, from first_block on. All of it must outlive this.
  TileAccount(ledger::Ledger& ledger, ledger::TileKey key, const output::TileGeometry& geometry,
              std::uint32_t first_block, std::span<const ledger::ChunkRecord> chunks, std::atomic<std::uint64_t>& steps,
              std::stop_token stop);

  Result<void> go_on() override;
  Result<void> take(SourceId id) override;
  Result<void> end(std::uint64_t rows) override;

 private:
  Result<void> rows_add_up(std::uint64_t rows) const;
  // The next source of the tile that the ledger calls delivered.
  Result<std::optional<SourceId>> next_delivered();
  Result<void> read_block();

  ledger::Ledger& ledger_;
  ledger::TileKey key_;
  const output::TileGeometry& geometry_;
  std::uint32_t next_block_;
  std::span<const ledger::ChunkRecord> chunks_;  // of next_block_ and those behind; of a query: of all parts
  std::atomic<std::uint64_t>& steps_;
  std::stop_token stop_;
  std::vector<SourceId> delivered_;  // of the block read last
  std::size_t at_ = 0;
};

}  // namespace garner::harvest
