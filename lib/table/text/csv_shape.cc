#include "table/text/csv_shape.h"

#include "table/text/csv_scan.h"
#include "table/text/ecsv_header.h"

namespace garner::table {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kEcsvMark = "# %ECSV ";

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Takes the comment lines off the text. Nothing: more is needed.
Result<std::optional<CsvShape>> read_ecsv_comments(std::string_view text, bool final, const Limits& limits) {
  CsvShape shape;
  std::string yaml;
  for (;;) {
    const auto rest = text.substr(shape.consumed);
    if (rest.empty() && final) return fail(Kind::Corrupt, "line {}: the ECSV header is cut", shape.lines + 1);
    if (rest.empty()) return std::optional<CsvShape>();
    if (!rest.starts_with('#')) break;
    const std::size_t line_end = rest.find('\n');
    if (line_end == std::string_view::npos && !final) return std::optional<CsvShape>();
    if (line_end == std::string_view::npos)
      return fail(Kind::Corrupt, "line {}: the ECSV header is cut", shape.lines + 1);
    auto line = without_return(rest.substr(1, line_end - 1));
    if (line.starts_with(' ')) line.remove_prefix(1);
    // YAML's own "---" and "..." would end the document.
    if (shape.lines > 0 && line != "---" && line != "...") {
      yaml += line;
    }
    yaml += '\n';
    shape.consumed += line_end + 1;
    ++shape.lines;
  }
  auto header = parse_ecsv_header(yaml, limits);
  if (!header) return std::unexpected(std::move(header.error()));
  shape.columns = std::move(header->columns);
  shape.parameters = std::move(header->parameters);
  shape.delimiter = header->delimiter;
  return std::optional<CsvShape>(std::move(shape));
}

Result<void> compare_names(const CsvShape& shape, const std::vector<std::string>& names) {
  if (names.size() != shape.columns.size()) {
    return fail(Kind::Malformed, "line {}: {} column names, but the ECSV header declares {}", shape.lines, names.size(),
                shape.columns.size());
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != shape.columns[i].name) {
      return fail(Kind::Malformed, "line {}: column {} is named '{}', but '{}' in the ECSV header", shape.lines, i + 1,
                  printable(names[i], 60), printable(shape.columns[i].name, 60));
    }
  }
  return {};
}

// The line of names, with which `shape` is completed.
Result<std::optional<CsvShape>> read_names(std::string_view text, bool final, CsvShape shape, bool is_ecsv,
                                           const Limits& limits) {
  std::vector<CsvCell> cells;
  const auto rest = text.substr(shape.consumed);
  auto record = scan_csv_record(rest, final, shape.delimiter, &cells);
  if (!record) return with_context(std::move(record.error()), "line {}", shape.lines + 1);
  if (record->found == CsvRecord::Found::NeedMore) return std::optional<CsvShape>();
  if (rest.empty()) return fail(Kind::Malformed, "the file is empty: expected a line of column names");
  if (record->cells == 0) return fail(Kind::Malformed, "line {} is empty: expected column names", shape.lines + 1);
  if (cells.size() > limits.max_columns) {
    return fail(Kind::TooLarge, "line {}: {} columns; {} are allowed", shape.lines + 1, cells.size(),
                limits.max_columns);
  }
  std::vector<std::string> names;
  std::string scratch;
  scratch.reserve(record->consumed);
  for (const auto& cell : cells) names.emplace_back(csv_cell_text(rest, cell, scratch));
  shape.consumed += record->consumed;
  shape.lines += std::max<std::uint64_t>(record->lines, 1);
  if (is_ecsv) {
    if (auto compared = compare_names(shape, names); !compared) return std::unexpected(std::move(compared.error()));
  } else {
    for (auto& name : names) {
      Column& column = shape.columns.emplace_back();
      column.name = std::move(name);
      column.type = ColumnType::Text;
    }
  }
  return std::optional<CsvShape>(std::move(shape));
}

}  // namespace

Result<std::optional<CsvShape>> read_csv_shape(std::string_view text, bool final, Format format, const Limits& limits) {
  if (text.size() < kEcsvMark.size() + kByteOrderMark.size() && !final) return std::optional<CsvShape>();
  CsvShape shape;
  const std::size_t mark = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const auto body = text.substr(mark);
  const bool is_ecsv = body.starts_with(kEcsvMark);
  if (is_ecsv) {
    auto commented = read_ecsv_comments(body, final, limits);
    if (!commented || !*commented) return commented;
    shape = std::move(**commented);
  } else if (format == Format::Ecsv) {
    return fail(Kind::Malformed, "line 1: expected '# %ECSV 1.0', found '{}'",
                printable(body.substr(0, body.find('\n')), 60));
  } else if (body.starts_with('<')) {
    return fail(Kind::Malformed, "line 1: expected column names, found markup: '{}'",
                printable(body.substr(0, body.find('\n')), 60));
  } else {
    shape.delimiter = format == Format::Tsv ? '\t' : ',';
  }
  auto named = read_names(body, final, std::move(shape), is_ecsv, limits);
  if (named && *named) (*named)->consumed += mark;
  return named;
}

}  // namespace garner::table
