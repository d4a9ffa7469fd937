#include <algorithm>
#include <cmath>
#include <limits>

#include "table/peeked_source.h"
#include "table/readers.h"
#include "table/votable/field.h"

namespace garner::table {

namespace {

constexpr std::size_t kPeekBytes = 4096;  // a header line of 150 columns; the root element behind comments

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return same_name(text, name); });
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<std::size_t> find_column(const std::vector<Column>& columns, std::string_view name) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (same_name(columns[i].name, name)) return i;
  }
  return std::nullopt;
}

std::vector<bool> wanted_columns(const std::vector<Column>& columns, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return std::vector<bool>(columns.size(), true);
  std::vector<bool> result(columns.size(), false);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    result[i] = std::ranges::any_of(wanted, [&](const auto& name) { return same_name(name, columns[i].name); });
  }
  return result;
}

bool interpret_text(const Column& column, std::string_view text, Cell& cell) {
  cell = Cell{};
  cell.text = text;
  const bool is_text = column.type == ColumnType::Text || column.type == ColumnType::Other;
  cell.null = is_text ? text.empty() : trimmed(text).empty();
  if (cell.null || column.is_array) return true;
  switch (column.type) {
    case ColumnType::Integer: {
      const auto value = parse_integer(text);
      if (!value) return false;
      cell.integer = *value;
      return true;
    }
    case ColumnType::Float: {
      const double value = parse_real(text).value_or(std::numeric_limits<double>::quiet_NaN());
      cell.real = value;
      cell.null = std::isnan(value);
      return true;
    }
    case ColumnType::Boolean: {
      const auto word = trimmed(text);
      cell.integer = is_one_of(word, {"true", "t", "1"});
      cell.null = cell.integer == 0 && !is_one_of(word, {"false", "f", "0"});
      return true;
    }
    default:
      return true;
  }
}

Result<FirstCell> first_cell_of(const Column& column, std::string_view text) {
  Cell cell;
  if (interpret_text(column, text, cell)) return FirstCell{cell.null, cell.integer, std::string(text)};
  return fail(Kind::Malformed, "column '{}': expected an integer, found '{}'", printable(column.name),
              printable(text, 60));
}

Result<std::unique_ptr<TableReader>> open_table(std::unique_ptr<ByteSource> source, OpenOptions options) {
  std::optional<Format> format = options.format;
  if (!format) {
    auto peeked = PeekedSource::peek(std::move(source), kPeekBytes);
    if (!peeked) return std::unexpected(std::move(peeked.error()));
    auto recognised = recognise((*peeked)->head());
    if (!recognised) return std::unexpected(std::move(recognised.error()));
    format = *recognised;
    source = std::move(*peeked);
  }
  switch (*format) {
    case Format::VOTable:
      return open_votable(std::move(source), options);
    case Format::Fits:
      return open_fits(std::move(source), options);
    default:
      return open_csv(std::move(source), options, *format);
  }
}

Result<TableSummary> check_table(std::span<const std::byte> bytes, Format format, const Limits& limits,
                                 std::string_view first_of) {
  switch (format) {
    case Format::VOTable:
      return check_votable(bytes, limits, first_of);
    case Format::Fits:
      return check_fits(bytes, limits, first_of);
    default:
      return check_csv(bytes, format, limits, first_of);
  }
}

}  // namespace garner::table
