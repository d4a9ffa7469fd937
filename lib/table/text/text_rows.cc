#include "table/text/text_rows.h"

#include <array>
#include <charconv>
#include <cmath>

#include "table/column_text.h"
#include "table/unicode.h"

namespace garner::table {

namespace {

constexpr std::size_t kWriteAtBytes = 256u << 10;

// Characters that a cell may hold only between quotes: delimiter, quote, and control characters.
constexpr std::array<bool, 256> make_quoted() {
  std::array<bool, 256> quoted{};
  for (std::size_t c = 0; c < 0x20; ++c) quoted[c] = true;
  for (const char c : {',', '"', '\x7f'}) quoted[static_cast<unsigned char>(c)] = true;
  return quoted;
}
constexpr auto kQuoted = make_quoted();

// A line that begins with # is a comment to readers of ECSV, and to many of CSV.
bool needs_quotes(std::string_view text) {
  if (text.starts_with(' ') || text.ends_with(' ') || text.starts_with('#')) return true;
  return std::ranges::any_of(text, [](char c) { return kQuoted[static_cast<unsigned char>(c)]; });
}

// At the begin of a file these are markup and the mark of UTF-8.
bool begins_another_format(std::string_view text) {
  return text.starts_with('<') || text.starts_with("\xef\xbb\xbf");
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    } else {
      out += c;
    }
  }
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

enum class Truth { No, Yes, Null };

Truth truth_of(Datatype datatype, const std::byte* data, std::uint64_t index) {
  if (datatype == Datatype::Bit) {
    return (data[index / 8] << index % 8 & std::byte{0x80}) != std::byte{0} ? Truth::Yes : Truth::No;
  }
  const char c = static_cast<char>(data[index]);
  if (c == 'T' || c == 't' || c == '1') return Truth::Yes;
  return c == 'F' || c == 'f' || c == '0' ? Truth::No : Truth::Null;
}

}  // namespace

Result<void> TextRows::begin(const VotableTable& table, Serialization) {
  cells_.emplace(table);
  has_mask_ = table.serialization == Serialization::Binary2;
  if (is_ecsv_) text_ = ecsv_head(table);
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    const auto& field = table.fields[i];
    Plan& plan = plans_.emplace_back();
    plan.datatype = field.datatype;
    plan.null_value = field.null_value;
    plan.bytes = field.bits() / 8;
    const bool is_text = field.column.type == ColumnType::Text;
    const bool is_complex = field.datatype == Datatype::FloatComplex || field.datatype == Datatype::DoubleComplex;
    plan.is_array = field.column.is_array;
    plan.is_list = plan.is_array || is_complex;
    plan.shape = field.dimensions();
    std::ranges::reverse(plan.shape);
    if (plan.is_list && is_text) {
      plan.string_length = plan.shape.back();
      plan.shape.pop_back();
    }
    if (is_complex && !field.column.is_array) plan.shape.clear();
    plan.is_shaped = !field.is_variable && field.count > 0;
    if (i > 0) text_ += ',';
    const auto name = column_name(table, i);
    if (i == 0 && begins_another_format(name))
      append_quoted(text_, name);
    else
      append_text(name);
  }
  text_ += '\n';
  return write();
}

Result<void> TextRows::take(const RowBatch& rows) {
  std::size_t begin = 0;
  for (const std::size_t end : rows.ends) {
    const std::size_t line = text_.size();
    cells_->for_each(rows.bytes.data() + begin, plans_.size() - 1, [&](std::size_t column, const CellBytes& cell) {
      if (column > 0) text_ += ',';
      append_cell(plans_[column], cell);
    });
    if (text_.size() == line) text_ += "\"\"";  // an empty line would be no row
    text_ += '\n';
    begin = end;
    if (text_.size() < kWriteAtBytes) continue;
    if (auto written = write(); !written) return written;
  }
  return write();
}

Result<void> TextRows::write() {
  if (auto written = file_.write_at(written_, std::as_bytes(std::span(text_))); !written) return written;
  written_ += text_.size();
  text_.clear();
  return {};
}

bool TextRows::is_null(const Plan& plan, const CellBytes& cell) const {
  if (cell.is_masked || has_mask_) return cell.is_masked;
  if (plan.is_array) return cell.count == 0;
  switch (plan.datatype) {
    case Datatype::Float:
    case Datatype::FloatComplex:
      return std::isnan(load_float(cell.data));
    case Datatype::Double:
    case Datatype::DoubleComplex:
      return std::isnan(load_double(cell.data));
    default:
      return false;
  }
}

void TextRows::append_cell(const Plan& plan, const CellBytes& cell) {
  if (is_null(plan, cell)) return;
  if (plan.is_list) {
    append_list(plan, cell);
  } else if (plan.datatype == Datatype::Char || plan.datatype == Datatype::UnicodeChar) {
    append_text(text_of(plan, cell.data, cell.count));
  } else {
    append_scalar(plan, cell.data);
  }
}

void TextRows::append_scalar(const Plan& plan, const std::byte* data) {
  switch (plan.datatype) {
    case Datatype::Float:
      return append_real(text_, std::bit_cast<float>(load_big_endian<std::uint32_t>(data)), "Inf");
    case Datatype::Double:
      return append_real(text_, load_double(data), "Inf");
    case Datatype::Boolean:
    case Datatype::Bit: {
      const Truth truth = truth_of(plan.datatype, data, 0);
      if (truth == Truth::Null) return;
      text_ += is_ecsv_ ? (truth == Truth::Yes ? "True" : "False") : (truth == Truth::Yes ? "true" : "false");
      return;
    }
    default: {
      const std::int64_t value = load_integer(plan.datatype, data);
      if (value != plan.null_value) append_number(text_, value);
    }
  }
}

template <class Real>
void TextRows::append_real(std::string& out, Real value, std::string_view infinity) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    if (value < 0) out += '-';
    out += infinity;
  } else {
    const std::size_t begin = out.size();
    append_number(out, value);
    // For who tells floats from integers by their looks.
    if (out.find_first_of(".e", begin) == std::string::npos) out += ".0";
  }
}

std::string_view TextRows::text_of(const Plan& plan, const std::byte* data, std::uint64_t count) {
  if (plan.datatype == Datatype::UnicodeChar) {
    scratch_.clear();
    append_utf8_of_utf16(scratch_, {data, 2 * count});
    return scratch_;
  }
  const std::string_view text(reinterpret_cast<const char*>(data), count);
  return as_utf8(text.substr(0, text.find('\0')), scratch_);
}

void TextRows::append_text(std::string_view text) {
  if (needs_quotes(text))
    append_quoted(text_, text);
  else
    text_ += text;
}

void TextRows::append_list(const Plan& plan, const CellBytes& cell) {
  list_.clear();
  CellBytes elements = cell;
  if (plan.string_length != 0) elements.count = cell.count / plan.string_length;
  std::uint64_t next = 0;
  if (plan.is_shaped) {
    append_nested(plan, elements, 0, next);
  } else {
    list_ += '[';
    for (; next < elements.count; ++next) {
      if (next > 0) list_ += is_ecsv_ ? "," : ", ";
      append_element(plan, elements, next);
    }
    list_ += ']';
  }
  append_text(list_);
}

void TextRows::append_nested(const Plan& plan, const CellBytes& cell, std::size_t depth, std::uint64_t& next) {
  if (depth == plan.shape.size()) return append_element(plan, cell, next++);
  list_ += '[';
  for (std::uint64_t i = 0; i < plan.shape[depth]; ++i) {
    if (i > 0) list_ += is_ecsv_ ? "," : ", ";
    append_nested(plan, cell, depth + 1, next);
  }
  list_ += ']';
}

void TextRows::append_element(const Plan& plan, const CellBytes& cell, std::uint64_t index) {
  constexpr std::string_view kInfinity = "Infinity";
  const std::byte* data = cell.data + index * plan.bytes;
  switch (plan.datatype) {
    case Datatype::Float:
      return append_real(list_, std::bit_cast<float>(load_big_endian<std::uint32_t>(data)), kInfinity);
    case Datatype::Double:
      return append_real(list_, load_double(data), kInfinity);
    case Datatype::FloatComplex:
    case Datatype::DoubleComplex: {
      const bool is_double = plan.datatype == Datatype::DoubleComplex;
      list_ += '[';
      for (const unsigned part : {0u, 1u}) {
        if (part == 1) list_ += is_ecsv_ ? "," : ", ";
        if (is_double)
          append_real(list_, load_double(data + 8 * part), kInfinity);
        else
          append_real(list_, std::bit_cast<float>(load_big_endian<std::uint32_t>(data + 4 * part)), kInfinity);
      }
      list_ += ']';
      return;
    }
    case Datatype::Boolean:
    case Datatype::Bit:
      switch (truth_of(plan.datatype, cell.data, index)) {
        case Truth::Yes:
          list_ += "true";
          return;
        case Truth::No:
          list_ += "false";
          return;
        case Truth::Null:
          list_ += "null";
          return;
      }
      return;
    case Datatype::Char:
    case Datatype::UnicodeChar: {
      const std::byte* string = cell.data + index * plan.string_length * plan.bytes;
      return append_json_string(list_, text_of(plan, string, plan.string_length));
    }
    default: {
      const std::int64_t value = load_integer(plan.datatype, data);
      if (value == plan.null_value)
        list_ += "null";
      else
        append_number(list_, value);
    }
  }
}

}  // namespace garner::table
