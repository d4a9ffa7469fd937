// How the rows of a VOTable become rows of a FITS binary table (FITS standard 4.0 §7.3): a column a FIELD, its TFORM,
// its place, and what stands for null. Values. Errors: TooLarge (more columns than a binary table has), Malformed.
#pragma once

#include <array>

#include "table/fits/scan.h"

namespace garner::table {

struct FitsColumnPlan {
  enum class Form : std::uint8_t {
    Copy,      // the bytes are the same
    Logical,   // T, F or 0 instead of all that VOTable allows
    Padded,    // text of fixed width, with nothing behind a NUL
    Bit,       // a single one as L, which knows null
    Widened,   // integers in the next larger format: each value of their own occurs, and null too
    Text,      // in UTF-8, of fixed width
    Heap,      // a descriptor; elements as they are
    HeapBits,  // a descriptor; bits as L, for X behind descriptors is read by hardly anyone
    HeapText   // a descriptor; a text whose padding would take too much room
  };

  Form form = Form::Copy;
  std::string tform;
  std::vector<std::uint64_t> dimensions;  // of TDIM; empty: none
  std::optional<std::int64_t> tnull;
  std::uint64_t offset = 0, bytes = 0;  // in the row
  bool null_is_zero = true;             // else `null` again and again
  std::array<std::byte, 16> null{};     // an element that is null
  unsigned element_bytes = 1;           // in the table
  std::uint64_t string_length = 0;      // text: primitives of a string; 0: the cell is one string
  std::uint64_t string_bytes = 0;       // text: of a string in the table
};

struct FitsPlan {
  std::vector<FitsColumnPlan> columns;
  std::uint64_t row_bytes = 0;

  static Result<FitsPlan> make(const VotableTable& table, const FitsScan& scan);
};

}  // namespace garner::table
