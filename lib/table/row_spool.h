// Rows kept in a file without a name, for who must go over them twice where getting them again costs more: parsing
// TABLEDATA, inflating. One thread at a time. Errors: DiskFull, Internal; else the taker's.
#pragma once

#include "table/new_file.h"
#include "table/row_stream.h"

namespace garner::table {

class RowSpool {
 public:
  static Result<RowSpool> make(const std::filesystem::path& folder);

  Result<void> add(const RowBatch& rows);
  // Gives all of them to the taker. `table` describes them.
  Result<void> replay(const VotableTable& table, std::uint64_t max_cell_bytes, RowTaker& taker) const;

 private:
  explicit RowSpool(std::unique_ptr<NewFile> file) : file_(std::move(file)) {}

  std::unique_ptr<NewFile> file_;
  std::uint64_t bytes_ = 0;
};

}  // namespace garner::table
