// Ids out of a column of a table.
#include <array>
#include <charconv>

#include "manifest/id_sink.h"
#include "table/table_reader.h"

namespace garner::manifest {

namespace {

using table::Column;
using table::ColumnType;
using table::TableReader;

constexpr std::array<std::string_view, 2> kObviousNames = {"source_id", "designation"};
constexpr std::size_t kNamesShown = 20;

std::string names_of(const std::vector<Column>& columns) {
  std::string names;
  for (std::size_t i = 0; i < std::min(columns.size(), kNamesShown); ++i)
    names += (i == 0 ? "" : ", ") + printable(columns[i].name, 40);
  if (columns.size() > kNamesShown) names += fmt::format(" and {} more", columns.size() - kNamesShown);
  return names;
}

Result<std::size_t> choose_column(const std::vector<Column>& columns, const std::optional<std::string>& asked) {
  if (asked) {
    if (const auto found = table::find_column(columns, *asked)) return *found;
    return fail(Kind::Invalid, "there is no column '{}'; the columns are: {}", printable(*asked, 60),
                names_of(columns));
  }
  for (const auto name : kObviousNames) {
    if (const auto found = table::find_column(columns, name)) return *found;
  }
  if (columns.size() == 1) return 0;
  return fail(
      Kind::Invalid,
      "no column is called source_id or designation; name the one with the ids in sources.column. The columns are: {}",
      names_of(columns));
}

Result<void> check_type(const Column& column) {
  const std::string name = printable(column.name, 60);
  if (column.type == ColumnType::Float) {
    return fail(Kind::Invalid,
                "column '{}' holds floating-point numbers, which lose the last digits of source_ids; make the table "
                "again with a 64-bit integer or a "
                "text column",
                name);
  }
  if (column.is_array || (column.type != ColumnType::Integer && column.type != ColumnType::Text)) {
    return fail(Kind::Invalid, "column '{}' holds no whole numbers and no texts, so no ids", name);
  }
  return {};
}

// "line 12", "row 12".
std::pair<std::uint64_t, bool> place_of(const std::string& position) {
  const std::size_t blank = position.find(' ');
  std::uint64_t row = 0;
  if (blank != position.npos) std::from_chars(position.data() + blank + 1, position.data() + position.size(), row);
  return {row, position.starts_with("line")};
}

Result<void> take_cell(const TableReader& reader, const table::Cell& cell, ColumnType type, IdSink& sink) {
  if (type == ColumnType::Integer && !cell.null && cell.integer > 0)
    return sink.accept(SourceId{static_cast<std::uint64_t>(cell.integer)});
  if (type == ColumnType::Text && !cell.null) {
    if (const auto id = parse_id_text(cell.text, sink.options().release)) return sink.accept(*id);
  }
  const auto [row, is_line] = place_of(reader.position());
  if (cell.null) return sink.refuse("", "empty where a source_id is due", row, is_line);
  return sink.text(type == ColumnType::Integer ? std::to_string(cell.integer) : std::string(cell.text), row, is_line);
}

// Which column to decode, so that a table's other columns cost nothing. Nothing where the first bytes don't tell.
std::vector<std::string> wanted_columns(std::string_view head, const std::optional<std::string>& asked) {
  if (asked) return {*asked};
  const auto reader = table::open_table(table::from_memory(std::as_bytes(std::span(head))), {});
  if (!reader) return {};
  const auto chosen = choose_column((*reader)->columns(), asked);
  if (!chosen) return {};
  return {(*reader)->columns()[*chosen].name};
}

}  // namespace

Result<void> read_table_ids(std::string head, std::unique_ptr<table::ByteSource> source, IdSink& sink) {
  table::OpenOptions options;
  options.wanted = wanted_columns(head, sink.options().column);
  head = {};
  auto opened = table::open_table(std::move(source), std::move(options));
  if (!opened) return std::unexpected(std::move(opened.error()));
  TableReader& reader = **opened;
  const auto chosen = choose_column(reader.columns(), sink.options().column);
  if (!chosen) return std::unexpected(chosen.error());
  const Column column = reader.columns()[*chosen];
  const bool called_so = std::ranges::any_of(
      kObviousNames, [&](std::string_view name) { return table::find_column(reader.columns(), name) == *chosen; });
  if (!sink.options().column && !called_so) sink.guess(column.name);
  if (auto good = check_type(column); !good) return good;
  for (;;) {
    const auto row = reader.next_row();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    if (auto taken = take_cell(reader, reader.cell(*chosen), column.type, sink); !taken) return taken;
  }
}

}  // namespace garner::manifest
