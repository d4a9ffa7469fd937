// Rows in the bytes of a BINARY or BINARY2 stream (VOTable 1.4 §5.4): how long a row is, and its cells.
// "nxm*": the count in front of a variable array counts primitives, as the standard and STIL have it.
// One thread at a time; the table must outlive it. Errors: Malformed, TooLarge.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "table/votable/field.h"

namespace garner::table {

class BinaryLayout {
 public:
  // Malformed where a FIELD's datatype has no binary form.
  static Result<BinaryLayout> make(const VotableTable& table, std::uint64_t max_cell_bytes);

  // Set if every row is that long, null mask included.
  std::optional<std::uint64_t> fixed_row_bytes() const { return fixed_row_bytes_; }
  // The length of the row at the front of the bytes, or nothing if they do not hold it whole.
  Result<std::optional<std::uint64_t>> row_bytes(std::span<const std::byte> bytes, std::uint64_t row) const;

  // Decodes the row's cells. `wanted` has an entry for each field; texts of cells point into the row, or into `scratch`
  // (unicodeChar).
  void decode(std::span<const std::byte> row, const std::vector<bool>& wanted, std::vector<Cell>& cells,
              std::string& scratch) const;

 private:
  // A cell with a count in front.
  struct VariableCell {
    std::uint64_t bytes_before = 0;  // of the cells of fixed size between the last one, or the row's start, and this
    std::uint64_t bits = 0;          // of a primitive
    const VotableField* field = nullptr;
  };

  const VotableTable* table_ = nullptr;
  std::uint64_t mask_bytes_ = 0;
  std::vector<VariableCell> variable_cells_;
  std::uint64_t bytes_behind_ = 0;  // the last of them
  std::uint64_t max_cell_bytes_ = 0;
  std::optional<std::uint64_t> fixed_row_bytes_;
};

}  // namespace garner::table
