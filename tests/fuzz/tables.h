// The two ways to read a table to its end, and what they must agree on.
#pragma once

#include <algorithm>

#include "table/table_reader.h"
#include "target.h"

namespace garner::fuzz {

inline constexpr table::Limits kTableLimits{
    .max_header_bytes = 256u << 10, .max_cell_bytes = 1u << 20, .max_columns = 500};
inline constexpr table::Limits kNarrowLimits{.max_header_bytes = 1500, .max_cell_bytes = 100, .max_columns = 4};
// No column's name: rows are read and no cell decoded, as check_table() does.
inline constexpr std::string_view kNoColumn = "\x01";

struct ReadTable {
  std::vector<table::Column> columns;
  std::map<std::string, std::string> parameters;
  std::uint64_t rows = 0;
};

inline Result<ReadTable> read_by_rows(Bytes bytes, table::OpenOptions options) {
  auto reader = table::open_table(table::from_memory(bytes), std::move(options));
  if (!reader) return std::unexpected(reader.error());
  ReadTable out;
  for (;;) {
    const auto row = (*reader)->next_row();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    ++out.rows;
    std::size_t seen = 0;  // touches every text
    for (std::size_t i = 0; i < (*reader)->columns().size(); ++i) {
      const auto& cell = (*reader)->cell(i);
      seen += static_cast<std::size_t>(hash_of(bytes_of(cell.text)) & 1);
    }
    require(seen <= (*reader)->columns().size() && !(*reader)->position().empty(), "a row stands somewhere");
  }
  out.columns = (*reader)->columns();
  out.parameters = (*reader)->parameters();
  return out;
}

inline bool same_columns(const std::vector<table::Column>& a, const std::vector<table::Column>& b) {
  return std::ranges::equal(a, b, [](const table::Column& x, const table::Column& y) {
    return x.name == y.name && x.type == y.type && x.is_array == y.is_array && x.unit == y.unit && x.ucd == y.ucd &&
           x.description == y.description;
  });
}

// check_table() and open_table() say the same of the bytes. Returns the first one's word.
inline Result<table::TableSummary> require_agreement(Bytes bytes, table::Format format) {
  auto checked = table::check_table(bytes, format, kTableLimits);
  const auto read = read_by_rows(bytes, {.format = format, .wanted = {std::string(kNoColumn)}, .limits = kTableLimits});
  // A FITS file may hold images alone, which is good, but no table to be read.
  if (format == table::Format::Fits && checked && checked->columns.empty() && checked->rows == 0 && !read)
    return checked;
  if (checked.has_value() != read.has_value())
    require(false,
            checked ? "checked well, read: " + read.error().detail : "read well, checked: " + checked.error().detail);
  if (!checked) return checked;
  require(checked->rows == read->rows, "as many rows when checked and read");
  require(same_columns(checked->columns, read->columns), "the same columns");
  require(checked->parameters == read->parameters, "the same parameters");
  return checked;
}

// Every cell decoded, and narrow limits: any answer is good.
inline void read_in_every_way(Bytes bytes, table::Format format) {
  (void)read_by_rows(bytes, {.format = format, .wanted = {}, .limits = kTableLimits});
  (void)read_by_rows(bytes, {.format = format, .wanted = {"source_id"}, .limits = kNarrowLimits});
  (void)table::check_table(bytes, format, kNarrowLimits, "source_id");
}

}  // namespace garner::fuzz
