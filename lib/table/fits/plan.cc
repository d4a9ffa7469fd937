#include "table/fits/plan.h"

#include <limits>

#include "table/column_text.h"
#include "table/fits/layout.h"

namespace garner::table {

namespace {

using Form = FitsColumnPlan::Form;

constexpr std::size_t kMaxFields = 999;  // §7.3.1
// A text column goes to the heap where padding would take more than that, and many times its text.
constexpr std::uint64_t kMaxPadded = 64u << 20, kMaxPaddedTimes = 8;

char code_of(Datatype datatype) {
  switch (datatype) {
    case Datatype::Boolean:
      return 'L';
    case Datatype::Bit:
      return 'X';
    case Datatype::UnsignedByte:
      return 'B';
    case Datatype::Short:
      return 'I';
    case Datatype::Int:
      return 'J';
    case Datatype::Long:
      return 'K';
    case Datatype::Float:
      return 'E';
    case Datatype::Double:
      return 'D';
    case Datatype::FloatComplex:
      return 'C';
    case Datatype::DoubleComplex:
      return 'M';
    case Datatype::Char:
    case Datatype::UnicodeChar:
    case Datatype::Unknown:
      break;
  }
  return 'A';
}

bool holds(char code, std::int64_t value) {
  switch (code) {
    case 'B':
      return value == static_cast<std::uint8_t>(value);
    case 'I':
      return value == static_cast<std::int16_t>(value);
    case 'J':
      return value == static_cast<std::int32_t>(value);
    default:
      return true;
  }
}

void plan_text(FitsColumnPlan& plan, const VotableField& field, const ColumnFacts& facts, std::uint64_t rows) {
  const bool has_strings = field.column.is_array;
  if (field.datatype == Datatype::Char && !field.is_variable) {
    plan.form = Form::Padded;
    plan.tform = fmt::format("{}A", field.count);
    plan.string_bytes = field.count;
    if (has_strings && field.count > 0) {
      plan.dimensions = field.dimensions();
      plan.string_bytes = plan.dimensions.front();
    }
    return;
  }
  plan.form = Form::Text;
  plan.string_bytes = std::max<std::uint64_t>(facts.longest_string, 1);
  std::uint64_t strings = 1;
  if (has_strings) {
    plan.string_length = field.dimensions().front();
    strings = std::max<std::uint64_t>(facts.most_elements, 1);
    plan.dimensions = {plan.string_bytes, strings};
  }
  const std::uint64_t padded = plan.string_bytes * strings;
  if (rows > 0 && padded > kMaxPadded / rows && padded / kMaxPaddedTimes > facts.elements / rows) {
    plan.form = Form::HeapText;
    plan.tform = fmt::format("1QA({})", padded);
    plan.dimensions.clear();
  } else {
    plan.tform = fmt::format("{}A", padded);
  }
}

// Nothing else that is fixed needs more than a copy.
Result<void> plan_null(FitsColumnPlan& plan, const VotableField& field, const ColumnFacts& facts, char& code) {
  switch (field.datatype) {
    case Datatype::Float:
    case Datatype::FloatComplex:
      for (const unsigned at : {0u, 4u}) {
        store_big_endian(plan.null.data() + at, std::bit_cast<std::uint32_t>(std::numeric_limits<float>::quiet_NaN()));
      }
      return {};
    case Datatype::Double:
    case Datatype::DoubleComplex:
      for (const unsigned at : {0u, 8u}) {
        store_big_endian(plan.null.data() + at, std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN()));
      }
      return {};
    default:
      if (field.column.type != ColumnType::Integer) return {};
  }
  if (field.null_value && holds(code, *field.null_value)) {
    plan.tnull = field.null_value;
  } else if (facts.has_null && !field.is_variable) {
    plan.tnull = facts.unused_value(field.datatype);
    if (!plan.tnull && code == 'K') {
      return fail(Kind::Malformed, "column '{}': nulls, and each of the {} lowest integers: none is left for null",
                  printable(field.column.name), ColumnFacts::kLowest);
    }
    if (!plan.tnull) {
      plan.form = FitsColumnPlan::Form::Widened;
      plan.tnull = code == 'B' ? -1 : code == 'I' ? INT32_MIN : INT64_MIN;
      code = code == 'B' ? 'I' : code == 'I' ? 'J' : 'K';
    }
  }
  const unsigned bytes = static_cast<unsigned>(fits_bytes(code, 1));
  for (unsigned i = 0; i < bytes && plan.tnull; ++i) {
    plan.null[i] = static_cast<std::byte>(*plan.tnull >> (8 * (bytes - 1 - i)));
  }
  return {};
}

Result<FitsColumnPlan> plan_column(const VotableField& field, const ColumnFacts& facts, std::uint64_t rows) {
  FitsColumnPlan plan;
  if (field.column.type == ColumnType::Text) {
    plan_text(plan, field, facts, rows);
    return plan;
  }
  char code = code_of(field.datatype);
  if (code == 'X' && !field.is_variable && !field.column.is_array) {
    plan.form = Form::Bit;
    plan.tform = "1L";
    return plan;
  }
  if (code == 'L') plan.form = Form::Logical;
  if (auto planned = plan_null(plan, field, facts, code); !planned) return std::unexpected(std::move(planned.error()));
  plan.element_bytes = static_cast<unsigned>(fits_bytes(code, 1));
  plan.null_is_zero = field.is_variable || plan.null == decltype(plan.null){};
  if (field.is_variable) {
    plan.form = code == 'X' ? Form::HeapBits : Form::Heap;
    plan.tform = fmt::format("1Q{}({})", code == 'X' ? 'L' : code, facts.most_elements);
    return plan;
  }
  plan.tform = fmt::format("{}{}", field.count, code);
  // astropy 5.2 can't read an X with TDIM.
  if (auto dimensions = field.dimensions(); dimensions.size() > 1 && field.count > 0 && code != 'X') {
    plan.dimensions = std::move(dimensions);
  }
  return plan;
}

std::uint64_t bytes_of(std::string_view tform) {
  std::uint64_t repeat = 0;
  while (tform.front() >= '0' && tform.front() <= '9') {
    repeat = repeat * 10 + static_cast<unsigned>(tform.front() - '0');
    tform.remove_prefix(1);
  }
  return fits_bytes(tform.front(), repeat);
}

}  // namespace

Result<FitsPlan> FitsPlan::make(const VotableTable& table, const FitsScan& scan) {
  if (table.fields.size() > kMaxFields) {
    return fail(Kind::TooLarge, "{} columns; a FITS table has {} at most", table.fields.size(), kMaxFields);
  }
  FitsPlan plan;
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    auto column = plan_column(table.fields[i], scan.facts()[i], scan.rows());
    if (!column) return std::unexpected(std::move(column.error()));
    column->offset = plan.row_bytes;
    column->bytes = bytes_of(column->tform);
    plan.row_bytes += column->bytes;
    plan.columns.push_back(std::move(*column));
  }
  return plan;
}

}  // namespace garner::table
