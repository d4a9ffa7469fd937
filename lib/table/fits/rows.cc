#include "table/fits/rows.h"

#include <algorithm>

#include "table/fits/row.h"

namespace garner::table {

namespace {

constexpr std::uint64_t kReadBytes = 256u << 10;

}  // namespace

FitsRows::FitsRows(const FitsFile& file)
    : file_(file),
      ahead_(std::max<std::uint64_t>(kReadBytes / std::max<std::uint64_t>(file.table().row_bytes, 1), 1)) {}

Result<std::span<const std::byte>> FitsRows::row(std::uint64_t row) {
  const std::uint64_t bytes = file_.table().row_bytes;
  if (row < first_ || row >= first_ + count_) {
    const bool in_order = row == first_ + count_;
    first_ = row;
    count_ = in_order ? std::min(ahead_, file_.table().rows - row) : 1;
    buffer_.resize(count_ * bytes);
    if (auto read = file_.rows(first_, buffer_); !read) return std::unexpected(std::move(read.error()));
  }
  return std::span<const std::byte>(buffer_).subspan((row - first_) * bytes, bytes);
}

Result<RowIds> RowIds::make(const FitsFile& file, const std::string& column, std::optional<SourceId> otherwise) {
  std::vector<Column> columns;
  for (const auto& each : file.table().columns) columns.push_back(each.column);
  const auto place = find_column(columns, column);
  RowIds ids;
  if (!place && otherwise) {
    ids.same_ = otherwise;
    return ids;
  }
  if (!place) return fail(Kind::Malformed, "it has no column {}", column);
  if (columns[*place].type != ColumnType::Integer || columns[*place].is_array)
    return fail(Kind::Malformed, "its column {} does not hold whole numbers", column);
  ids.only_.columns.push_back(file.table().columns[*place]);
  ids.cells_.resize(1);
  return ids;
}

Result<SourceId> RowIds::in(std::span<const std::byte> row, std::uint64_t number) {
  if (same_) return *same_;
  static const std::vector<bool> kWanted{true};
  if (auto decoded = decode_fits_row(only_, row, kWanted, cells_); !decoded) return std::unexpected(decoded.error());
  if (cells_[0].null || cells_[0].integer <= 0)
    return fail(Kind::Malformed, "row {} has no {}", number + 1, only_.columns[0].column.name);
  return SourceId{static_cast<std::uint64_t>(cells_[0].integer)};
}

}  // namespace garner::table
