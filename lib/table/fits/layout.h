// Where the columns of a FITS binary table lie in its rows (FITS standard 4.0 §7.3): TFORMn, TSCALn, TZEROn, TNULLn,
// and the heap. Values. Errors: Malformed, TooLarge.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "table/fits/header.h"
#include "table/table_reader.h"

namespace garner::table {

struct FitsColumn {
  enum class Scaling : std::uint8_t { None, Offset, UnsignedLong, Real };

  Column column;
  char code = 0;     // of TFORM: L X B I J K A E D C M P Q
  char element = 0;  // what P and Q point at
  std::uint64_t repeat = 1;
  std::uint64_t offset = 0;  // in the row
  std::optional<std::int64_t> null_value;
  Scaling scaling = Scaling::None;
  std::int64_t integer_zero = 0;  // Offset
  double scale = 1, zero = 0;     // Real
};

struct FitsTable {
  std::vector<FitsColumn> columns;
  std::uint64_t row_bytes = 0, rows = 0;
  std::uint64_t heap_bytes = 0;  // from THEAP to the data's end
};

Result<FitsTable> fits_table(const FitsHeader& header, const Limits& limits);

// Bytes of `count` elements of a TFORM code; 0 for a code that is none.
std::uint64_t fits_bytes(char code, std::uint64_t count);

}  // namespace garner::table
