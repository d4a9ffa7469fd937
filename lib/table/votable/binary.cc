#include "table/votable/binary.h"

#include <cmath>

#include "table/big_endian.h"
#include "table/unicode.h"

namespace garner::table {

namespace {

constexpr std::uint64_t kCountBytes = 4;
constexpr std::uint64_t kMaxRowInCells = 4;  // a row may take as much as that many of the largest cells

std::unexpected<Error> row_too_large(std::uint64_t row, std::uint64_t max_cell_bytes) {
  return fail(Kind::TooLarge, "row {} is larger than {} bytes", row, kMaxRowInCells * max_cell_bytes);
}

std::string_view text_of(const std::byte* data, std::uint64_t count) {
  const std::string_view text(reinterpret_cast<const char*>(data), count);
  return text.substr(0, text.find('\0'));  // shorter strings are padded with NUL (§2.2)
}

void decode_number(const VotableField& field, const std::byte* data, Cell& cell) {
  switch (field.datatype) {
    case Datatype::Boolean: {
      const char c = static_cast<char>(data[0]);
      cell.null = !(c == 'T' || c == 't' || c == '1' || c == 'F' || c == 'f' || c == '0');
      cell.integer = c == 'T' || c == 't' || c == '1';
      return;
    }
    case Datatype::UnsignedByte:
      cell.integer = std::to_integer<std::uint8_t>(data[0]);
      break;
    case Datatype::Short:
      cell.integer = static_cast<std::int16_t>(load_big_endian<std::uint16_t>(data));
      break;
    case Datatype::Int:
      cell.integer = static_cast<std::int32_t>(load_big_endian<std::uint32_t>(data));
      break;
    case Datatype::Long:
      cell.integer = static_cast<std::int64_t>(load_big_endian<std::uint64_t>(data));
      break;
    case Datatype::Float:
      cell.real = load_float(data);
      cell.null = std::isnan(cell.real);
      return;
    case Datatype::Double:
      cell.real = load_double(data);
      cell.null = std::isnan(cell.real);
      return;
    default:
      return;
  }
  cell.null = field.null_value == cell.integer;
}

}  // namespace

Result<BinaryLayout> BinaryLayout::make(const VotableTable& table, std::uint64_t max_cell_bytes) {
  BinaryLayout layout;
  layout.table_ = &table;
  layout.max_cell_bytes_ = max_cell_bytes;
  if (table.serialization == Serialization::Binary2) layout.mask_bytes_ = (table.fields.size() + 7) / 8;
  std::uint64_t total = layout.mask_bytes_;
  std::uint64_t fixed = layout.mask_bytes_;
  for (const auto& field : table.fields) {
    if (field.datatype == Datatype::Unknown) {
      return fail(Kind::Malformed, "FIELD '{}': datatype '{}' has no binary form", printable(field.column.name),
                  printable(field.datatype_name, 60));
    }
    total += field.bytes(field.count);  // no overflow: 10,000 columns of a bounded cell
    if (field.is_variable) {
      layout.variable_cells_.push_back({fixed, field.bits(), &field});
      fixed = 0;
    } else {
      fixed += field.bytes(field.count);
    }
  }
  layout.bytes_behind_ = fixed;
  if (total == 0) return fail(Kind::Malformed, "the FIELDs make rows of no bytes");
  if (total > kMaxRowInCells * max_cell_bytes) return row_too_large(1, max_cell_bytes);
  if (layout.variable_cells_.empty()) layout.fixed_row_bytes_ = total;
  return layout;
}

Result<std::optional<std::uint64_t>> BinaryLayout::row_bytes(std::span<const std::byte> bytes,
                                                             std::uint64_t row) const {
  using Length = std::optional<std::uint64_t>;
  if (fixed_row_bytes_) return bytes.size() < *fixed_row_bytes_ ? Length() : Length(*fixed_row_bytes_);
  std::uint64_t at = 0;
  for (const auto& cell : variable_cells_) {
    at += cell.bytes_before;
    if (at + kCountBytes > bytes.size()) return Length();
    const std::uint64_t count = load_big_endian<std::uint32_t>(bytes.data() + at);
    const std::uint64_t cell_bytes = (count * cell.bits + 7) / 8;
    if (count > INT32_MAX) {
      return fail(Kind::Malformed, "row {}: column '{}' has a negative length", row,
                  printable(cell.field->column.name));
    }
    if (cell_bytes > max_cell_bytes_) {
      return fail(Kind::TooLarge, "row {}: column '{}' has {} elements; a cell may have {} bytes", row,
                  printable(cell.field->column.name), count, max_cell_bytes_);
    }
    at += kCountBytes + cell_bytes;
    if (at > kMaxRowInCells * max_cell_bytes_) return row_too_large(row, max_cell_bytes_);
  }
  at += bytes_behind_;
  return at <= bytes.size() ? Length(at) : Length();
}

void BinaryLayout::decode(std::span<const std::byte> row, const std::vector<bool>& wanted, std::vector<Cell>& cells,
                          std::string& scratch) const {
  scratch.clear();
  scratch.reserve(row.size() * 3 / 2 + 1);  // views into it must stay: two bytes become three at most
  const std::byte* data = row.data() + mask_bytes_;
  for (std::size_t i = 0; i < table_->fields.size(); ++i) {
    const auto& field = table_->fields[i];
    std::uint64_t count = field.count;
    if (field.is_variable) {
      count = load_big_endian<std::uint32_t>(data);
      data += kCountBytes;
    }
    Cell& cell = cells[i];
    cell = Cell{};
    const bool masked = mask_bytes_ > 0 && std::to_integer<unsigned>(row[i / 8] >> (7 - i % 8) & std::byte{1}) != 0;
    if (wanted[i] && !masked && count > 0) {
      cell.null = false;
      if (field.datatype == Datatype::Char) {
        cell.text = text_of(data, count);
        cell.null = cell.text.empty();
      } else if (field.datatype == Datatype::UnicodeChar) {
        const std::size_t begin = scratch.size();
        append_utf8_of_utf16(scratch, {data, 2 * count});
        cell.text = std::string_view(scratch).substr(begin);
        cell.null = cell.text.empty();
      } else if (!field.column.is_array) {
        decode_number(field, data, cell);
      }
    }
    data += field.bytes(count);
  }
}

}  // namespace garner::table
