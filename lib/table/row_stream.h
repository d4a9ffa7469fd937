// The rows of a VOTable in their binary form, exact and of every datatype, in batches: BINARY and BINARY2 as they are
// (VOTable 1.4 §5.4), TABLEDATA put into the form of BINARY2. One thread at a time. Errors: Malformed, TooLarge,
// Corrupt for a stream that ends inside a row; who takes the rows adds its own.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "table/votable/rows.h"

namespace garner::table {

// Whole rows, back to back.
struct RowBatch {
  std::span<const std::byte> bytes;
  std::span<const std::size_t> ends;  // of each row
};

class RowTaker {
 public:
  virtual ~RowTaker() = default;
  // Once, before any row. The table stays as long as rows come; its serialization is Binary or Binary2, `served` the
  // one in the document.
  virtual Result<void> begin(const VotableTable& table, Serialization served) = 0;
  virtual Result<void> take(const RowBatch& rows) = 0;
};

// Cuts bytes that come in pieces into rows.
class RowSplitter {
 public:
  // The table and the taker must outlive the splitter.
  static Result<RowSplitter> make(const VotableTable& table, std::uint64_t max_cell_bytes, RowTaker& taker);

  // Where the next bytes are appended; split() then hands on the rows that are whole.
  std::vector<std::byte>& bytes() { return bytes_; }
  Result<void> split();
  // Behind the last bytes.
  Result<void> finish();
  std::uint64_t rows() const { return rows_; }

 private:
  RowSplitter(const BinaryLayout& layout, RowTaker& taker) : layout_(layout), taker_(&taker) {}

  BinaryLayout layout_;
  RowTaker* taker_;
  std::vector<std::byte> bytes_;
  std::vector<std::size_t> ends_;
  std::uint64_t rows_ = 0;
};

class TabledataEncoder;

// Where a document's rows go while it is parsed.
class RowStream final : public RowSink {
 public:
  RowStream(const Limits& limits, RowTaker& taker);
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;
  ~RowStream() override;

  Result<void> begin(const VotableTable& table) override;
  bool wants_text(std::size_t) const override { return true; }
  Result<void> cell_text(std::string_view piece) override;
  void end_cell() override;
  bool wants_lines() const override { return false; }
  void end_row(std::uint64_t) override;
  Result<void> stream_text(std::string_view base64) override;
  Result<void> end_stream() override;

  // Behind the document's end: hands on the last rows.
  Result<void> finish();
  std::uint64_t rows() const { return splitter_ ? splitter_->rows() : 0; }

 private:
  Limits limits_;
  RowTaker& taker_;
  VotableTable binary_;
  std::optional<RowSplitter> splitter_;
  Base64Decoder decoder_;
  std::unique_ptr<TabledataEncoder> encoder_;  // of TABLEDATA
  std::optional<Error> error_;                 // of a cell or a row, until it can be told
};

}  // namespace garner::table
