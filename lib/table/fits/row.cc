#include "table/fits/row.h"

#include <cmath>

#include "table/big_endian.h"

namespace garner::table {

namespace {

Result<void> decode_integer(const FitsColumn& column, const std::byte* data, Cell& cell) {
  const std::int64_t raw = load_fits_integer(column.code, data);
  cell.null = column.null_value == raw;
  if (cell.null) return {};
  bool fits = true;
  switch (column.scaling) {
    case FitsColumn::Scaling::None:
      cell.integer = raw;
      break;
    case FitsColumn::Scaling::Offset:
      fits = !__builtin_add_overflow(raw, column.integer_zero, &cell.integer);
      break;
    case FitsColumn::Scaling::UnsignedLong:
      fits = raw < 0;  // 2^63 and more otherwise
      cell.integer = static_cast<std::int64_t>(static_cast<std::uint64_t>(raw) ^ (std::uint64_t{1} << 63));
      break;
    case FitsColumn::Scaling::Real:
      cell.real = static_cast<double>(raw) * column.scale + column.zero;
      break;
  }
  if (!fits) return fail(Kind::Malformed, "column '{}' holds an integer past 64 bits", printable(column.column.name));
  return {};
}

void decode_text(const FitsColumn& column, const std::byte* data, Cell& cell) {
  std::string_view text(reinterpret_cast<const char*>(data), column.repeat);
  text = text.substr(0, text.find('\0'));
  const auto last = text.find_last_not_of(' ');
  cell.text = last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
  cell.null = cell.text.empty();
}

Result<void> decode_cell(const FitsTable& table, const FitsColumn& column, const std::byte* data, Cell& cell) {
  switch (column.code) {
    case 'P':
    case 'Q': {
      const auto elements = heap_cell(table, column, data);
      if (!elements) return std::unexpected(elements.error());
      cell.null = elements->count == 0;
      return {};
    }
    case 'A':
      decode_text(column, data, cell);
      return {};
    default:
      break;
  }
  cell.null = column.repeat == 0;
  if (column.repeat != 1) return {};
  switch (column.code) {
    case 'L': {
      const char c = static_cast<char>(data[0]);
      cell.null = c != 'T' && c != 'F';
      cell.integer = c == 'T';
      return {};
    }
    case 'B':
    case 'I':
    case 'J':
    case 'K':
      return decode_integer(column, data, cell);
    case 'E':
    case 'D':
      cell.real = column.code == 'E' ? load_float(data) : load_double(data);
      cell.null = std::isnan(cell.real);
      if (column.scaling == FitsColumn::Scaling::Real) cell.real = cell.real * column.scale + column.zero;
      return {};
    default:
      return {};
  }
}

}  // namespace

std::int64_t load_fits_integer(char code, const std::byte* data) {
  switch (code) {
    case 'B':
      return std::to_integer<std::uint8_t>(data[0]);
    case 'I':
      return static_cast<std::int16_t>(load_big_endian<std::uint16_t>(data));
    case 'J':
      return static_cast<std::int32_t>(load_big_endian<std::uint32_t>(data));
    default:
      return static_cast<std::int64_t>(load_big_endian<std::uint64_t>(data));
  }
}

Result<HeapCell> heap_cell(const FitsTable& table, const FitsColumn& column, const std::byte* descriptor) {
  if (column.repeat == 0) return HeapCell{};
  const bool wide = column.code == 'Q';
  HeapCell cell;
  cell.count = wide ? load_big_endian<std::uint64_t>(descriptor) : load_big_endian<std::uint32_t>(descriptor);
  cell.offset = wide ? load_big_endian<std::uint64_t>(descriptor + 8) : load_big_endian<std::uint32_t>(descriptor + 4);
  if (cell.count == 0) return HeapCell{};
  const bool absurd = cell.count > table.heap_bytes * 8 || cell.offset > table.heap_bytes;
  if (!absurd) cell.bytes = fits_bytes(column.element, cell.count);
  if (absurd || cell.bytes > table.heap_bytes - cell.offset) {
    return fail(Kind::Corrupt, "column '{}': {} elements at byte {} lie outside of the heap of {} bytes",
                printable(column.column.name), cell.count, cell.offset, table.heap_bytes);
  }
  return cell;
}

Result<void> decode_fits_row(const FitsTable& table, std::span<const std::byte> row, const std::vector<bool>& wanted,
                             std::vector<Cell>& cells) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    cells[i] = Cell{};
    if (!wanted[i]) continue;
    const auto& column = table.columns[i];
    if (auto decoded = decode_cell(table, column, row.data() + column.offset, cells[i]); !decoded) return decoded;
  }
  return {};
}

}  // namespace garner::table
