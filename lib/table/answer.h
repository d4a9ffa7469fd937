// A whole answer in memory, plain or compressed, parsed to its end as often as is asked for. One thread at a time; the
// bytes must outlive it. Errors: Malformed, Corrupt, TooLarge; else the taker's and the copy's.
#pragma once

#include "table/convert.h"
#include "table/new_file.h"
#include "table/row_stream.h"

namespace garner::table {

class Answer {
 public:
  Answer(std::span<const std::byte> bytes, const ConvertOptions& options);

  bool is_compressed() const { return is_compressed_; }
  // Hands on the rows of the first table. `copy` gets the plain document, and may be null; else `bytes` stays 0.
  Result<ConvertedTable> read(RowTaker& taker, NewFile* copy = nullptr) const;

 private:
  std::span<const std::byte> bytes_;
  const ConvertOptions& options_;
  bool is_compressed_;
};

}  // namespace garner::table
