// What must be known of all rows before the header of a FITS table can be written: how wide its texts are, where nulls
// stand, which value can stand for them. A first pass over the rows. One thread at a time. No errors of its own.
#pragma once

#include <bitset>
#include <memory>

#include "table/row_cells.h"
#include "table/row_stream.h"

namespace garner::table {

// Of a column. The lowest values of an integer datatype are marked where they occur, since one that does not will stand
// for null.
struct ColumnFacts {
  static constexpr std::size_t kLowest = 65'536;  // all values of a short

  bool has_null = false;                         // by BINARY2's mask
  std::uint64_t longest_string = 0;              // bytes in UTF-8
  std::uint64_t most_elements = 0;               // in a cell of variable size; strings, where it is text
  std::uint64_t elements = 0;                    // in all cells of variable size; bytes in UTF-8, where it is text
  std::unique_ptr<std::bitset<kLowest>> lowest;  // nothing where none of them occurs

  // The first of the lowest values that does not occur.
  std::optional<std::int64_t> unused_value(Datatype datatype) const;
};

class FitsScan final : public RowTaker {
 public:
  Result<void> begin(const VotableTable& table, Serialization) override;
  Result<void> take(const RowBatch& rows) override;

  const std::vector<ColumnFacts>& facts() const { return facts_; }
  std::uint64_t rows() const { return rows_; }

 private:
  // A column that must be looked at in each row.
  struct Step {
    std::size_t column = 0;
    std::uint64_t bytes_before = 0;  // between the one before and this
    const VotableField* field = nullptr;
    unsigned bits = 0;                // of a primitive
    std::uint64_t string_length = 0;  // primitives of a string, where a cell holds several
  };

  const std::byte* look(const Step& step, const std::byte* data, bool is_masked);
  void look_at_text(const Step& step, const std::byte* data, std::uint64_t count);
  void look_at_integers(const Step& step, const std::byte* data, std::uint64_t count);

  std::optional<RowCells> cells_;
  std::vector<Step> steps_;
  std::vector<ColumnFacts> facts_;
  std::vector<std::byte> masks_;  // of all rows, or-ed
  std::string scratch_;
  std::uint64_t rows_ = 0;
};

// The bytes in UTF-8 of a string of primitives, which ends at a NUL.
std::uint64_t utf8_bytes(Datatype datatype, std::span<const std::byte> string, std::string& scratch);

}  // namespace garner::table
