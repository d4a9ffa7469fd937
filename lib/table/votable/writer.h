// Writes small VOTables for uploads with a query (TAP 1.1 §2.7.6): TABLEDATA, which every service reads, integers as
// long, so that 64-bit ids keep all their digits, and text as `char` with a variable size, never `unicodeChar`, which
// some services refuse. A null is an empty TD (VOTable 1.3 §6). Text is UTF-8, as services and VOTable 1.6 have it. The
// document grows in memory; who makes it bounds it by size() against the service's upload limit. Threads: one at a
// time. Values are copied. Errors: Invalid (columns or cells that can't be written; names row and column).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "table/table_reader.h"

namespace garner::table {

enum class UploadType { Long, Double, Text, Boolean };

struct UploadColumn {
  std::string name;  // the ADQL name of the column
  UploadType type = UploadType::Long;
  std::string unit{}, ucd{}, description{};
};

class VotableWriter {
 public:
  // monostate is null. An integer may stand in a Double column; nothing else is converted.
  using Value = std::variant<std::monostate, std::int64_t, double, std::string_view, bool>;

  static Result<VotableWriter> make(std::vector<UploadColumn> columns);

  Result<void> add_row(std::span<const Value> row);
  // So far, without the end of the document, which takes less than 100 bytes.
  std::uint64_t size() const { return text_.size(); }
  std::uint64_t rows() const { return rows_; }
  // The whole document. The writer is empty afterwards.
  std::string finish() &&;

 private:
  explicit VotableWriter(std::vector<UploadColumn> columns) : columns_(std::move(columns)) {}
  Result<void> add_cell(const UploadColumn& column, const Value& value);

  std::vector<UploadColumn> columns_;
  std::string text_;
  std::uint64_t rows_ = 0;
};

// One long column; what a join by id needs. 37 bytes a row for ids of 19 digits. Invalid for a name that can't be
// written.
Result<std::string> id_upload(std::string_view column_name, std::span<const std::int64_t> ids);

// A table of any format, read to its end and written for upload. What declares no types (CSV, TSV) becomes long, double
// or text, whichever holds every cell of a column; arrays are refused. TooLarge beyond max_bytes of document; the cells
// are held beside it. Else the reader's errors.
Result<std::string> votable_for_upload(std::unique_ptr<ByteSource> source, OpenOptions options,
                                       std::uint64_t max_bytes);

}  // namespace garner::table
