// The merged tables of layout `table`: one a HEALPix tile, made of the tables of the chunks that reach into it
// (table_layout.cc keeps those below .garner/tables). A merged table is never changed: when chunks were asked again for
// what they lacked, the tile gets a table of the next generation, from the one before and the new packs, and then the
// one before goes.
//
// So that no row is lost or doubled whatever happens: merge() publishes (write, fsync, rename, fsync of the folder) ->
// the ledger settles the tile's record -> the chunk tables whose tiles are all settled, and the tile's table of the
// generation before, are removed. A crash in between costs one more merge, or leaves files that the next start removes
// (harvest/tile_merge.h). Blocking: runs on workers; may be used by many threads, a tile by one at a time. Errors:
// DiskFull, Internal; Corrupt (a chunk's table that is damaged or missing: nothing is published), Malformed (tables
// that don't go together), what the witness says.
#pragma once

#include "output/output_tree.h"
#include "output/tile_geometry.h"

namespace garner::output {

struct PackToMerge {
  PackKey key;
  ledger::Pack pack;
};

// Who asks for a merge looks on; an error ends it, and nothing is published.
class TileWitness {
 public:
  virtual ~TileWitness() = default;
  // Now and then.
  virtual Result<void> go_on() = 0;
  // Every source that has rows, in order; not of a query.
  virtual Result<void> take(SourceId id) = 0;
  // All rows are there. The last word before they are published.
  virtual Result<void> end(std::uint64_t rows) = 0;
};

class TileTables {
 public:
  explicit TileTables(const OutputSpec& spec) : spec_(spec), geometry_(spec), tree_(spec) {}

  const TileGeometry& geometry() const { return geometry_; }

  // Makes the tile's table of the packs' rows that lie in the tile and of `before`, the tile's record so far, if any.
  // Every file is held against its hash first. Of the record first_block and packs are left to the caller. Without rows
  // nothing is published.
  Result<ledger::TileRecord> merge(const std::string& retrieval_type, std::uint64_t tile,
                                   const std::optional<ledger::TileRecord>& before, std::span<const PackToMerge> packs,
                                   TileWitness& witness);

  Result<void> remove_tile(const TileKey& key) { return tree_.remove_file(tile_path(spec_, key)); }
  // Not durably: after a power cut it may be there again.
  Result<void> remove_chunk(const PackKey& key) { return tree_.remove_file(chunk_table_path(spec_, key), false); }
  // The chunk tables of a type that lie on disk.
  Result<std::vector<PackKey>> chunks_on_disk(const std::string& retrieval_type) const;

  // Of a merged table, as of packs (layout.h).
  std::string file_of(const TileKey& key) const { return tile_path(spec_, key); }
  Result<std::vector<ProductPlace>> list(const TileKey& key) const;
  Result<ReadProduct> read(const TileKey& key, SourceId id, ReadRoom& room) const;
  Result<std::vector<std::string>> verify(const TileKey& key, const ledger::TileRecord& record) const;

 private:
  OutputSpec spec_;
  TileGeometry geometry_;
  OutputTree tree_;
};

// The rows of what stands behind an id of the harvest, out of a table, as a table of their own. whole: the table holds
// no others. NotFound if there are none; what the room says. The table is read twice: first to tell how much room its
// rows take.
Result<ReadProduct> rows_of(const OutputTree& tree, const OutputSpec& spec, const std::string& retrieval_type,
                            const std::string& relative, SourceId id, bool whole, ReadRoom& room);

}  // namespace garner::output
