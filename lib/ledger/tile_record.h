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
  // How many packs of each chunk went in, their first ones, from the tile's first chunk on. The tile is behind when a
  // chunk has more.
  std::vector<std::uint32_t> packs;
  std::uint64_t rows = 0;  // 0: there is no file
  std::uint64_t bytes = 0;
  Sha256 hash{};  // of the file
  bool operator==(const TileRecord&) const = default;
};

std::string encode(const TileRecord& record);
Result<TileRecord> decode_tile(std::string_view bytes);  // Corrupt

}  // namespace garner::ledger
