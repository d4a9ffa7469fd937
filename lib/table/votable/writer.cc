#include "table/votable/writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "table/peeked_source.h"
#include "table/readers.h"
#include "table/votable/field.h"

namespace garner::table {

namespace {

constexpr std::string_view kHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VOTABLE version=\"1.3\" "
    "xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\">\n<RESOURCE>\n<TABLE>\n";
constexpr std::string_view kFoot = "</TABLEDATA></DATA>\n</TABLE>\n</RESOURCE>\n</VOTABLE>\n";

// XML 1.0 §2.2: false for a control character, or broken UTF-8.
bool is_writable(std::string_view text) {
  bool ascii = true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    ascii = ascii && byte < 0x80;
  }
  // printable() marks what is no UTF-8 by '?'.
  return ascii || std::ranges::count(printable(text, 4 * text.size()), '?') == std::ranges::count(text, '?');
}

// XML 1.0 §2.4. False, and nothing written, for what XML can't hold.
bool append_escaped(std::string& out, std::string_view text) {
  if (!is_writable(text)) return false;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#13;";
        break;
      default:
        out += c;
    }
  }
  return true;
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits;
  const auto [end, status] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  if (status == std::errc{}) out.append(digits.data(), end);
}

void append_real(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    append_number(out, value);
  }
}

std::string_view datatype_of(UploadType type) {
  switch (type) {
    case UploadType::Long:
      return "datatype=\"long\"";
    case UploadType::Double:
      return "datatype=\"double\"";
    case UploadType::Text:
      return "datatype=\"char\" arraysize=\"*\"";
    case UploadType::Boolean:
      return "datatype=\"boolean\"";
  }
  return "datatype=\"char\" arraysize=\"*\"";
}

bool append_field(std::string& out, const UploadColumn& column) {
  out += "<FIELD name=\"";
  if (!append_escaped(out, column.name)) return false;
  out += "\" ";
  out += datatype_of(column.type);
  for (const auto& [name, value] :
       {std::pair<std::string_view, const std::string&>{"ucd", column.ucd}, {"unit", column.unit}}) {
    if (value.empty()) continue;
    out.append(" ").append(name).append("=\"");
    if (!append_escaped(out, value)) return false;
    out += '"';
  }
  if (column.description.empty()) {
    out += "/>\n";
    return true;
  }
  out += "><DESCRIPTION>";
  if (!append_escaped(out, column.description)) return false;
  out += "</DESCRIPTION></FIELD>\n";
  return true;
}

}  // namespace

Result<VotableWriter> VotableWriter::make(std::vector<UploadColumn> columns) {
  if (columns.empty()) return fail(Kind::Invalid, "a table for upload needs at least one column");
  VotableWriter writer(std::move(columns));
  writer.text_ = kHead;
  for (const auto& column : writer.columns_) {
    if (column.name.empty()) return fail(Kind::Invalid, "a column of the table for upload has no name");
    if (!append_field(writer.text_, column)) {
      return fail(Kind::Invalid, "column '{}': its name, unit, UCD or description holds characters that XML cannot",
                  printable(column.name, 60));
    }
  }
  writer.text_ += "<DATA><TABLEDATA>\n";
  return writer;
}

Result<void> VotableWriter::add_cell(const UploadColumn& column, const Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  const auto* real = std::get_if<double>(&value);
  const auto* text = std::get_if<std::string_view>(&value);
  const auto* flag = std::get_if<bool>(&value);
  if (std::holds_alternative<std::monostate>(value)) {
  } else if (integer != nullptr && (column.type == UploadType::Long || column.type == UploadType::Double)) {
    append_number(text_, *integer);
  } else if (real != nullptr && column.type == UploadType::Double) {
    append_real(text_, *real);
  } else if (flag != nullptr && column.type == UploadType::Boolean) {
    text_ += *flag ? "true" : "false";
  } else if (text != nullptr && column.type == UploadType::Text) {
    if (!append_escaped(text_, *text)) {
      return fail(Kind::Invalid, "row {}, column '{}': control characters or broken UTF-8", rows_ + 1,
                  printable(column.name, 60));
    }
  } else {
    return fail(Kind::Invalid, "row {}, column '{}': the cell is not of the column's type", rows_ + 1,
                printable(column.name, 60));
  }
  return {};
}

Result<void> VotableWriter::add_row(std::span<const Value> row) {
  if (row.size() != columns_.size())
    return fail(Kind::Invalid, "row {} holds {} cells for {} columns", rows_ + 1, row.size(), columns_.size());
  const std::size_t before = text_.size();
  text_ += "<TR>";
  for (std::size_t i = 0; i < row.size(); ++i) {
    text_ += "<TD>";
    if (auto added = add_cell(columns_[i], row[i]); !added) {
      text_.resize(before);
      return added;
    }
    text_ += "</TD>";
  }
  text_ += "</TR>";
  ++rows_;
  return {};
}

std::string VotableWriter::finish() && {
  text_ += kFoot;
  return std::move(text_);
}

Result<std::string> id_upload(std::string_view column_name, std::span<const std::int64_t> ids) {
  auto writer = VotableWriter::make({{std::string(column_name), UploadType::Long}});
  if (!writer) return std::unexpected(std::move(writer.error()));
  for (const std::int64_t id : ids) {
    const VotableWriter::Value cell = id;
    if (auto added = writer->add_row({&cell, 1}); !added) return std::unexpected(std::move(added.error()));
  }
  return std::move(*writer).finish();
}

namespace {

// What a column's cells are all good for.
struct Guess {
  bool integer = true, real = true, any = false;
  void look(std::string_view text) {
    any = true;
    integer = integer && parse_integer(text).has_value();
    real = real && parse_real(text).has_value();
  }
  UploadType type() const {
    return any && integer ? UploadType::Long : any && real ? UploadType::Double : UploadType::Text;
  }
};

struct HeldCell {
  bool null = true;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
};

VotableWriter::Value value_of(const HeldCell& cell, UploadType type, bool guessed) {
  if (cell.null) return std::monostate{};
  switch (type) {
    case UploadType::Long:
      return guessed ? parse_integer(cell.text).value_or(0) : cell.integer;
    case UploadType::Double:
      return guessed ? parse_real(cell.text).value_or(NAN) : cell.real;
    case UploadType::Boolean:
      return cell.integer != 0;
    case UploadType::Text:
      return std::string_view(cell.text);
  }
  return std::monostate{};
}

struct Held {
  std::vector<HeldCell> cells;  // row by row
  std::vector<Guess> guesses;
};

Result<Held> hold(TableReader& reader, std::uint64_t max_bytes) {
  const auto& columns = reader.columns();
  for (const auto& column : columns) {
    if (column.is_array)
      return fail(Kind::Invalid, "column '{}' holds arrays, which cannot be uploaded", printable(column.name, 60));
  }
  Held held{{}, std::vector<Guess>(columns.size())};
  std::uint64_t bytes = 0;
  for (;;) {
    auto more = reader.next_row();
    if (!more) return std::unexpected(std::move(more.error()));
    if (!*more) return held;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const Cell& cell = reader.cell(i);
      const bool textual = !cell.null && (columns[i].type == ColumnType::Text || columns[i].type == ColumnType::Other);
      held.cells.push_back({cell.null, cell.integer, cell.real, textual ? std::string(cell.text) : std::string()});
      if (textual) held.guesses[i].look(cell.text);
      bytes += held.cells.back().text.size() + sizeof("<TD></TD>") - 1;
    }
    if (bytes > max_bytes)
      return fail(Kind::TooLarge, "{}: the table for upload is larger than {} bytes", reader.position(), max_bytes);
  }
}

UploadType declared_type(ColumnType type) {
  switch (type) {
    case ColumnType::Integer:
      return UploadType::Long;
    case ColumnType::Float:
      return UploadType::Double;
    case ColumnType::Boolean:
      return UploadType::Boolean;
    default:
      return UploadType::Text;
  }
}

Result<std::string> write_held(const TableReader& reader, const Held& held, bool guessed, std::uint64_t max_bytes) {
  const auto& columns = reader.columns();
  std::vector<UploadColumn> fields;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const UploadType type = guessed ? held.guesses[i].type() : declared_type(columns[i].type);
    fields.push_back({columns[i].name, type, columns[i].unit, columns[i].ucd, columns[i].description});
  }
  auto writer = VotableWriter::make(fields);
  if (!writer) return std::unexpected(std::move(writer.error()));
  std::vector<VotableWriter::Value> row(columns.size());
  for (std::size_t at = 0; at < held.cells.size(); at += columns.size()) {
    for (std::size_t i = 0; i < columns.size(); ++i) row[i] = value_of(held.cells[at + i], fields[i].type, guessed);
    if (auto added = writer->add_row(row); !added) return std::unexpected(std::move(added.error()));
    if (writer->size() + kFoot.size() > max_bytes)
      return fail(Kind::TooLarge, "the table for upload is larger than {} bytes", max_bytes);
  }
  return std::move(*writer).finish();
}

}  // namespace

Result<std::string> votable_for_upload(std::unique_ptr<ByteSource> source, OpenOptions options,
                                       std::uint64_t max_bytes) {
  constexpr std::size_t kPeekBytes = 4096;
  auto peeked = PeekedSource::peek(std::move(source), kPeekBytes);
  if (!peeked) return std::unexpected(std::move(peeked.error()));
  if (!options.format) {
    auto format = recognise((*peeked)->head());
    if (!format) return std::unexpected(std::move(format.error()));
    options.format = *format;
  }
  options.wanted.clear();
  const bool guessed = options.format == Format::Csv || options.format == Format::Tsv;
  auto reader = open_table(std::move(*peeked), options);
  if (!reader) return std::unexpected(std::move(reader.error()));
  auto held = hold(**reader, max_bytes);
  if (!held) return std::unexpected(std::move(held.error()));
  return write_held(**reader, *held, guessed, max_bytes);
}

}  // namespace garner::table
