// VOTable as a pull reader: bytes are pushed into the document in blocks, whole rows queue up here and are handed out
// one by one. The queue never holds more than the rows of one block and the one begun.
#include <array>

#include "table/readers.h"
#include "table/votable/document.h"

namespace garner::table {

namespace {

constexpr std::size_t kBlockBytes = 64u << 10;

// Text cells of whole rows, flat: column by column, row by row.
class CellQueue final : public RowSink {
 public:
  CellQueue(const Limits& limits, std::vector<std::string> wanted_names)
      : limits_(limits), wanted_names_(std::move(wanted_names)) {}

  Result<void> begin(const VotableTable& table) override {
    table_ = &table;
    for (const auto& field : table.fields) columns_.push_back(field.column);
    wanted_ = wanted_columns(columns_, wanted_names_);
    cells_.resize(columns_.size());
    if (table.serialization == Serialization::TableData) return {};
    auto layout = BinaryLayout::make(table, limits_.max_cell_bytes);
    if (!layout) return std::unexpected(std::move(layout.error()));
    layout_ = *layout;
    return {};
  }

  bool wants_text(std::size_t column) const override { return wanted_[column]; }
  Result<void> cell_text(std::string_view piece) override {
    const std::size_t begun = ends_.empty() ? 0 : ends_.back();
    if (text_.size() - begun + piece.size() > limits_.max_cell_bytes || text_.size() > 4 * limits_.max_cell_bytes) {
      return fail(Kind::TooLarge, "a cell of more than {} bytes, or a row of four times that", limits_.max_cell_bytes);
    }
    text_ += piece;
    return {};
  }
  void end_cell() override { ends_.push_back(text_.size()); }
  bool wants_lines() const override { return true; }
  void end_row(std::uint64_t line) override { lines_.push_back(line); }

  Result<void> stream_text(std::string_view base64) override { return decoder_.add(base64, bytes_); }
  Result<void> end_stream() override {
    stream_ended_ = true;
    return decoder_.finish();
  }

  // True: the next row is in cells(). False: more of the document is needed.
  Result<bool> next() { return layout_ ? next_binary() : next_text(); }
  // Forgets the rows handed out, before more of the document is taken in.
  void compact();

  const std::vector<Column>& columns() const { return columns_; }
  const Cell& cell(std::size_t column) const { return cells_[column]; }
  std::string position() const {
    return layout_ || line_ == 0 ? fmt::format("row {}", row_) : fmt::format("line {}", line_);
  }

 private:
  Result<bool> next_text();
  Result<bool> next_binary();

  Limits limits_;
  std::vector<std::string> wanted_names_;
  const VotableTable* table_ = nullptr;
  std::vector<Column> columns_;
  std::vector<bool> wanted_;
  std::vector<Cell> cells_;
  std::uint64_t row_ = 0, line_ = 0;

  std::string text_;                  // of all cells queued
  std::vector<std::size_t> ends_;     // where each cell's text ends
  std::vector<std::uint64_t> lines_;  // one a whole row
  std::size_t next_row_ = 0;          // of lines_

  std::optional<BinaryLayout> layout_;
  Base64Decoder decoder_;
  std::vector<std::byte> bytes_;
  std::size_t taken_ = 0;
  bool stream_ended_ = false;
  std::string scratch_;
};

Result<bool> CellQueue::next_text() {
  if (next_row_ == lines_.size()) return false;
  const std::size_t first = next_row_ * columns_.size();
  line_ = lines_[next_row_++];
  ++row_;
  std::size_t begin = first == 0 ? 0 : ends_[first - 1];
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::size_t end = ends_[first + i];
    cells_[i] = Cell{};
    if (wanted_[i]) {
      const auto text = std::string_view(text_).substr(begin, end - begin);
      if (!interpret_text(columns_[i], text, cells_[i])) {
        return fail(Kind::Malformed, "{}: column '{}': expected an integer, found '{}'", position(),
                    printable(columns_[i].name), printable(text, 60));
      }
      if (table_->fields[i].null_value && table_->fields[i].null_value == cells_[i].integer && !columns_[i].is_array) {
        cells_[i].null = true;
      }
    }
    begin = end;
  }
  return true;
}

Result<bool> CellQueue::next_binary() {
  const auto rest = std::span<const std::byte>(bytes_).subspan(taken_);
  if (rest.empty()) return false;
  auto length = layout_->row_bytes(rest, row_ + 1);
  if (!length) return std::unexpected(std::move(length.error()));
  if (!*length) {
    if (!stream_ended_) return false;
    return fail(Kind::Corrupt, "the STREAM is cut inside row {}: {} bytes are left over", row_ + 1, rest.size());
  }
  layout_->decode(rest.first(**length), wanted_, cells_, scratch_);
  taken_ += **length;
  ++row_;
  return true;
}

void CellQueue::compact() {
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  const std::size_t given = next_row_ * columns_.size();
  if (given == 0) return;
  const std::size_t text_given = ends_[given - 1];
  text_.erase(0, text_given);
  ends_.erase(ends_.begin(), ends_.begin() + static_cast<std::ptrdiff_t>(given));
  for (auto& end : ends_) end -= text_given;
  lines_.erase(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(next_row_));
  next_row_ = 0;
}

class VotableReader final : public TableReader {
 public:
  VotableReader(std::unique_ptr<ByteSource> source, const OpenOptions& options)
      : source_(std::move(source)),
        queue_(options.limits, options.wanted),
        document_(options.limits, queue_),
        block_(kBlockBytes) {}

  // Errors behind the header wait until the rows before them were handed out.
  Result<void> open() {
    while (!document_.header_done() && !ended_) {
      auto more = feed();
      if (!more && !document_.header_done()) return more;
      if (!more) pending_ = std::move(more.error());
    }
    return {};
  }

  const std::vector<Column>& columns() const override { return queue_.columns(); }
  const std::map<std::string, std::string>& parameters() const override { return document_.parameters(); }
  const Cell& cell(std::size_t column) const override { return queue_.cell(column); }
  std::string position() const override { return queue_.position(); }

  Result<bool> next_row() override {
    if (failed_) return std::unexpected(*failed_);
    for (;;) {
      auto got = queue_.next();
      if (!got) failed_ = got.error();
      if (!got || *got) return got;
      // Rows before the damage were handed out; now its error is due.
      if (pending_) {
        failed_ = std::move(pending_);
        return std::unexpected(*failed_);
      }
      if (ended_) return false;
      queue_.compact();
      if (auto more = feed(); !more) pending_ = std::move(more.error());
    }
  }

 private:
  Result<void> feed() {
    auto got = source_->read(block_);
    if (!got) return std::unexpected(std::move(got.error()));
    ended_ = *got == 0;
    return document_.feed_block({reinterpret_cast<const char*>(block_.data()), *got}, ended_);
  }

  std::unique_ptr<ByteSource> source_;
  CellQueue queue_;
  VotableDocument document_;
  std::vector<std::byte> block_;
  bool ended_ = false;
  std::optional<Error> pending_, failed_;
};

}  // namespace

Result<std::unique_ptr<TableReader>> open_votable(std::unique_ptr<ByteSource> source, const OpenOptions& options) {
  auto reader = std::make_unique<VotableReader>(std::move(source), options);
  if (auto opened = reader->open(); !opened) return std::unexpected(std::move(opened.error()));
  return reader;
}

namespace {

// Of the good document that this thread checked last.
thread_local std::optional<VotablePattern> last_pattern;

}  // namespace

Result<TableSummary> check_votable(std::span<const std::byte> bytes, const Limits& limits, std::string_view first_of) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (last_pattern) {
    if (auto known = last_pattern->match(text, limits, first_of)) return *std::move(known);
  }
  RowCheck rows(limits.max_cell_bytes, first_of);
  VotableDocument document(limits, rows);
  if (auto fed = document.feed_whole(text); !fed) return std::unexpected(std::move(fed.error()));
  auto first_cell = rows.first_cell();
  if (!first_cell) return std::unexpected(std::move(first_cell.error()));
  const auto outline = document.outline();
  auto table = document.take_table();
  TableSummary summary;
  summary.first_cell = std::move(*first_cell);
  for (const auto& field : table.fields) summary.columns.push_back(field.column);
  summary.parameters = std::move(document.parameters());
  summary.rows = rows.rows();
  if (outline) last_pattern = VotablePattern::make(*outline, std::move(table), summary, limits);
  return summary;
}

}  // namespace garner::table
