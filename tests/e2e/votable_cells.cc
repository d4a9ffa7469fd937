#include "votable_cells.h"

#include <bit>
#include <cmath>
#include <cstring>

#include <expat.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace garner::e2e {
namespace {

struct Field {
  std::string datatype;
  bool variable = false;     // arraysize="*"
  std::size_t elements = 1;  // of a fixed text
  Cell null;                 // VALUES null
};

struct Document {
  Cells cells;
  std::vector<Field> fields;
  std::string text;  // of the element that is being read
  std::string stream;
  bool binary2 = false;
  bool in_cell = false;
};

std::string attribute(const char** attributes, std::string_view name) {
  for (; *attributes != nullptr; attributes += 2)
    if (attributes[0] == name) return attributes[1];
  return {};
}

std::string_view local(const char* name) {
  const char* colon = std::strrchr(name, ':');
  return colon == nullptr ? name : colon + 1;
}

CellKind kind_of(const std::string& datatype) {
  if (datatype == "boolean") return CellKind::Boolean;
  if (datatype == "float") return CellKind::Float;
  if (datatype == "double") return CellKind::Double;
  return datatype == "char" || datatype == "unicodeChar" ? CellKind::Text : CellKind::Integer;
}

Cell real_cell(double value, bool single) {
  if (std::isnan(value)) return std::nullopt;
  return single ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
}

Cell from_text(const Field& field, std::string text) {
  const CellKind kind = kind_of(field.datatype);
  if (text.empty() || (field.null && *field.null == text)) return std::nullopt;
  if (kind == CellKind::Boolean) return text[0] == '?' ? Cell() : (std::strchr("tT1", text[0]) ? "true" : "false");
  if (kind == CellKind::Float) return real_cell(std::strtof(text.c_str(), nullptr), true);
  if (kind == CellKind::Double) return real_cell(std::strtod(text.c_str(), nullptr), false);
  return text;
}

void on_start(void* user, const char* name, const char** attributes) {
  auto& document = *static_cast<Document*>(user);
  const std::string_view element = local(name);
  document.in_cell = element == "TD" || element == "STREAM";
  document.text.clear();
  if (element == "FIELD") {
    Field field{attribute(attributes, "datatype"), false, 1, std::nullopt};
    const std::string size = attribute(attributes, "arraysize");
    field.variable = size.ends_with('*');
    if (!field.variable && !size.empty()) field.elements = std::stoul(size);
    document.cells.names.push_back(attribute(attributes, "name"));
    document.cells.kinds.push_back(kind_of(field.datatype));
    document.fields.push_back(std::move(field));
  }
  if (element == "VALUES" && !document.fields.empty())
    if (const std::string null = attribute(attributes, "null"); !null.empty()) document.fields.back().null = null;
  if (element == "BINARY2") document.binary2 = true;
  if (element == "TR") document.cells.rows.emplace_back();
}

void on_end(void* user, const char* name) {
  auto& document = *static_cast<Document*>(user);
  if (local(name) == "TD") {
    auto& row = document.cells.rows.back();
    if (row.size() < document.fields.size())
      row.push_back(from_text(document.fields[row.size()], document.text));
    else
      ADD_FAILURE() << "a row with more cells than FIELDs";
  }
  if (local(name) == "STREAM") document.stream = std::move(document.text);
  document.in_cell = false;
  document.text.clear();
}

void on_text(void* user, const char* text, int length) {
  auto& document = *static_cast<Document*>(user);
  if (document.in_cell) document.text.append(text, static_cast<std::size_t>(length));
}

std::string base64(const std::string& text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<int, 256> value{};
  value.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i) value[static_cast<unsigned char>(kDigits[i])] = static_cast<int>(i);
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    const int v = value[static_cast<unsigned char>(c)];
    if (v < 0) continue;
    bits = bits << 6 | static_cast<unsigned>(v);
    if ((held += 6) < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held);
  }
  return out;
}

// Of BINARY2, whose rows begin with a mask of nulls, or of BINARY.
class BinaryRows {
 public:
  BinaryRows(Document& document, std::string bytes) : document_(document), bytes_(std::move(bytes)) {}

  void read() {
    const std::size_t mask_bytes = document_.binary2 ? (document_.fields.size() + 7) / 8 : 0;
    while (at_ < bytes_.size()) {
      const std::size_t mask = at_;
      at_ += mask_bytes;
      auto& row = document_.cells.rows.emplace_back();
      for (std::size_t i = 0; i < document_.fields.size(); ++i) {
        Cell cell = next(document_.fields[i]);
        const bool null = document_.binary2 && (bytes_[mask + i / 8] & 0x80 >> i % 8) != 0;
        row.push_back(null ? Cell() : std::move(cell));
      }
      ASSERT_LE(at_, bytes_.size()) << "the stream ends in a row";
    }
  }

 private:
  std::uint64_t big_endian(std::size_t n) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < n; ++i, ++at_)
      value = value << 8 | (at_ < bytes_.size() ? static_cast<unsigned char>(bytes_[at_]) : 0);
    return value;
  }

  Cell next(const Field& field) {
    const std::string& type = field.datatype;
    if (type == "char") {
      const std::size_t length = field.variable ? big_endian(4) : field.elements;
      std::string text = at_ <= bytes_.size() ? bytes_.substr(at_, length) : "";
      at_ += length;
      text.erase(text.find_last_not_of(std::string_view(" \0", 2)) + 1);
      return text.empty() ? Cell() : text;
    }
    if (type == "boolean") {
      const auto c = static_cast<char>(big_endian(1));
      return c == 'T' || c == 't' || c == '1' ? "true" : c == 'F' || c == 'f' || c == '0' ? Cell("false") : Cell();
    }
    if (type == "float") return real_cell(std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4))), true);
    if (type == "double") return real_cell(std::bit_cast<double>(big_endian(8)), false);
    std::string text = type == "long"    ? std::to_string(static_cast<std::int64_t>(big_endian(8)))
                       : type == "int"   ? std::to_string(static_cast<std::int32_t>(big_endian(4)))
                       : type == "short" ? std::to_string(static_cast<std::int16_t>(big_endian(2)))
                                         : std::to_string(big_endian(1));
    return field.null && *field.null == text ? Cell() : text;
  }

  Document& document_;
  std::string bytes_;
  std::size_t at_ = 0;
};

}  // namespace

Cells read_votable_cells(const std::string& xml) {
  Document document;
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate(nullptr), XML_ParserFree);
  XML_SetUserData(parser.get(), &document);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  const bool whole = XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), 1) == XML_STATUS_OK;
  EXPECT_TRUE(whole) << XML_ErrorString(XML_GetErrorCode(parser.get()));
  if (!document.stream.empty()) BinaryRows(document, base64(document.stream)).read();
  return std::move(document.cells);
}

}  // namespace garner::e2e
