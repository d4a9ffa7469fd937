#include "table/votable/tabledata_encoder.h"

#include <charconv>
#include <limits>

#include "table/big_endian.h"
#include "table/readers.h"
#include "table/unicode.h"

namespace garner::table {

namespace {

constexpr std::string_view kSeparators = " \t\r\n,";  // of elements; the comma stands in old files

// The nearest float or double. Nothing: not a number.
template <class Real>
std::optional<Real> parse_nearest(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const auto parse = [text]<class Wide>(Wide& value) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return end == text.data() + text.size() && !text.empty() ? code : std::errc::invalid_argument;
  };
  Real value = 0;
  auto code = parse(value);
  if (code == std::errc::result_out_of_range) {  // becomes 0 or Inf
    long double wide = 0;
    code = parse(wide);
    value = static_cast<Real>(wide);
  }
  return code == std::errc{} ? std::optional(value) : std::nullopt;
}

bool fits(Datatype datatype, std::int64_t value) {
  switch (datatype) {
    case Datatype::UnsignedByte:
      return value >= 0 && value <= std::numeric_limits<std::uint8_t>::max();
    case Datatype::Short:
      return value == static_cast<std::int16_t>(value);
    case Datatype::Int:
      return value == static_cast<std::int32_t>(value);
    default:
      return true;
  }
}

char boolean_byte(std::string_view word) {
  for (const auto yes : {"true", "t", "1"}) {
    if (same_name(word, yes)) return 'T';
  }
  for (const auto no : {"false", "f", "0"}) {
    if (same_name(word, no)) return 'F';
  }
  return '\0';
}

}  // namespace

VotableTable TabledataEncoder::binary_form(const VotableTable& table) {
  VotableTable form = table;
  form.serialization = Serialization::Binary2;
  for (auto& field : form.fields) {
    const bool is_known = field.datatype == Datatype::Char || field.datatype == Datatype::UnicodeChar;
    if (!is_known && field.datatype != Datatype::Unknown) continue;
    field.is_variable = true;
    field.count = 1;
    if (is_known && field.column.is_array) {  // strings of the first dimension, as many as there are
      field.arraysize = fmt::format("{}x*", field.dimensions().front());
    } else {
      field.datatype = Datatype::Char;
      field.arraysize = "*";
      field.column.is_array = false;
    }
  }
  return form;
}

TabledataEncoder::TabledataEncoder(const VotableTable& table, const Limits& limits, std::vector<std::byte>& out)
    : table_(table), max_cell_bytes_(limits.max_cell_bytes), out_(out) {}

Result<void> TabledataEncoder::text(std::string_view piece) {
  if (cell_.size() + piece.size() > max_cell_bytes_) {
    return fail(Kind::TooLarge, "row {}: column '{}': a cell of more than {} bytes", row_,
                printable(table_.fields[column_].column.name), max_cell_bytes_);
  }
  cell_ += piece;
  return {};
}

Result<void> TabledataEncoder::end_cell() {
  if (column_ == 0) {
    row_begin_ = out_.size();
    out_.resize(row_begin_ + (table_.fields.size() + 7) / 8);
  }
  auto encoded = encode(table_.fields[column_], cell_);
  cell_.clear();
  ++column_;
  return encoded;
}

void TabledataEncoder::end_row() {
  column_ = 0;
  ++row_;
}

void TabledataEncoder::put_null(const VotableField& field) {
  out_[row_begin_ + column_ / 8] |= std::byte{0x80} >> column_ % 8;
  out_.resize(out_.size() + (field.is_variable ? sizeof(std::uint32_t) : field.bytes(field.count)));
}

template <class Unsigned>
void TabledataEncoder::put(Unsigned value) {
  const std::size_t at = out_.size();
  out_.resize(at + sizeof value);
  store_big_endian(out_.data() + at, value);
}

Result<void> TabledataEncoder::encode(const VotableField& field, std::string_view text) {
  if (field.datatype == Datatype::Char || field.datatype == Datatype::UnicodeChar) {
    if (text.empty())
      put_null(field);
    else
      encode_text(field, text);
    return {};
  }
  text = trimmed(text);
  if (text.empty()) {
    put_null(field);
    return {};
  }
  if (field.datatype == Datatype::Bit) return encode_bits(field, text);
  const bool is_pair = field.datatype == Datatype::FloatComplex || field.datatype == Datatype::DoubleComplex;
  if (field.column.is_array || is_pair) return encode_elements(field, text);
  switch (field.datatype) {
    case Datatype::Boolean:
      if (boolean_byte(text) == '\0') {
        put_null(field);
        return {};
      }
      break;
    case Datatype::Float:
    case Datatype::Double:
      if (!parse_nearest<double>(text)) {
        put_null(field);
        return {};
      }
      break;
    default:
      // A null value may be one that the datatype does not hold.
      if (field.null_value && parse_integer(text) == field.null_value) {
        put_null(field);
        return {};
      }
  }
  return encode_element(field, text);
}

Result<void> TabledataEncoder::check_count(const VotableField& field, std::uint64_t count) const {
  if (field.is_variable || count == field.count) return {};
  return fail(Kind::Malformed, "row {}: column '{}': {} elements, but its arraysize is '{}'", row_,
              printable(field.column.name), count, printable(field.arraysize, 60));
}

Result<void> TabledataEncoder::encode_elements(const VotableField& field, std::string_view text) {
  const std::size_t count_at = out_.size();
  if (field.is_variable) put(std::uint32_t{0});
  std::uint64_t words = 0;
  for (;;) {
    const auto begin = text.find_first_not_of(kSeparators);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const auto word = text.substr(0, text.find_first_of(kSeparators));
    text.remove_prefix(word.size());
    if (auto encoded = encode_element(field, word); !encoded) return encoded;
    ++words;
  }
  const bool is_pair = field.datatype == Datatype::FloatComplex || field.datatype == Datatype::DoubleComplex;
  if (is_pair && words % 2 != 0) {
    return fail(Kind::Malformed, "row {}: column '{}': {} numbers are no pairs of real and imaginary part", row_,
                printable(field.column.name), words);
  }
  const std::uint64_t count = is_pair ? words / 2 : words;
  if (field.is_variable) store_big_endian(out_.data() + count_at, static_cast<std::uint32_t>(count));
  return check_count(field, count);
}

Result<void> TabledataEncoder::encode_element(const VotableField& field, std::string_view word) {
  switch (field.datatype) {
    case Datatype::Boolean:
      out_.push_back(static_cast<std::byte>(boolean_byte(word)));
      return {};
    case Datatype::Float:
    case Datatype::FloatComplex:
      put(std::bit_cast<std::uint32_t>(parse_nearest<float>(word).value_or(std::numeric_limits<float>::quiet_NaN())));
      return {};
    case Datatype::Double:
    case Datatype::DoubleComplex:
      put(std::bit_cast<std::uint64_t>(parse_nearest<double>(word).value_or(std::numeric_limits<double>::quiet_NaN())));
      return {};
    default:
      break;
  }
  const auto value = parse_integer(word);
  if (!value || !fits(field.datatype, *value)) {
    return fail(Kind::Malformed, "row {}: column '{}': expected {}, found '{}'", row_, printable(field.column.name),
                value ? "a number of datatype " + printable(field.datatype_name, 20) : "an integer",
                printable(word, 60));
  }
  encode_integer_bytes(field, *value);
  return {};
}

void TabledataEncoder::encode_integer_bytes(const VotableField& field, std::int64_t value) {
  switch (field.datatype) {
    case Datatype::UnsignedByte:
      return put(static_cast<std::uint8_t>(value));
    case Datatype::Short:
      return put(static_cast<std::uint16_t>(value));
    case Datatype::Int:
      return put(static_cast<std::uint32_t>(value));
    default:
      return put(static_cast<std::uint64_t>(value));
  }
}

Result<void> TabledataEncoder::encode_bits(const VotableField& field, std::string_view text) {
  const std::size_t count_at = out_.size();
  if (field.is_variable) put(std::uint32_t{0});
  std::uint64_t count = 0;
  for (const char c : text) {
    if (kSeparators.contains(c)) continue;
    if (c != '0' && c != '1') {
      return fail(Kind::Malformed, "row {}: column '{}': expected bits, found '{}'", row_, printable(field.column.name),
                  printable(text, 60));
    }
    if (count % 8 == 0) out_.push_back({});
    if (c == '1') out_.back() |= std::byte{0x80} >> count % 8;
    ++count;
  }
  if (field.is_variable) store_big_endian(out_.data() + count_at, static_cast<std::uint32_t>(count));
  return check_count(field, count);
}

void TabledataEncoder::encode_text(const VotableField& field, std::string_view text) {
  std::string utf16;
  if (field.datatype == Datatype::UnicodeChar) {
    append_utf16_big_endian(utf16, text);
    put(static_cast<std::uint32_t>(utf16.size() / 2));
    text = utf16;
  } else {
    put(static_cast<std::uint32_t>(text.size()));
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  out_.insert(out_.end(), bytes, bytes + text.size());
}

}  // namespace garner::table
