#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "archive_sim/big_endian.h"
#include "archive_sim/writers.h"

namespace garner::archive_sim {
namespace {

constexpr std::size_t kBlock = 2880;
constexpr std::size_t kCard = 80;

// 8-byte keyword, "= ", the value, " / comment"; whatever does not fit the card is cut, as the archive's writer does.
void append_card(std::string& out, std::string_view key, std::string_view value, std::string_view comment = {}) {
  std::string card = fmt::format("{:<8}= {}", key.substr(0, 8), value);
  if (!comment.empty()) card += fmt::format(" / {}", comment);
  card.resize(kCard, ' ');
  out += card;
}

void append_number_card(std::string& out, std::string_view key, std::int64_t value, std::string_view comment) {
  append_card(out, key, fmt::format("{:>20}", value), comment);
}

// FITS 4.0 §4.2.1: quotes doubled, at least eight characters between them, the closing quote never beyond column 80.
void append_string_card(std::string& out, std::string_view key, std::string_view value, std::string_view comment = {}) {
  std::string quoted = "'";
  for (const char c : value.substr(0, 66)) {
    const std::size_t room = c == '\'' ? 2 : 1;
    if (quoted.size() + room > 69) break;
    quoted.append(room, c);
  }
  if (quoted.size() < 9) quoted.resize(9, ' ');
  quoted += '\'';
  append_card(out, key, fmt::format("{:<20}", quoted), comment);
}

void pad(std::string& out, char filler) {
  out.append((kBlock - out.size() % kBlock) % kBlock, filler);
}

std::string primary_header() {
  std::string out;
  append_card(out, "SIMPLE", fmt::format("{:>20}", 'T'), "Standard FITS format");
  append_number_card(out, "BITPIX", 8, "Character data");
  append_number_card(out, "NAXIS", 0, "No image, just extensions");
  append_card(out, "EXTEND", fmt::format("{:>20}", 'T'), "There are standard extensions");
  out += fmt::format("{:<80}", "COMMENT Dummy header; see following table extension");
  out += fmt::format("{:<80}", "END");
  pad(out, ' ');
  return out;
}

constexpr std::array<char, 7> kFormLetters = {'L', 'I', 'J', 'K', 'E', 'D', 'A'};
constexpr std::array<std::size_t, 7> kWidths = {1, 2, 4, 8, 4, 8, 1};

std::size_t text_width(const Column& column) {
  std::size_t width = 1;
  for (const std::string& text : column.texts) width = std::max(width, text.size());
  return width;
}

std::size_t cell_width(const Column& column) {
  if (column.field.array) return 8;  // descriptor: length and offset, 32 bits each
  if (column.field.type == Type::Text) return text_width(column);
  return kWidths[static_cast<std::size_t>(column.field.type)];
}

std::string form_of(const Column& column) {
  const char letter = kFormLetters[static_cast<std::size_t>(column.field.type)];
  if (column.field.array) {
    std::uint32_t longest = 0;
    for (const std::uint32_t n : column.lengths) longest = std::max(longest, n);
    return fmt::format("P{}({})", letter, longest);
  }
  if (column.field.type == Type::Text) return fmt::format("{}A", text_width(column));
  return std::string(1, letter);
}

// The value that stands for null in an integer column; nothing for the types that have a null of their own.
std::int64_t null_value(Type type) {
  if (type == Type::Short) return std::numeric_limits<std::int16_t>::min();
  if (type == Type::Int) return std::numeric_limits<std::int32_t>::min();
  return std::numeric_limits<std::int64_t>::min();
}

// The archive's writer doubles the quotes of a unit once more than FITS asks for: 'dex' is read back as ''dex''.
std::string with_doubled_quotes(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out;
}

void append_column_cards(std::string& out, const Column& column, std::size_t number) {
  const Field& field = column.field;
  const auto key = [&](std::string_view stem) { return fmt::format("{}{}", stem, number); };
  append_string_card(out, key("TTYPE"), field.name, fmt::format("label for column {}", number));
  append_string_card(out, key("TFORM"), form_of(column), fmt::format("format for column {}", number));
  if (!field.unit.empty())
    append_string_card(out, key("TUNIT"), with_doubled_quotes(field.unit), fmt::format("units for column {}", number));
  const bool has_tnull = field.type == Type::Short || field.type == Type::Int || field.type == Type::Long;
  if (has_tnull && !field.array && !column.nulls.empty())
    append_number_card(out, key("TNULL"), null_value(field.type), fmt::format("blank value for column {}", number));
  if (!field.description.empty()) append_string_card(out, key("TCOMM"), field.description);
  if (!field.ucd.empty()) append_string_card(out, key("TUCD"), field.ucd);
  if (!field.utype.empty()) append_string_card(out, key("TUTYP"), field.utype);
}

std::string table_header(const Table& table, std::size_t heap_bytes) {
  std::size_t width = 0;
  for (const Column& column : table.columns) width += cell_width(column);
  std::string out;
  append_string_card(out, "XTENSION", "BINTABLE", "binary table extension");
  append_number_card(out, "BITPIX", 8, "8-bit bytes");
  append_number_card(out, "NAXIS", 2, "2-dimensional table");
  append_number_card(out, "NAXIS1", static_cast<std::int64_t>(width), "width of table in bytes");
  append_number_card(out, "NAXIS2", static_cast<std::int64_t>(table.rows()), "number of rows in table");
  append_number_card(out, "PCOUNT", static_cast<std::int64_t>(heap_bytes), "heap size (no gap)");
  append_number_card(out, "GCOUNT", 1, "one data group");
  append_number_card(out, "TFIELDS", static_cast<std::int64_t>(table.columns.size()), "number of columns");
  for (std::size_t i = 0; i < table.columns.size(); ++i) append_column_cards(out, table.columns[i], i + 1);
  for (const Param& param : table.params)
    append_string_card(out, param.fits_key, param.other_value.empty() ? param.value : param.other_value,
                       param.description);
  append_string_card(out, "DATE-HDU", "2024-05-28T21:59:52", "Date of HDU creation (UTC)");
  append_string_card(out, "STILVERS", "4.1-3", "Version of STIL software");
  append_string_card(out, "STILCLAS", "esac.archive.gacs.sl.dd.formatter.FitsTableWriterExtended", "STIL Author");
  out += fmt::format("{:<80}", "END");
  pad(out, ' ');
  return out;
}

void append_value(std::string& out, const Column& column, std::size_t index, bool null, std::size_t width) {
  const Type type = column.field.type;
  switch (type) {
    case Type::Bool:
      out += null ? '\0' : column.integers[index] != 0 ? 'T' : 'F';
      break;
    case Type::Short:
      append_big_endian(out, static_cast<std::uint16_t>(null ? null_value(type) : column.integers[index]));
      break;
    case Type::Int:
      append_big_endian(out, static_cast<std::uint32_t>(null ? null_value(type) : column.integers[index]));
      break;
    case Type::Long:
      append_big_endian(out, static_cast<std::uint64_t>(null ? null_value(type) : column.integers[index]));
      break;
    case Type::Float:
      append_float(out, column.reals[index]);
      break;
    case Type::Double:
      append_double(out, column.reals[index]);
      break;
    case Type::Text:
      out += fmt::format("{:<{}}", column.texts[index], width);
      break;
  }
}

}  // namespace

std::string write_fits(const Table& table) {
  std::string rows;
  std::string heap;
  std::vector<std::size_t> next(table.columns.size(), 0);
  std::vector<std::size_t> widths;
  for (const Column& column : table.columns) widths.push_back(cell_width(column));
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const Column& column = table.columns[c];
      if (!column.field.array) {
        append_value(rows, column, next[c]++, column.is_null(row), widths[c]);
        continue;
      }
      append_big_endian(rows, column.lengths[row]);
      append_big_endian(rows, static_cast<std::uint32_t>(heap.size()));
      for (std::uint32_t i = 0; i < column.lengths[row]; ++i) append_value(heap, column, next[c]++, false, 0);
    }
  }
  std::string out = primary_header() + table_header(table, heap.size()) + rows + heap;
  pad(out, '\0');
  return out;
}

}  // namespace garner::archive_sim
