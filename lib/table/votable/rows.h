// Where a VOTable's rows go while its XML is parsed. RowCheck only proves that they are whole; the reader's own sink
// keeps them. One thread at a time. Errors: Malformed for rows that do not fit the fields, Corrupt for a stream that
// ends inside a row.
#pragma once

#include <optional>
#include <string_view>

#include "table/votable/base64.h"
#include "table/votable/binary.h"

namespace garner::table {

class RowSink {
 public:
  virtual ~RowSink() = default;
  // The fields are known; called once, before any row, also for a TABLE without DATA. The table outlives the sink's
  // use.
  virtual Result<void> begin(const VotableTable& table) = 0;
  // TABLEDATA: whether the text of the cell about to begin should be given.
  virtual bool wants_text(std::size_t column) const = 0;
  virtual Result<void> cell_text(std::string_view piece) = 0;
  virtual void end_cell() = 0;
  virtual bool wants_lines() const = 0;          // counting line breaks costs time
  virtual void end_row(std::uint64_t line) = 0;  // 0 where not wanted
  // BINARY and BINARY2: the STREAM's characters in pieces.
  virtual Result<void> stream_text(std::string_view base64) = 0;
  virtual Result<void> end_stream() = 0;
};

class RowCheck final : public RowSink {
 public:
  // `first_of` names the column whose first cell is kept.
  explicit RowCheck(std::uint64_t max_cell_bytes, std::string_view first_of = {})
      : max_cell_bytes_(max_cell_bytes), first_of_(first_of) {}

  Result<void> begin(const VotableTable& table) override;
  bool wants_text(std::size_t column) const override { return rows_ == 0 && column == first_column_; }
  Result<void> cell_text(std::string_view piece) override;
  void end_cell() override {}
  bool wants_lines() const override { return false; }
  void end_row(std::uint64_t) override { ++rows_; }
  Result<void> stream_text(std::string_view base64) override;
  Result<void> end_stream() override;

  std::uint64_t rows() const { return rows_; }
  // Nothing where there is no such column or no row. Malformed for a text that is no integer where one is due.
  Result<std::optional<FirstCell>> first_cell() const;

 private:
  Result<void> walk_rows();
  Result<void> take_first_row(std::string_view base64, std::uint64_t row_bytes);
  void decode_first(std::span<const std::byte> row);

  std::uint64_t max_cell_bytes_;
  std::string first_of_;
  const VotableTable* table_ = nullptr;
  std::optional<std::size_t> first_column_;
  std::string first_text_;          // TABLEDATA
  std::optional<FirstCell> first_;  // BINARY and BINARY2
  std::optional<BinaryLayout> layout_;
  Base64Counter counter_;  // rows of one size: only counted
  Base64Decoder decoder_;  // else decoded, to walk the lengths in them
  std::vector<std::byte> decoded_;
  std::size_t next_walk_ = 0;  // decoded bytes at which rows are walked next
  std::uint64_t rows_ = 0;
};

}  // namespace garner::table
