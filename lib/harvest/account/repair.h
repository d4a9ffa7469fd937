// Puts back to pending what is damaged or missing on disk, so that it is fetched again, and that alone. The ledger goes
// first: what it calls pending may lie on disk in part, and is replaced by what comes; so that a kill at any moment
// neither loses nor doubles anything. A damaged file stays until another one takes its place.
//
// Of a pack of one file all its products are lost; of layout `files` those whose own files are. Of layout `table` a
// lost tile costs the sources in it, a lost table of a chunk those of its rows that are merged nowhere yet. Of a query
// a whole part is asked for again, since its pieces are not told apart.
// Nothing of the harvest may be in hand. Blocking. Errors: those of ledger and output.
#pragma once

#include <atomic>
#include <vector>

#include "harvest/run/harvest_run.h"

namespace garner::harvest {

// Where verify found damage. It is looked for again before anything is put back.
struct Suspects {
  std::vector<ledger::ChunkKey> chunks;
  std::vector<ledger::TileKey> tiles;
  bool empty() const { return chunks.empty() && tiles.empty(); }
};

// Returns how many products were put back, per retrieval_type.
Result<std::vector<std::uint64_t>> put_back_lost(ledger::Ledger& ledger, const HarvestFiles& files,
                                                 const Suspects& suspects, std::atomic<std::uint64_t>& steps);

// Pure: the record once the products at these places (rising) are to be fetched again. Of a query all of the part.
ledger::ChunkRecord with_pending(const ledger::ChunkRecord& record, std::span<const std::uint32_t> places,
                                 std::size_t ids, bool query_part);
// Pure: the record without a pack whose products are pending already.
ledger::ChunkRecord without_pack(const ledger::ChunkRecord& record, std::size_t pack);

// Layout `table`. The products put back.
Result<std::uint64_t> put_back_chunk_tables(ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey key);
Result<std::uint64_t> put_back_tile(ledger::Ledger& ledger, const HarvestFiles& files, ledger::TileKey key,
                                    std::atomic<std::uint64_t>& steps);

// What is to be settled where some of what was delivered is pending again; a remote job that the record names no more
// is left to be deleted.
ledger::ChunkChange put_back_change(ledger::ChunkKey key, const ledger::ChunkRecord& before,
                                    const ledger::ChunkRecord& after, std::size_t ids);
// How many products it puts back.
std::uint64_t put_back_by(const ledger::ChunkChange& change);
// Settles it alone, unless nothing changes; returns how many products that are.
Result<std::uint64_t> settle_put_back(ledger::Ledger& ledger, ledger::ChunkKey key, const ledger::ChunkRecord& before,
                                      const ledger::ChunkRecord& after, std::size_t ids);

}  // namespace garner::harvest
