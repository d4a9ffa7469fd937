// What a VOTable FIELD says about its cells: the column as readers see it and its bytes in BINARY and BINARY2 streams
// (VOTable 1.4 §2.1 datatypes, §2.2 arrays, §5.4 BINARY and BINARY2). Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table/table_reader.h"

namespace garner::table {

enum class Datatype {
  Boolean,
  Bit,
  UnsignedByte,
  Short,
  Int,
  Long,
  Char,
  UnicodeChar,
  Float,
  Double,
  FloatComplex,
  DoubleComplex,
  Unknown
};

struct VotableField {
  Column column;
  Datatype datatype = Datatype::Unknown;
  std::string datatype_name;  // as written, for messages
  bool is_variable = false;   // arraysize ends in '*': a four-byte count of primitives stands before the cell
  std::uint64_t count = 1;    // primitives in a cell of fixed size
  std::string arraysize;      // as written, without blanks around it
  std::optional<std::int64_t> null_value;  // <VALUES null="…"> of an integer

  // Bytes of a cell with `primitives` primitives, without a count in front; bits are packed.
  std::uint64_t bytes(std::uint64_t primitives) const;
  unsigned bits() const;  // of a primitive
  // Of the arraysize; a variable one at the end is left out. "4x3*" has the one dimension 4.
  std::vector<std::uint64_t> dimensions() const;
};

enum class Serialization { TableData, Binary, Binary2 };

struct VotableTable {
  std::vector<VotableField> fields;
  Serialization serialization = Serialization::TableData;
};

Datatype parse_datatype(std::string_view name);
// Sets is_variable, count and the column's type and is_array. Malformed for an arraysize that is none. A repeat that
// passes max_cell_bytes is TooLarge.
Result<void> set_shape(VotableField& field, std::string_view arraysize, std::uint64_t max_cell_bytes);

// An integer as TABLEDATA and VALUES write it: decimal with a sign, or hexadecimal with 0x (§6 of VOTable 1.4), blanks
// around it.
std::optional<std::int64_t> parse_integer(std::string_view text);
// A number as TABLEDATA writes it, NaN and ±Inf included.
std::optional<double> parse_real(std::string_view text);
std::string_view trimmed(std::string_view text);

}  // namespace garner::table
