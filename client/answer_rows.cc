#include "client/answer_rows.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace garner::client {

namespace {

using nlohmann::json;
using Reader = std::unique_ptr<table::TableReader>;

constexpr std::size_t kBlockBytes = 64u << 10;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

Result<Reader> open_answer(std::span<const std::byte> answer) {
  auto source = table::decompressed(table::from_memory(answer));
  if (!source) return std::unexpected(std::move(source.error()));
  table::OpenOptions options;
  options.format = table::Format::VOTable;
  return table::open_table(std::move(*source), std::move(options));
}

Result<void> take_row(const table::TableReader& reader, std::vector<std::string>& row) {
  const auto& columns = reader.columns();
  row.resize(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    auto text = cell_text(columns[i], reader.cell(i));
    if (!text) return with_context(std::move(text.error()), "{}", reader.position());
    row[i] = std::move(*text);
  }
  return {};
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += (i == 0 ? "" : ",") + csv_field(cells[i]);
  return line + "\n";
}

bool is_wide(std::int64_t value) {
  constexpr std::int64_t kExactInDouble = std::int64_t{1} << 53;
  return value > kExactInDouble || value < -kExactInDouble;
}

// By its UCD or its name: such a column holds strings whatever its values are, so that a script finds the same type in
// every answer.
bool is_id(const table::Column& column) {
  std::string name = column.name;
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return column.ucd.starts_with("meta.id") || name.ends_with("_id");
}

Result<std::vector<bool>> columns_as_text(std::span<const std::byte> answer) {
  auto reader = open_answer(answer);
  if (!reader) return std::unexpected(std::move(reader.error()));
  const auto& columns = (*reader)->columns();
  std::vector<bool> wide;
  for (const auto& column : columns) wide.push_back(is_id(column));
  for (;;) {
    const auto more = (*reader)->next_row();
    if (!more) return std::unexpected(more.error());
    if (!*more) return wide;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto& cell = (*reader)->cell(i);
      if (columns[i].type == table::ColumnType::Integer && !columns[i].is_array && !cell.null && is_wide(cell.integer))
        wide[i] = true;
    }
  }
}

Result<json> json_cell(const table::Column& column, const table::Cell& cell, bool as_text) {
  if (cell.null) return json();
  if (!column.is_array && column.type == table::ColumnType::Integer && !as_text) return json(cell.integer);
  if (!column.is_array && column.type == table::ColumnType::Boolean) return json(cell.integer != 0);
  if (!column.is_array && column.type == table::ColumnType::Float)
    return std::isfinite(cell.real) ? json(cell.real) : json();
  auto text = cell_text(column, cell);
  if (!text) return std::unexpected(std::move(text.error()));
  return json(std::move(*text));
}

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool is_number(const table::Column& column) {
  return !column.is_array && (column.type == table::ColumnType::Integer || column.type == table::ColumnType::Float);
}

// The columns' order on a terminal.
std::vector<std::size_t> order_of(const std::vector<table::Column>& columns, const std::vector<std::string>& front) {
  std::vector<std::size_t> order;
  for (const auto& name : front) {
    if (const auto found = table::find_column(columns, name)) order.push_back(*found);
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (std::ranges::find(order, i) == order.end()) order.push_back(i);
  }
  return order;
}

}  // namespace

Result<std::string> cell_text(const table::Column& column, const table::Cell& cell) {
  if (cell.null) return std::string();
  if (column.is_array) {
    if (!cell.text.empty()) return std::string(cell.text);
    return fail(Kind::Unsupported,
                "column '{}' holds arrays, and the service sent them in binary; keep its own table with --format "
                "votable -o FILE",
                printable(column.name, 60));
  }
  switch (column.type) {
    case table::ColumnType::Integer:
      return std::to_string(cell.integer);
    case table::ColumnType::Boolean:
      return std::string(cell.integer != 0 ? "true" : "false");
    case table::ColumnType::Float:
      return cell.text.empty() ? fmt::format("{}", cell.real) : std::string(trimmed(cell.text));
    default:
      return std::string(cell.text);
  }
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

Result<void> rows_as_csv(std::span<const std::byte> answer, const ByteSink& sink) {
  auto reader = open_answer(answer);
  if (!reader) return std::unexpected(std::move(reader.error()));
  std::vector<std::string> row;
  for (const auto& column : (*reader)->columns()) row.push_back(column.name);
  std::string block = csv_line(row);
  for (;;) {
    const auto more = (*reader)->next_row();
    if (!more) return std::unexpected(more.error());
    if (*more) {
      if (auto taken = take_row(**reader, row); !taken) return taken;
      block += csv_line(row);
    }
    if (*more && block.size() < kBlockBytes) continue;
    if (auto written = sink(block); !written || !*more) return written;
    block.clear();
  }
}

Result<void> rows_as_json(std::span<const std::byte> answer, bool cut, const ByteSink& sink) {
  const auto as_text = columns_as_text(answer);
  if (!as_text) return std::unexpected(as_text.error());
  auto reader = open_answer(answer);
  if (!reader) return std::unexpected(std::move(reader.error()));
  const auto& columns = (*reader)->columns();
  json heads = json::array();
  for (const auto& column : columns) {
    heads.push_back(
        {{"name", column.name}, {"unit", column.unit}, {"ucd", column.ucd}, {"description", column.description}});
  }
  std::string block = "{\"columns\":" + dumped(heads) + ",\"rows\":[";
  for (std::uint64_t count = 0;; ++count) {
    const auto more = (*reader)->next_row();
    if (!more) return std::unexpected(more.error());
    if (!*more) return sink(block + fmt::format("],\"count\":{},\"cut\":{}}}\n", count, cut));
    json row = json::array();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      auto cell = json_cell(columns[i], (*reader)->cell(i), (*as_text)[i]);
      if (!cell) return std::unexpected(std::move(cell.error()));
      row.push_back(std::move(*cell));
    }
    block += (count == 0 ? "\n" : ",\n") + dumped(row);
    if (block.size() < kBlockBytes) continue;
    if (auto written = sink(block); !written) return written;
    block.clear();
  }
}

Result<RowTable> rows_for_terminal(std::span<const std::byte> answer, std::size_t rows_most, std::uint64_t rows_in_all,
                                   const std::vector<std::string>& front) {
  auto reader = open_answer(answer);
  if (!reader) return std::unexpected(std::move(reader.error()));
  const auto& columns = (*reader)->columns();
  const auto order = order_of(columns, front);
  RowTable out;
  for (const auto i : order)
    out.columns.push_back({printable(columns[i].name, 100), printable(columns[i].unit, 60), is_number(columns[i])});
  std::vector<std::string> row;
  while (out.rows.size() < rows_most) {
    const auto more = (*reader)->next_row();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    if (auto taken = take_row(**reader, row); !taken) return std::unexpected(std::move(taken.error()));
    auto& shown = out.rows.emplace_back();
    for (const auto i : order) shown.push_back(printable(row[i]));
  }
  out.more_rows = rows_in_all - std::min<std::uint64_t>(rows_in_all, out.rows.size());
  return out;
}

}  // namespace garner::client
