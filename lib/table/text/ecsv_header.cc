#include "table/text/ecsv_header.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "table/text/ecsv_lines.h"

namespace garner::table {

namespace {

// yaml-cpp takes some hundred times the text in memory and a microsecond a line.
constexpr std::uint64_t kMaxYamlBytes = 4u << 20;

ColumnType type_of(std::string_view datatype) {
  if (datatype == "bool") return ColumnType::Boolean;
  if (datatype == "string") return ColumnType::Text;
  if (datatype.starts_with("int") || datatype.starts_with("uint")) return ColumnType::Integer;
  if (datatype.starts_with("float")) return ColumnType::Float;
  return ColumnType::Other;
}

std::string scalar(const YAML::Node& node, const char* key) {
  const YAML::Node value = node[key];
  return value && value.IsScalar() ? value.Scalar() : std::string();
}

Result<Column> column_of(const YAML::Node& node, std::size_t n) {
  if (!node.IsMap()) return fail(Kind::Malformed, "ECSV header: entry {} of datatype is no mapping", n);
  EcsvColumnText text{scalar(node, "name"), scalar(node, "datatype"),    scalar(node, "subtype"),
                      scalar(node, "unit"), scalar(node, "description"), {}};
  if (const YAML::Node meta = node["meta"]; meta && meta.IsMap()) text.ucd = scalar(meta, "ucd");
  return ecsv_column(std::move(text), n);
}

void collect_scalars(const YAML::Node& meta, std::map<std::string, std::string>& parameters) {
  if (meta.IsMap()) {
    for (const auto& entry : meta) {
      if (entry.first.IsScalar() && entry.second.IsScalar()) {
        parameters.insert_or_assign(entry.first.Scalar(), entry.second.Scalar());
      }
    }
  } else if (meta.IsSequence()) {  // !!omap: a list of mappings with one entry
    for (const auto& entry : meta) {
      if (entry.IsMap()) collect_scalars(entry, parameters);
    }
  }
}

Result<EcsvHeader> read_header(const YAML::Node& root, const Limits& limits) {
  if (!root.IsMap()) return fail(Kind::Malformed, "ECSV header: expected a YAML mapping with datatype");
  const YAML::Node datatype = root["datatype"];
  if (!datatype || !datatype.IsSequence()) return fail(Kind::Malformed, "ECSV header: datatype is missing or no list");
  if (datatype.size() > limits.max_columns) {
    return fail(Kind::TooLarge, "ECSV header: {} columns; {} are allowed", datatype.size(), limits.max_columns);
  }
  EcsvHeader header;
  for (const auto& entry : datatype) {
    auto column = column_of(entry, header.columns.size() + 1);
    if (!column) return std::unexpected(std::move(column.error()));
    header.columns.push_back(std::move(*column));
  }
  if (const std::string delimiter = scalar(root, "delimiter"); !delimiter.empty()) {
    if (delimiter != "," && delimiter != " ") {
      return fail(Kind::Malformed, "ECSV header: delimiter '{}'; comma and blank are allowed",
                  printable(delimiter, 20));
    }
    header.delimiter = delimiter.front();
  }
  if (const YAML::Node meta = root["meta"]) collect_scalars(meta, header.parameters);
  return header;
}

}  // namespace

Result<Column> ecsv_column(EcsvColumnText text, std::size_t n) {
  if (text.name.empty()) return fail(Kind::Malformed, "ECSV header: entry {} of datatype has no name", n);
  if (text.datatype.empty())
    return fail(Kind::Malformed, "ECSV header: column '{}' has no datatype", printable(text.name));
  Column column;
  column.type = type_of(text.datatype);
  // Arrays are strings with a subtype such as float32[null] or int64[3].
  if (const auto bracket = text.subtype.find('['); bracket != std::string::npos) {
    column.type = type_of(std::string_view(text.subtype).substr(0, bracket));
    column.is_array = true;
  } else if (!text.subtype.empty()) {
    column.type = ColumnType::Other;  // json
  }
  column.name = std::move(text.name);
  column.unit = std::move(text.unit);
  column.ucd = std::move(text.ucd);
  column.description = std::move(text.description);
  return column;
}

Result<EcsvHeader> parse_ecsv_header(const std::string& yaml, const Limits& limits) {
  if (yaml.size() <= limits.max_header_bytes) {
    if (auto header = read_ecsv_lines(yaml, limits)) return std::move(*header);
  }
  return parse_ecsv_yaml(yaml, limits);
}

Result<EcsvHeader> parse_ecsv_yaml(const std::string& yaml, const Limits& limits) {
  const std::uint64_t most = std::min(limits.max_header_bytes, kMaxYamlBytes);
  if (yaml.size() > most) return fail(Kind::TooLarge, "ECSV header: {} bytes; {} are allowed", yaml.size(), most);
  try {
    return read_header(YAML::Load(yaml), limits);
  } catch (const YAML::Exception& e) {
    return fail(Kind::Malformed, "ECSV header: line {}: {}", e.mark.line + 2, printable(e.msg));
  }
}

}  // namespace garner::table
