// FITS as a stream: HDU after HDU, the first binary table's rows on the way, to the padding of the last one.
#include <algorithm>

#include "table/fits/row.h"
#include "table/readers.h"

namespace garner::table {

namespace {

constexpr std::size_t kBufferBytes = 64u << 10;

// Bytes in order, with a buffer, and where they are for messages.
class FitsInput {
 public:
  explicit FitsInput(std::unique_ptr<ByteSource> source) : source_(std::move(source)), buffer_(kBufferBytes) {}

  std::uint64_t offset() const { return offset_; }

  // The next `count` bytes, fewer at the end only. Valid until the next call.
  Result<std::span<const std::byte>> take(std::size_t count) {
    if (auto filled = fill(count); !filled) return std::unexpected(std::move(filled.error()));
    const std::size_t given = std::min(count, end_ - begin_);
    const auto bytes = std::span<const std::byte>(buffer_).subspan(begin_, given);
    begin_ += given;
    offset_ += given;
    return bytes;
  }

  // How many bytes could be skipped; fewer than asked for at the end only.
  Result<std::uint64_t> skip(std::uint64_t count) {
    std::uint64_t skipped = 0;
    while (skipped < count) {
      auto bytes = take(static_cast<std::size_t>(std::min<std::uint64_t>(count - skipped, kBufferBytes)));
      if (!bytes) return std::unexpected(std::move(bytes.error()));
      if (bytes->empty()) break;
      skipped += bytes->size();
    }
    return skipped;
  }

 private:
  Result<void> fill(std::size_t count) {
    if (end_ - begin_ >= count) return {};
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    if (buffer_.size() < count) buffer_.resize(count);  // a row's length is bounded by max_cell_bytes
    while (end_ < count) {
      auto got = source_->read(std::span(buffer_).subspan(end_));
      if (!got) return std::unexpected(std::move(got.error()));
      if (*got == 0) break;
      end_ += *got;
    }
    return {};
  }

  std::unique_ptr<ByteSource> source_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t offset_ = 0;
};

class FitsReader final : public TableReader {
 public:
  FitsReader(std::unique_ptr<ByteSource> source, const OpenOptions& options)
      : input_(std::move(source)), limits_(options.limits), wanted_names_(options.wanted) {}

  // To the rows of the first binary table; has_table() is false if there is none up to the file's end.
  Result<void> open();
  bool has_table() const { return has_table_; }
  // Passes over the rows that were not read without looking at them.
  Result<void> skip_rows();
  std::uint64_t rows() const { return table_.rows; }
  std::vector<Column> take_columns() { return std::move(columns_); }
  std::map<std::string, std::string> take_parameters() { return std::move(parameters_); }

  const std::vector<Column>& columns() const override { return columns_; }
  const std::map<std::string, std::string>& parameters() const override { return parameters_; }
  Result<bool> next_row() override;
  const Cell& cell(std::size_t column) const override { return cells_[column]; }
  std::string position() const override { return fmt::format("row {}", row_); }

 private:
  Result<bool> next_header();
  Result<void> skip_data(std::uint64_t bytes);
  Result<void> skip_padding();
  Result<void> to_the_end();
  Result<bool> read_row();
  std::unexpected<Error> cut(std::uint64_t missing) const {
    return fail(Kind::Corrupt, "HDU {}: the file is cut at byte {}: {} bytes are missing", hdu_, input_.offset(),
                missing);
  }

  FitsInput input_;
  Limits limits_;
  std::vector<std::string> wanted_names_;
  std::uint64_t hdu_ = 0;  // of header_; the primary one is 1
  FitsHeader header_;
  bool has_table_ = false, ended_ = false;
  FitsTable table_;
  std::vector<Column> columns_;
  std::map<std::string, std::string> parameters_;
  std::vector<bool> wanted_;
  std::vector<Cell> cells_;
  std::uint64_t row_ = 0;
  std::optional<Error> failed_;
};

// False at the file's end, which may stand in place of a header only.
Result<bool> FitsReader::next_header() {
  FitsHeaderParser parser(hdu_ == 0, limits_.max_header_bytes);
  for (bool first = true;; first = false) {
    auto block = input_.take(kFitsBlock);
    if (!block) return std::unexpected(std::move(block.error()));
    if (first && block->empty() && hdu_ > 0) return false;
    const std::string_view begin(reinterpret_cast<const char*>(block->data()), std::min<std::size_t>(block->size(), 8));
    if (first && hdu_ > 0 && begin != "XTENSION") {
      return fail(Kind::Malformed, "bytes stand behind HDU {}, and no header with XTENSION begins there (byte {})",
                  hdu_, input_.offset() - block->size());
    }
    if (first) ++hdu_;
    if (block->size() < kFitsBlock) return cut(kFitsBlock - block->size());
    auto ended = parser.add(block->first<kFitsBlock>());
    if (!ended) return with_context(std::move(ended.error()), "HDU {}", hdu_);
    if (*ended) break;
  }
  auto header = parser.finish();
  if (!header) return with_context(std::move(header.error()), "HDU {}", hdu_);
  header_ = std::move(*header);
  return true;
}

Result<void> FitsReader::skip_data(std::uint64_t bytes) {
  auto skipped = input_.skip(bytes);
  if (!skipped) return std::unexpected(std::move(skipped.error()));
  if (*skipped < bytes) return cut(bytes - *skipped);
  return {};
}

Result<void> FitsReader::skip_padding() {
  auto bytes = input_.take(static_cast<std::size_t>(header_.padding()));
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  if (bytes->size() < header_.padding()) return cut(header_.padding() - bytes->size());
  // §7.3.2 has zeros here: anything else are rows that NAXIS2 does not know of.
  const bool is_clean = std::ranges::all_of(*bytes, [](std::byte b) { return b == std::byte{0}; });
  if (header_.extension == "BINTABLE" && !is_clean) {
    return fail(Kind::Malformed,
                "HDU {}: the padding behind its {} bytes of data is not empty: NAXIS2 or PCOUNT is too small", hdu_,
                header_.data_bytes);
  }
  return {};
}

Result<void> FitsReader::open() {
  for (;;) {
    auto more = next_header();
    if (!more) return std::unexpected(std::move(more.error()));
    if (!*more) break;
    if (header_.extension == "BINTABLE") {
      auto table = fits_table(header_, limits_);
      if (!table) return with_context(std::move(table.error()), "HDU {}", hdu_);
      table_ = std::move(*table);
      has_table_ = true;
      break;
    }
    if (auto skipped = skip_data(header_.data_bytes); !skipped) return skipped;
    if (auto skipped = skip_padding(); !skipped) return skipped;
  }
  for (const auto& column : table_.columns) columns_.push_back(column.column);
  cells_.resize(columns_.size());
  wanted_ = wanted_columns(columns_, wanted_names_);
  parameters_ = std::move(header_.cards);
  ended_ = !has_table_;
  return {};
}

Result<void> FitsReader::to_the_end() {
  if (auto skipped = skip_data(header_.data_bytes - table_.rows * table_.row_bytes); !skipped) return skipped;
  if (auto skipped = skip_padding(); !skipped) return skipped;
  for (;;) {
    auto more = next_header();
    if (!more) return std::unexpected(std::move(more.error()));
    if (!*more) break;
    if (header_.extension == "BINTABLE") {
      auto table = fits_table(header_, limits_);
      if (!table) return with_context(std::move(table.error()), "HDU {}", hdu_);
    }
    if (auto skipped = skip_data(header_.data_bytes); !skipped) return skipped;
    if (auto skipped = skip_padding(); !skipped) return skipped;
  }
  ended_ = true;
  return {};
}

Result<void> FitsReader::skip_rows() {
  if (ended_) return {};
  if (auto skipped = skip_data((table_.rows - row_) * table_.row_bytes); !skipped) return skipped;
  return to_the_end();
}

Result<bool> FitsReader::next_row() {
  if (failed_) return std::unexpected(*failed_);
  auto row = read_row();
  if (!row) failed_ = row.error();
  return row;
}

Result<bool> FitsReader::read_row() {
  if (ended_) return false;
  if (row_ == table_.rows) {
    if (auto ended = to_the_end(); !ended) return std::unexpected(std::move(ended.error()));
    return false;
  }
  auto bytes = input_.take(static_cast<std::size_t>(table_.row_bytes));
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  if (bytes->size() < table_.row_bytes) {
    return fail(Kind::Corrupt, "HDU {}: the file is cut inside row {} of {}", hdu_, row_ + 1, table_.rows);
  }
  ++row_;
  if (auto decoded = decode_fits_row(table_, *bytes, wanted_, cells_); !decoded) {
    return with_context(std::move(decoded.error()), "row {}", row_);
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<TableReader>> open_fits(std::unique_ptr<ByteSource> source, const OpenOptions& options) {
  auto reader = std::make_unique<FitsReader>(std::move(source), options);
  if (auto opened = reader->open(); !opened) return std::unexpected(std::move(opened.error()));
  if (!reader->has_table()) return fail(Kind::Malformed, "the FITS file holds no binary table");
  const auto& cards = reader->parameters();
  if (const auto compressed = cards.find("ZTABLE"); compressed != cards.end() && compressed->second == "T") {
    return fail(Kind::Malformed, "the FITS table is tile-compressed (ZTABLE); uncompress it with funpack first");
  }
  return reader;
}

Result<TableSummary> check_fits(std::span<const std::byte> bytes, const Limits& limits, std::string_view first_of) {
  OpenOptions options;
  options.limits = limits;
  options.wanted = {std::string(first_of)};
  FitsReader reader(from_memory(bytes), options);
  if (auto opened = reader.open(); !opened) return std::unexpected(std::move(opened.error()));
  TableSummary summary;
  const auto column = first_of.empty() ? std::nullopt : find_column(reader.columns(), first_of);
  if (column && reader.rows() > 0) {
    if (const auto row = reader.next_row(); !row) return std::unexpected(row.error());
    const Cell& cell = reader.cell(*column);
    summary.first_cell = FirstCell{cell.null, cell.integer, std::string(cell.text)};
  }
  if (auto skipped = reader.skip_rows(); !skipped) return std::unexpected(std::move(skipped.error()));
  summary.columns = reader.take_columns();
  summary.parameters = reader.take_parameters();
  summary.rows = reader.rows();
  return summary;
}

}  // namespace garner::table
