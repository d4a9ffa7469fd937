#include <array>

#include <fmt/format.h>

#include "archive_sim/numbers.h"
#include "archive_sim/writers.h"

namespace garner::archive_sim {
namespace {

constexpr std::array<std::string_view, 7> kEcsvTypes = {"bool",    "int16",   "int32", "int64",
                                                        "float32", "float64", "string"};

struct Dialect {
  std::string_view open, separator, close;  // of arrays, which always stand in quotes
  std::string_view yes, no;
  std::string_view null_real;  // what a null float is
};

constexpr Dialect kCsv = {"\"(", ", ", ")\"", "true", "false", ""};
constexpr Dialect kEcsv = {"\"[", ",", "]\"", "True", "False", "nan"};

// RFC 4180: quoted only where it must be.
void append_text(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

void append_value(std::string& out, const Column& column, std::size_t index, const Dialect& dialect) {
  switch (column.field.type) {
    case Type::Bool:
      out += column.integers[index] != 0 ? dialect.yes : dialect.no;
      break;
    case Type::Short:
    case Type::Int:
    case Type::Long:
      append_number(out, column.integers[index]);
      break;
    case Type::Float:
      append_number(out, static_cast<float>(column.reals[index]));
      break;
    case Type::Double:
      append_number(out, column.reals[index]);
      break;
    case Type::Text:
      append_text(out, column.texts[index]);
      break;
  }
}

void append_cell(std::string& out, const Column& column, std::size_t row, std::size_t& next, const Dialect& dialect) {
  if (!column.field.array) {
    const std::size_t index = next++;
    if (!column.is_null(row))
      append_value(out, column, index, dialect);
    else if (!column.is_integer() && column.field.type != Type::Text)
      out += dialect.null_real;
    return;
  }
  if (column.is_null(row)) return;
  out += dialect.open;
  for (std::uint32_t i = 0; i < column.lengths[row]; ++i) {
    if (i > 0) out += dialect.separator;
    append_value(out, column, next++, dialect);
  }
  out += dialect.close;
}

void append_rows(std::string& out, const Table& table, std::string_view prefix, const Dialect& dialect) {
  std::vector<std::size_t> next(table.columns.size(), 0);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    out += prefix;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (c > 0) out += ',';
      append_cell(out, table.columns[c], row, next[c], dialect);
    }
    out += '\n';
  }
}

void append_names(std::string& out, const Table& table) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (c > 0) out += ',';
    out += table.columns[c].field.name;
  }
  out += '\n';
}

// In single quotes where it must be, with those inside doubled (YAML 1.2 §7.3.2).
std::string yaml_scalar(std::string_view text) {
  if (!text.starts_with('\'') && text.find('{') == std::string_view::npos) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

void append_ecsv_column(std::string& out, const Field& field) {
  const auto type = kEcsvTypes[static_cast<std::size_t>(field.type)];
  out += fmt::format("# -\n#   name: {}\n", field.name);
  out += field.array ? fmt::format("#   datatype: string\n#   subtype: '{}[null]'\n", type)
                     : fmt::format("#   datatype: {}\n", type);
  if (!field.unit.empty()) out += fmt::format("#   unit: {}\n", yaml_scalar(field.unit));
  if (!field.description.empty()) out += fmt::format("#   description: {}\n", yaml_scalar(field.description));
  if (!field.ucd.empty() || !field.utype.empty()) out += "#   meta:\n";
  if (!field.ucd.empty()) out += fmt::format("#     ucd: {}\n", field.ucd);
  if (!field.utype.empty()) out += fmt::format("#     utype: {}\n", field.utype);
}

}  // namespace

std::string write_csv(const Table& table) {
  std::string out;
  std::string prefix;
  for (const auto& [name, value] : table.csv_prefix) {
    out += name;
    out += ',';
    prefix += value;
    prefix += ',';
  }
  append_names(out, table);
  append_rows(out, table, prefix, kCsv);
  return out;
}

std::string write_ecsv(const Table& table) {
  std::string out = "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n";
  for (const Column& column : table.columns) append_ecsv_column(out, column.field);
  if (!table.params.empty()) out += "# meta:\n";
  for (const Param& param : table.params) {
    std::string value = param.other_value.empty() ? param.value : param.other_value;
    if (value.starts_with('(') && value.ends_with(')')) value = fmt::format("[{}]", value.substr(1, value.size() - 2));
    out += fmt::format("#   {}: {}\n", param.name, value);
  }
  append_names(out, table);
  append_rows(out, table, "", kEcsv);
  return out;
}

}  // namespace garner::archive_sim
