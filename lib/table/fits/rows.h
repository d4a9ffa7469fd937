// The rows of a FITS table on disk and the source_ids that they hold, for those who go through a table in order, or
// nearly so. One thread at a time; the file must outlive them.
#pragma once

#include "base/source_id.h"
#include "table/fits/file.h"

namespace garner::table {

// Raw rows; read ahead where they are asked for one after the other.
class FitsRows {
 public:
  explicit FitsRows(const FitsFile& file);

  // Valid until the next call.
  Result<std::span<const std::byte>> row(std::uint64_t row);

 private:
  const FitsFile& file_;
  std::uint64_t ahead_, first_ = 0, count_ = 0;
  std::vector<std::byte> buffer_;
};

class RowIds {
 public:
  // Malformed where the column is missing, unless an id is given that all rows have then, or holds no integers.
  static Result<RowIds> make(const FitsFile& file, const std::string& column, std::optional<SourceId> otherwise);

  bool known() const { return !same_.has_value(); }
  // Malformed for a row that has none; `number` counts from 0.
  Result<SourceId> in(std::span<const std::byte> row, std::uint64_t number);

 private:
  std::optional<SourceId> same_;
  FitsTable only_;  // the one column
  std::vector<Cell> cells_;
};

}  // namespace garner::table
