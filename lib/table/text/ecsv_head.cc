// The YAML header of ECSV 1.0 (astropy APE 6): a mapping a column, in block style as archives write it.
#include "table/column_text.h"
#include "table/text/text_rows.h"

namespace garner::table {

namespace {

// Plain where no YAML reader could take it for anything but this text.
std::string yaml_text(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_plain = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.'; };
  // Words of YAML 1.1 (yes, null, …) are shorter than six characters.
  const bool has_mark = text.find('_') != std::string_view::npos || text.size() > 5;
  if (has_mark && is_letter(text.front()) && std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  quoted += '\'';
  return quoted;
}

std::string_view type_name(Datatype datatype) {
  switch (datatype) {
    case Datatype::Boolean:
    case Datatype::Bit:
      return "bool";
    case Datatype::UnsignedByte:
      return "uint8";
    case Datatype::Short:
      return "int16";
    case Datatype::Int:
      return "int32";
    case Datatype::Long:
      return "int64";
    case Datatype::Float:
    case Datatype::FloatComplex:
      return "float32";
    case Datatype::Double:
    case Datatype::DoubleComplex:
      return "float64";
    case Datatype::Char:
    case Datatype::UnicodeChar:
    case Datatype::Unknown:
      break;
  }
  return "string";
}

bool is_complex(const VotableField& field) {
  return field.datatype == Datatype::FloatComplex || field.datatype == Datatype::DoubleComplex;
}

// Of a list: its type and its sizes, outermost first; complex numbers are lists of two. ECSV has no lists of variable
// length of lists.
std::string subtype(const VotableField& field) {
  const bool is_variable = field.is_variable || (field.column.is_array && field.count == 0);
  if (is_variable && is_complex(field)) return "json";
  std::vector<std::string> sizes;
  if (is_complex(field)) sizes.emplace_back("2");
  if (is_variable) {
    sizes.emplace_back("null");
  } else if (field.column.is_array) {
    auto dimensions = field.dimensions();
    if (field.column.type == ColumnType::Text) dimensions.erase(dimensions.begin());
    for (const auto size : dimensions) sizes.insert(sizes.begin(), std::to_string(size));
  }
  return fmt::format("{}[{}]", type_name(field.datatype), fmt::join(sizes, ","));
}

}  // namespace

std::string ecsv_head(const VotableTable& table) {
  std::string head = "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n";
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    const auto& field = table.fields[i];
    const auto line = [&head](std::string_view key, const std::string& text) {
      if (!text.empty()) head += fmt::format("#   {}: {}\n", key, yaml_text(one_line(text)));
    };
    const bool is_list =
        field.column.is_array || field.datatype == Datatype::FloatComplex || field.datatype == Datatype::DoubleComplex;
    head += "# -\n";
    head += fmt::format("#   name: {}\n", yaml_text(column_name(table, i)));
    head += fmt::format("#   datatype: {}\n", is_list ? "string" : type_name(field.datatype));
    if (is_list) head += fmt::format("#   subtype: {}\n", subtype(field));
    line("unit", field.column.unit);
    line("description", field.column.description);
    if (!field.column.ucd.empty())
      head += fmt::format("#   meta:\n#     ucd: {}\n", yaml_text(one_line(field.column.ucd)));
  }
  return head;
}

}  // namespace garner::table
