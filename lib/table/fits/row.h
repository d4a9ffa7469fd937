// The cells of one row of a FITS binary table, straight from its bytes (FITS standard 4.0 §7.3.3): big-endian numbers,
// TNULL and NaN as null, scaling by TSCAL and TZERO. Arrays behind descriptors (P, Q) are checked to lie in the heap,
// not decoded: null where empty. Errors: Corrupt for a descriptor that points outside of the heap, Malformed for a
// scaled integer that no 64-bit integer holds.
#pragma once

#include <span>
#include <vector>

#include "table/fits/layout.h"

namespace garner::table {

// An element of code B, I, J or K, unscaled.
std::int64_t load_fits_integer(char code, const std::byte* data);

// The elements behind a descriptor (P or Q): where they lie in the heap.
struct HeapCell {
  std::uint64_t count = 0, offset = 0, bytes = 0;
};
Result<HeapCell> heap_cell(const FitsTable& table, const FitsColumn& column, const std::byte* descriptor);

Result<void> decode_fits_row(const FitsTable& table, std::span<const std::byte> row, const std::vector<bool>& wanted,
                             std::vector<Cell>& cells);

}  // namespace garner::table
