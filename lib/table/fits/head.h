// The head of a FITS file that holds one binary table: an empty primary HDU and the table's header, made by CFITSIO
// from nothing but what is given here, in whole blocks. Carries CHECKSUM and DATASUM (FITS standard 4.0 §4.4.2.7), no
// dates: the same table gives the same bytes. Who writes the file writes the data behind it and fills them to a whole
// block with zeros. Memory: the head. Any thread; waits for other users of CFITSIO.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"

namespace garner::table {

// Texts that are empty make no card. Only ASCII 0x20 to 0x7e stands in a header: other characters become '?'.
struct FitsHeadColumn {
  std::string name{}, tform{};
  std::string unit{}, ucd{}, description{};  // TUNIT, TUCD, TCOMM
  std::string dim{}, display{};              // TDIM, TDISP
  std::optional<std::int64_t> null{};        // TNULL
  std::string scale{}, zero{};               // TSCAL, TZERO: numbers as a header spells them
};

struct FitsHeadCard {
  std::string keyword;
  std::variant<std::int64_t, std::string> value;
  std::string comment;
};

struct FitsHead {
  std::string name;  // EXTNAME
  std::vector<FitsHeadColumn> columns;
  std::vector<FitsHeadCard> cards;  // more about the table
  std::uint64_t rows = 0;
  std::uint64_t heap_bytes = 0;
};

// With its checksums, of which the table's is good for data whose sum is data_sum. Two heads that differ in numbers
// only are of the same length. Errors: Internal, with CFITSIO's words, for what it can't write (a TFORM that is none).
Result<std::string> make_fits_head(const FitsHead& head, std::uint32_t data_sum);

}  // namespace garner::table
