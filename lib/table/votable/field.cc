#include "table/votable/field.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace garner::table {

namespace {

struct DatatypeRow {
  std::string_view name;
  Datatype datatype;
  unsigned bits;
  ColumnType type;
};

// The two ...String names are no VOTable datatypes, but stand in old files for text.
constexpr std::array<DatatypeRow, 13> kDatatypes{{
    {"boolean", Datatype::Boolean, 8, ColumnType::Boolean},
    {"bit", Datatype::Bit, 1, ColumnType::Other},
    {"unsignedByte", Datatype::UnsignedByte, 8, ColumnType::Integer},
    {"short", Datatype::Short, 16, ColumnType::Integer},
    {"int", Datatype::Int, 32, ColumnType::Integer},
    {"long", Datatype::Long, 64, ColumnType::Integer},
    {"char", Datatype::Char, 8, ColumnType::Text},
    {"unicodeChar", Datatype::UnicodeChar, 16, ColumnType::Text},
    {"float", Datatype::Float, 32, ColumnType::Float},
    {"double", Datatype::Double, 64, ColumnType::Float},
    {"floatComplex", Datatype::FloatComplex, 64, ColumnType::Other},
    {"doubleComplex", Datatype::DoubleComplex, 128, ColumnType::Other},
    {"", Datatype::Unknown, 0, ColumnType::Text},
}};

const DatatypeRow& row_of(Datatype datatype) {
  for (const auto& row : kDatatypes) {
    if (row.datatype == datatype) return row;
  }
  return kDatatypes.back();
}

}  // namespace

std::uint64_t VotableField::bytes(std::uint64_t primitives) const {
  return (primitives * row_of(datatype).bits + 7) / 8;
}

unsigned VotableField::bits() const {
  return row_of(datatype).bits;
}

std::vector<std::uint64_t> VotableField::dimensions() const {
  std::vector<std::uint64_t> sizes;
  for (std::string_view rest = arraysize; !rest.empty();) {
    const auto dimension = rest.substr(0, rest.find('x'));
    std::uint64_t size = 0;
    std::from_chars(dimension.data(), dimension.data() + dimension.size(), size);
    if (!dimension.ends_with('*')) sizes.push_back(size);
    rest.remove_prefix(std::min(rest.size(), dimension.size() + 1));
  }
  return sizes;
}

Datatype parse_datatype(std::string_view name) {
  for (const auto& row : kDatatypes) {
    if (row.name == name) return row.datatype;
  }
  return Datatype::Unknown;
}

Result<void> set_shape(VotableField& field, std::string_view arraysize, std::uint64_t max_cell_bytes) {
  const auto& row = row_of(field.datatype);
  field.column.type = row.type;
  field.count = 1;
  const std::string_view whole = arraysize = trimmed(arraysize);
  field.arraysize = whole;
  const auto refuse = [&] {
    return fail(Kind::Malformed, "FIELD '{}': arraysize '{}' is none of n, *, n*, nxm, nxm*",
                printable(field.column.name), printable(whole, 60));
  };
  std::size_t dimensions = 0;
  while (!arraysize.empty()) {
    std::uint64_t size = 0;
    const auto [end, code] = std::from_chars(arraysize.data(), arraysize.data() + arraysize.size(), size);
    const bool has_number = code == std::errc{};
    if (code == std::errc::result_out_of_range) return refuse();
    if (has_number) arraysize.remove_prefix(static_cast<std::size_t>(end - arraysize.data()));
    ++dimensions;
    if (arraysize == "*") {
      field.is_variable = true;
      break;
    }
    if (!has_number) return refuse();
    if (__builtin_mul_overflow(field.count, size, &field.count) || field.count > max_cell_bytes) {
      return fail(Kind::TooLarge, "FIELD '{}': arraysize '{}' makes cells larger than {} bytes",
                  printable(field.column.name), printable(whole, 60), max_cell_bytes);
    }
    if (arraysize.empty()) break;
    if (arraysize.front() != 'x' || arraysize.size() == 1) return refuse();
    arraysize.remove_prefix(1);
  }
  const bool is_text = row.type == ColumnType::Text;
  const std::size_t scalar_dimensions = is_text ? 1 : 0;
  field.column.is_array =
      dimensions > scalar_dimensions && !(dimensions == 1 && !field.is_variable && field.count == 1);
  if (field.bytes(field.count) > max_cell_bytes) {
    return fail(Kind::TooLarge, "FIELD '{}': cells of {} bytes; {} are allowed", printable(field.column.name),
                field.bytes(field.count), max_cell_bytes);
  }
  return {};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_real(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (code == std::errc::result_out_of_range) return std::numeric_limits<double>::quiet_NaN();
  if (code != std::errc{}) return std::nullopt;
  return value;
}

}  // namespace garner::table
