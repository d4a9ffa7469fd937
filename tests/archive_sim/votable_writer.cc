#include <array>

#include "archive_sim/big_endian.h"
#include "archive_sim/numbers.h"
#include "archive_sim/writers.h"

namespace garner::archive_sim {
namespace {

constexpr std::string_view kHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
    "xsi:schemaLocation=\"http://www.ivoa.net/xml/VOTable/v1.3 http://www.ivoa.net/xml/VOTable/v1.3\" "
    "xmlns:spec=\"http://www.ivoa.net/xml/SpectrumModel/v1.01\">\n"
    "<RESOURCE type=\"results\" utype=\"spec:Spectrum\">\n"
    "<TIMESYS ID=\"time_frame\" refposition=\"BARYCENTER\" timeorigin=\"2455197.5\" timescale=\"TCB\"/><TABLE>\n";
constexpr std::string_view kTail = "</RESOURCE>\n</VOTABLE>\n";

constexpr std::array<std::string_view, 7> kDatatypes = {"boolean", "short", "int", "long", "float", "double", "char"};

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += ' ';
  out += name;
  out += "=\"";
  append_escaped(out, value);
  out += '"';
}

void append_description(std::string& out, std::string_view text, std::string_view element) {
  out += ">\n";
  if (!text.empty()) {
    out += "<DESCRIPTION>";
    append_escaped(out, text);
    out += "</DESCRIPTION>\n";
  }
  out += "</";
  out += element;
  out += ">\n";
}

void append_param(std::string& out, const Param& param) {
  out += "<PARAM";
  append_attribute(out, "arraysize", param.arraysize);
  append_attribute(out, "datatype", param.datatype);
  append_attribute(out, "name", param.name);
  append_attribute(out, "ucd", param.ucd);
  append_attribute(out, "unit", param.unit);
  append_attribute(out, "utype", param.utype);
  append_attribute(out, "value", param.value);
  append_description(out, param.description, "PARAM");
}

void append_field(std::string& out, const Field& field) {
  out += "<FIELD";
  append_attribute(out, "ID", field.id);
  append_attribute(out, "arraysize", field.array || field.type == Type::Text ? "*" : "");
  append_attribute(out, "datatype", kDatatypes[static_cast<std::size_t>(field.type)]);
  append_attribute(out, "name", field.name);
  append_attribute(out, "ucd", field.ucd);
  append_attribute(out, "unit", field.unit);
  append_attribute(out, "utype", field.utype);
  append_description(out, field.description, "FIELD");
}

void append_binary(std::string& out, const Column& column, std::size_t index) {
  switch (column.field.type) {
    case Type::Bool:
      out += column.integers[index] != 0 ? 'T' : 'F';
      break;
    case Type::Short:
      append_big_endian(out, static_cast<std::uint16_t>(column.integers[index]));
      break;
    case Type::Int:
      append_big_endian(out, static_cast<std::uint32_t>(column.integers[index]));
      break;
    case Type::Long:
      append_big_endian(out, static_cast<std::uint64_t>(column.integers[index]));
      break;
    case Type::Float:
      append_float(out, column.reals[index]);
      break;
    case Type::Double:
      append_double(out, column.reals[index]);
      break;
    case Type::Text:
      append_big_endian(out, static_cast<std::uint32_t>(column.texts[index].size()));
      out += column.texts[index];
      break;
  }
}

// VOTable 1.4 §5.4: a null mask, most significant bit first, before each row; a length of four bytes before each array.
std::string binary2_rows(const Table& table) {
  std::string out;
  std::vector<std::size_t> next(table.columns.size(), 0);
  const std::size_t mask_bytes = (table.columns.size() + 7) / 8;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::size_t mask_at = out.size();
    out.append(mask_bytes, '\0');
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const Column& column = table.columns[c];
      if (column.is_null(row)) out[mask_at + c / 8] = static_cast<char>(out[mask_at + c / 8] | (0x80 >> (c % 8)));
      std::size_t count = 1;
      if (column.field.array) {
        count = column.lengths[row];
        append_big_endian(out, static_cast<std::uint32_t>(count));
      }
      for (; count > 0; --count) append_binary(out, column, next[c]++);
    }
  }
  return out;
}

// Base64 in lines of 64 characters.
void append_base64(std::string& out, std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.reserve(out.size() + bytes.size() * 4 / 3 + bytes.size() / 48 + 256);
  std::size_t i = 0;
  const auto at = [&](std::size_t k) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[k])); };
  for (; i + 3 <= bytes.size(); i += 3) {
    const unsigned v = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    const char four[] = {kDigits[v >> 18], kDigits[v >> 12 & 63], kDigits[v >> 6 & 63], kDigits[v & 63]};
    out.append(four, 4);
    if (i % 48 == 45) out += '\n';
  }
  if (const std::size_t rest = bytes.size() - i; rest > 0) {
    const unsigned v = at(i) << 16 | (rest == 2 ? at(i + 1) << 8 : 0U);
    out += kDigits[v >> 18];
    out += kDigits[v >> 12 & 63];
    out += rest == 2 ? kDigits[v >> 6 & 63] : '=';
    out += '=';
  }
  if (!out.ends_with('\n')) out += '\n';
}

void append_text_value(std::string& out, const Column& column, std::size_t index) {
  switch (column.field.type) {
    case Type::Bool:
      out += column.integers[index] != 0 ? 'T' : 'F';
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
      append_escaped(out, column.texts[index]);
      break;
  }
}

void append_tabledata(std::string& out, const Table& table) {
  std::vector<std::size_t> next(table.columns.size(), 0);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    out += "  <TR>\n";
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const Column& column = table.columns[c];
      const std::size_t count = column.field.array ? column.lengths[row] : 1;
      out += "    <TD>";
      for (std::size_t i = 0; i < count; ++i, ++next[c]) {
        if (i > 0) out += ' ';
        if (!column.is_null(row)) append_text_value(out, column, next[c]);
      }
      out += "</TD>\n";
    }
    out += "  </TR>\n";
  }
}

}  // namespace

std::string write_votable(const Table& table, bool binary2) {
  std::string out(kHead);
  for (const Param& param : table.params) append_param(out, param);
  append_votable_data(out, table, binary2);
  out += kTail;
  return out;
}

void append_votable_data(std::string& out, const Table& table, bool binary2) {
  for (const Column& column : table.columns) append_field(out, column.field);
  out += "<DATA>\n";
  if (binary2) {
    out += "<BINARY2>\n<STREAM encoding='base64'>\n";
    append_base64(out, binary2_rows(table));
    out += "</STREAM>\n</BINARY2>\n";
  } else {
    out += "<TABLEDATA>\n";
    append_tabledata(out, table);
    out += "</TABLEDATA>\n";
  }
  out += "</DATA>\n</TABLE>\n";
}

}  // namespace garner::archive_sim
