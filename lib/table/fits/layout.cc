#include "table/fits/layout.h"

#include <charconv>
#include <cmath>

#include "table/votable/field.h"

namespace garner::table {

namespace {

constexpr std::uint64_t kMaxFields = 999;  // §7.3.1

ColumnType type_of(char code) {
  switch (code) {
    case 'L':
      return ColumnType::Boolean;
    case 'B':
    case 'I':
    case 'J':
    case 'K':
      return ColumnType::Integer;
    case 'E':
    case 'D':
      return ColumnType::Float;
    case 'A':
      return ColumnType::Text;
    default:
      return ColumnType::Other;
  }
}

Result<void> parse_tform(std::string_view text, FitsColumn& column, std::uint64_t n) {
  const auto refuse = [&] {
    return fail(Kind::Malformed, "TFORM{} is '{}', which is no binary table format", n, printable(text, 40));
  };
  std::uint64_t repeat = 1;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), repeat);
  if (code == std::errc::result_out_of_range) return refuse();
  const auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (rest.empty()) return refuse();
  column.code = rest.front();
  column.repeat = repeat;
  if (fits_bytes(column.code, 1) == 0 || repeat > INT64_MAX / 16) return refuse();
  column.element = column.code;
  if (column.code == 'P' || column.code == 'Q') {
    if (repeat > 1 || rest.size() < 2) return refuse();
    column.element = rest[1];
    if (fits_bytes(column.element, 1) == 0 || column.element == 'P' || column.element == 'Q') return refuse();
    column.column.is_array = true;
    column.column.type = column.element == 'A' ? ColumnType::Other : type_of(column.element);
    return {};
  }
  column.column.type = type_of(column.code);
  column.column.is_array = column.code != 'A' && repeat != 1;
  return {};
}

Result<void> parse_scaling(const FitsHeader& header, FitsColumn& column, std::uint64_t n) {
  const auto number = [&](std::string_view keyword, double otherwise) -> Result<double> {
    const auto text = header.find(fmt::format("{}{}", keyword, n));
    if (!text) return otherwise;
    std::string with_e(*text);
    std::ranges::replace(with_e, 'D', 'E');  // §4.2.4 allows both
    const auto value = parse_real(with_e);
    if (!value || !std::isfinite(*value)) {
      return fail(Kind::Malformed, "{}{}: expected a number, found '{}'", keyword, n, printable(*text, 40));
    }
    return *value;
  };
  auto scale = number("TSCAL", 1);
  if (!scale) return std::unexpected(std::move(scale.error()));
  auto zero = number("TZERO", 0);
  if (!zero) return std::unexpected(std::move(zero.error()));
  const bool is_integer = type_of(column.element) == ColumnType::Integer;
  if ((*scale == 1 && *zero == 0) || (!is_integer && type_of(column.element) != ColumnType::Float)) return {};
  if (is_integer && *scale == 1 && column.element == 'K' && *zero == 0x1p63) {
    column.scaling = FitsColumn::Scaling::UnsignedLong;
  } else if (is_integer && *scale == 1 && *zero == std::floor(*zero) && std::fabs(*zero) <= 0x1p53) {
    column.scaling = FitsColumn::Scaling::Offset;
    column.integer_zero = static_cast<std::int64_t>(*zero);
  } else {
    column.scaling = FitsColumn::Scaling::Real;
    column.scale = *scale;
    column.zero = *zero;
    column.column.type = ColumnType::Float;
  }
  return {};
}

Result<FitsColumn> parse_column(const FitsHeader& header, std::uint64_t n) {
  FitsColumn column;
  const auto tform = header.find(fmt::format("TFORM{}", n));
  if (!tform) return fail(Kind::Malformed, "TFORM{} is missing", n);
  if (auto parsed = parse_tform(*tform, column, n); !parsed) return std::unexpected(std::move(parsed.error()));
  const auto text = [&](std::string_view keyword) {
    return std::string(header.find(fmt::format("{}{}", keyword, n)).value_or(""));
  };
  column.column.name = text("TTYPE");
  column.column.unit = text("TUNIT");
  column.column.ucd = text("TUCD");
  column.column.description = text("TCOMM");
  auto null = header.integer(fmt::format("TNULL{}", n));
  if (!null) return std::unexpected(std::move(null.error()));
  column.null_value = *null;
  if (auto scaled = parse_scaling(header, column, n); !scaled) return std::unexpected(std::move(scaled.error()));
  return column;
}

}  // namespace

std::uint64_t fits_bytes(char code, std::uint64_t count) {
  switch (code) {
    case 'X':
      return (count + 7) / 8;
    case 'L':
    case 'B':
    case 'A':
      return count;
    case 'I':
      return 2 * count;
    case 'J':
    case 'E':
      return 4 * count;
    case 'K':
    case 'D':
    case 'C':
    case 'P':
      return 8 * count;
    case 'M':
    case 'Q':
      return 16 * count;
    default:
      return 0;
  }
}

Result<FitsTable> fits_table(const FitsHeader& header, const Limits& limits) {
  if (header.axes.size() != 2 || header.find("BITPIX") != "8" || header.find("GCOUNT") != "1") {
    return fail(Kind::Malformed, "a BINTABLE must have BITPIX 8, NAXIS 2 and GCOUNT 1");
  }
  FitsTable table;
  table.row_bytes = header.axes[0];
  table.rows = header.axes[1];
  auto fields = header.integer("TFIELDS");
  if (!fields) return std::unexpected(std::move(fields.error()));
  const std::uint64_t most = std::min<std::uint64_t>(kMaxFields, limits.max_columns);
  if (!*fields || **fields < 0 || static_cast<std::uint64_t>(**fields) > most) {
    return fail(Kind::Malformed, "TFIELDS is {}; 0 to {} are allowed",
                printable(header.find("TFIELDS").value_or("missing")), most);
  }
  std::uint64_t width = 0;
  for (std::uint64_t n = 1; n <= static_cast<std::uint64_t>(**fields); ++n) {
    auto column = parse_column(header, n);
    if (!column) return std::unexpected(std::move(column.error()));
    column->offset = width;
    if (__builtin_add_overflow(width, fits_bytes(column->code, column->repeat), &width) || width > table.row_bytes) {
      return fail(Kind::Malformed, "the columns up to {} take more than the NAXIS1 of {} bytes a row", n,
                  table.row_bytes);
    }
    table.columns.push_back(std::move(*column));
  }
  if (width != table.row_bytes)
    return fail(Kind::Malformed, "the columns take {} bytes a row, NAXIS1 says {}", width, table.row_bytes);
  if (width == 0 && table.rows > 0)
    return fail(Kind::Malformed, "NAXIS2 says {} rows, but a row has no bytes", table.rows);
  if (table.row_bytes > limits.max_cell_bytes) {
    return fail(Kind::TooLarge, "rows of {} bytes; {} are allowed", table.row_bytes, limits.max_cell_bytes);
  }
  const std::uint64_t rows_bytes = table.row_bytes * table.rows;  // fits: data_bytes was worked out without overflow
  auto theap = header.integer("THEAP");
  if (!theap) return std::unexpected(std::move(theap.error()));
  const std::int64_t heap_start = theap->value_or(static_cast<std::int64_t>(rows_bytes));
  if (heap_start < static_cast<std::int64_t>(rows_bytes) || heap_start > static_cast<std::int64_t>(header.data_bytes)) {
    return fail(Kind::Malformed, "THEAP is {}, outside of the {} bytes behind the rows that PCOUNT allows", heap_start,
                header.pcount);
  }
  table.heap_bytes = header.data_bytes - static_cast<std::uint64_t>(heap_start);
  return table;
}

}  // namespace garner::table
