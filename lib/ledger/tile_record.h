// What the ledger knows of one merged table (layout `table`), and its bytes. docs/ledger-format.md has the byte table.
// Values; no I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ledger/chunk_record.h"

namespace garner::ledger {

// The table of one HEALPix tile, into which the packs of the chunks that reach into the tile went.
struct TileRecord {
  std::uint32_t generation = 0;  // 0 for the first; chunks that were asked again make the next. The file's name has it.
  // The blocks that reach into the tile begin with this one; for each of them, how many packs of its chunk, its first
  // ones, went in. The tile is behind when a chunk has more.
  std::uint32_t first_block = 0;
  std::vector<std::uint32_t> packs;
  std::uint64_t rows = 0;  // 0: there is no file
  std::uint64_t bytes = 0;
  Sha256 hash{};  // of the file
  bool operator==(const TileRecord&) const = default;

  std::uint32_t packs_of(std::uint32_t block) const {
    return block < first_block || block - first_block >= packs.size() ? 0 : packs[block - first_block];
  }
};

std::string encode(const TileRecord& record);
Result<TileRecord> decode_tile(std::string_view bytes);  // Corrupt

}  // namespace garner::ledger
