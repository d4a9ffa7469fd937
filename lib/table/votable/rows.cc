#include "table/votable/rows.h"

#include "table/readers.h"

namespace garner::table {

namespace {

constexpr std::size_t kWalkAtBytes = 256u << 10;  // decoded bytes that gather before rows are walked

}  // namespace

Result<void> RowCheck::begin(const VotableTable& table) {
  rows_ = 0;
  counter_ = {};
  decoder_ = {};
  decoded_.clear();
  next_walk_ = kWalkAtBytes;
  layout_.reset();
  table_ = &table;
  for (std::size_t i = 0; i < table.fields.size() && !first_of_.empty() && !first_column_; ++i) {
    if (same_name(table.fields[i].column.name, first_of_)) first_column_ = i;
  }
  if (table.serialization == Serialization::TableData) return {};
  auto layout = BinaryLayout::make(table, max_cell_bytes_);
  if (!layout) return std::unexpected(std::move(layout.error()));
  layout_ = *layout;
  return {};
}

Result<void> RowCheck::cell_text(std::string_view piece) {
  if (first_text_.size() + piece.size() > max_cell_bytes_) {
    return fail(Kind::TooLarge, "a cell of more than {} bytes", max_cell_bytes_);
  }
  first_text_ += piece;
  return {};
}

Result<std::optional<FirstCell>> RowCheck::first_cell() const {
  if (layout_ || !first_column_ || rows_ == 0) return first_;
  const auto& field = table_->fields[*first_column_];
  auto cell = first_cell_of(field.column, first_text_);
  if (!cell) return with_context(std::move(cell.error()), "row 1");
  if (field.null_value && field.null_value == cell->integer && !field.column.is_array) cell->null = true;
  return std::optional<FirstCell>(std::move(*cell));
}

void RowCheck::decode_first(std::span<const std::byte> row) {
  std::vector<bool> wanted(table_->fields.size(), false);
  wanted[*first_column_] = true;
  std::vector<Cell> cells(wanted.size());
  std::string scratch;
  layout_->decode(row, wanted, cells, scratch);
  const Cell& cell = cells[*first_column_];
  first_ = FirstCell{cell.null, cell.integer, std::string(cell.text)};
}

// Decodes little more than the row, whose base64 may have line breaks in it.
Result<void> RowCheck::take_first_row(std::string_view base64, std::uint64_t row_bytes) {
  while (!base64.empty() && decoded_.size() < row_bytes) {
    const auto piece = base64.substr(0, (row_bytes - decoded_.size()) / 3 * 4 + 4);
    if (auto added = decoder_.add(piece, decoded_); !added) return added;
    base64.remove_prefix(piece.size());
  }
  if (decoded_.size() >= row_bytes) decode_first(std::span(decoded_).first(row_bytes));
  return {};
}

Result<void> RowCheck::stream_text(std::string_view base64) {
  if (const auto row_bytes = layout_->fixed_row_bytes()) {
    if (auto added = counter_.add(base64); !added) return added;
    return first_column_ && !first_ ? take_first_row(base64, *row_bytes) : Result<void>();
  }
  if (auto added = decoder_.add(base64, decoded_); !added) return added;
  return decoded_.size() < next_walk_ ? Result<void>() : walk_rows();
}

Result<void> RowCheck::walk_rows() {
  std::span<const std::byte> rest = decoded_;
  while (!rest.empty()) {
    auto length = layout_->row_bytes(rest, rows_ + 1);
    if (!length) return std::unexpected(std::move(length.error()));
    if (!*length) break;
    if (rows_ == 0 && first_column_) decode_first(rest.first(**length));
    rest = rest.subspan(**length);
    ++rows_;
  }
  decoded_.erase(decoded_.begin(), decoded_.end() - static_cast<std::ptrdiff_t>(rest.size()));
  next_walk_ = decoded_.size() + kWalkAtBytes;
  return {};
}

Result<void> RowCheck::end_stream() {
  if (const auto row_bytes = layout_->fixed_row_bytes()) {
    if (auto ended = counter_.finish(); !ended) return ended;
    const std::uint64_t bytes = counter_.decoded_bytes();
    if (bytes % *row_bytes != 0) {
      return fail(Kind::Corrupt,
                  "the STREAM holds {} bytes, which is no multiple of its row's {}: it is cut inside a row", bytes,
                  *row_bytes);
    }
    rows_ = bytes / *row_bytes;
    return {};
  }
  if (auto ended = decoder_.finish(); !ended) return ended;
  if (auto walked = walk_rows(); !walked) return walked;
  if (!decoded_.empty()) {
    return fail(Kind::Corrupt, "the STREAM is cut inside row {}: {} bytes are left over", rows_ + 1, decoded_.size());
  }
  return {};
}

}  // namespace garner::table
