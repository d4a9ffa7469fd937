// CSV, TSV and ECSV rows. The buffer holds what is not yet handed out and grows only for a record larger than it.
#include "table/readers.h"
#include "table/text/csv_scan.h"
#include "table/text/csv_shape.h"

namespace garner::table {

namespace {

constexpr std::size_t kBufferBytes = 128u << 10;

std::unexpected<Error> wrong_count(std::uint64_t line, const CsvRecord& record, std::size_t columns) {
  // The last line without a line break is what a cut file looks like.
  const bool is_cut = !record.ends_in_break && record.cells < columns;
  return fail(is_cut ? Kind::Corrupt : Kind::Malformed, "line {}: {} cells, but {} columns are named{}", line,
              record.cells, columns, is_cut ? ": the file is cut" : "");
}

class CsvReader final : public TableReader {
 public:
  CsvReader(std::unique_ptr<ByteSource> source, const OpenOptions& options)
      : source_(std::move(source)), limits_(options.limits), buffer_(kBufferBytes, '\0') {}

  Result<void> open(Format format, const std::vector<std::string>& wanted);

  const std::vector<Column>& columns() const override { return shape_.columns; }
  const std::map<std::string, std::string>& parameters() const override { return shape_.parameters; }
  const Cell& cell(std::size_t column) const override { return cells_[column]; }
  std::string position() const override { return fmt::format("line {}", line_); }
  Result<bool> next_row() override {
    if (failed_) return std::unexpected(*failed_);
    auto row = read_row();
    if (!row) failed_ = row.error();
    return row;
  }

 private:
  std::string_view text() const { return std::string_view(buffer_).substr(begin_, end_ - begin_); }
  Result<void> fill(std::uint64_t most);
  Result<bool> read_row();
  Result<void> interpret(std::string_view record);

  std::unique_ptr<ByteSource> source_;
  Limits limits_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;
  bool ended_ = false;
  CsvShape shape_;
  std::vector<bool> wanted_;
  std::vector<CsvCell> spans_;
  std::vector<Cell> cells_;
  std::string scratch_;
  std::uint64_t line_ = 0, next_line_ = 1;
  std::optional<Error> failed_;
};

Result<void> CsvReader::fill(std::uint64_t most) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    end_ -= begin_;
    begin_ = 0;
    buffer_.resize(std::max(buffer_.capacity(), kBufferBytes));
  }
  if (end_ == buffer_.size()) {
    if (end_ > most) return fail(Kind::TooLarge, "line {}: larger than {} bytes", next_line_, most);
    buffer_.resize(buffer_.size() * 2);
  }
  auto got = source_->read(std::as_writable_bytes(std::span(buffer_).subspan(end_)));
  if (!got) return std::unexpected(std::move(got.error()));
  ended_ = *got == 0;
  end_ += *got;
  return {};
}

Result<void> CsvReader::open(Format format, const std::vector<std::string>& wanted) {
  for (;;) {
    auto shape = read_csv_shape(text(), ended_, format, limits_);
    if (!shape) return std::unexpected(std::move(shape.error()));
    if (*shape) {
      shape_ = std::move(**shape);
      break;
    }
    if (auto filled = fill(limits_.max_header_bytes); !filled) return filled;
  }
  begin_ = shape_.consumed;
  next_line_ = shape_.lines + 1;
  wanted_ = wanted_columns(shape_.columns, wanted);
  cells_.resize(shape_.columns.size());
  return {};
}

Result<bool> CsvReader::read_row() {
  for (;;) {
    if (ended_ && begin_ == end_) return false;
    auto record = scan_csv_record(text(), ended_, shape_.delimiter, &spans_);
    if (!record) return with_context(std::move(record.error()), "line {}", next_line_);
    if (record->found == CsvRecord::Found::NeedMore) {
      if (auto filled = fill(limits_.max_cell_bytes); !filled) return std::unexpected(std::move(filled.error()));
      continue;
    }
    const auto whole = text().substr(0, record->consumed);
    begin_ += record->consumed;
    line_ = next_line_;
    next_line_ += record->lines;
    if (record->cells == 0) continue;
    if (record->cells != shape_.columns.size()) return wrong_count(line_, *record, shape_.columns.size());
    if (auto interpreted = interpret(whole); !interpreted) return std::unexpected(std::move(interpreted.error()));
    return true;
  }
}

Result<void> CsvReader::interpret(std::string_view record) {
  scratch_.clear();
  scratch_.reserve(record.size());
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    cells_[i] = Cell{};
    if (!wanted_[i]) continue;
    const auto cell_text = csv_cell_text(record, spans_[i], scratch_);
    if (!interpret_text(shape_.columns[i], cell_text, cells_[i])) {
      return fail(Kind::Malformed, "line {}: column '{}': expected an integer, found '{}'", line_,
                  printable(shape_.columns[i].name), printable(cell_text, 60));
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<TableReader>> open_csv(std::unique_ptr<ByteSource> source, const OpenOptions& options,
                                              Format format) {
  auto reader = std::make_unique<CsvReader>(std::move(source), options);
  if (auto opened = reader->open(format, options.wanted); !opened) return std::unexpected(std::move(opened.error()));
  return reader;
}

Result<TableSummary> check_csv(std::span<const std::byte> bytes, Format format, const Limits& limits,
                               std::string_view first_of) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  auto shape = read_csv_shape(text, true, format, limits);
  if (!shape) return std::unexpected(std::move(shape.error()));
  if (!*shape) return fail(Kind::Corrupt, "the file is cut in its header");
  CsvShape& found = **shape;
  TableSummary summary{std::move(found.columns), std::move(found.parameters), 0, {}};
  const auto first_column = first_of.empty() ? std::nullopt : find_column(summary.columns, first_of);
  std::vector<CsvCell> spans;
  text.remove_prefix(found.consumed);
  std::uint64_t line = found.lines + 1;
  while (!text.empty()) {
    const bool wants_cell = first_column && summary.rows == 0;
    auto record = scan_csv_record(text, true, found.delimiter, wants_cell ? &spans : nullptr);
    if (!record) return with_context(std::move(record.error()), "line {}", line);
    if (record->cells != 0) {
      if (record->cells != summary.columns.size()) return wrong_count(line, *record, summary.columns.size());
      if (wants_cell) {
        std::string scratch;
        auto cell = first_cell_of(summary.columns[*first_column], csv_cell_text(text, spans[*first_column], scratch));
        if (!cell) return with_context(std::move(cell.error()), "line {}", line);
        summary.first_cell = std::move(*cell);
      }
      ++summary.rows;
    }
    line += record->lines;
    text.remove_prefix(record->consumed);
  }
  return summary;
}

}  // namespace garner::table
