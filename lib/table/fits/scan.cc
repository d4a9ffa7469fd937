#include "table/fits/scan.h"

#include <limits>

#include "table/unicode.h"

namespace garner::table {

namespace {

std::int64_t lowest_of(Datatype datatype) {
  switch (datatype) {
    case Datatype::UnsignedByte:
      return 0;
    case Datatype::Short:
      return std::numeric_limits<std::int16_t>::min();
    case Datatype::Int:
      return std::numeric_limits<std::int32_t>::min();
    default:
      return std::numeric_limits<std::int64_t>::min();
  }
}

}  // namespace

std::uint64_t utf8_bytes(Datatype datatype, std::span<const std::byte> string, std::string& scratch) {
  if (datatype == Datatype::UnicodeChar) {
    scratch.clear();
    append_utf8_of_utf16(scratch, string);
    return scratch.size();
  }
  const void* end = string.empty() ? nullptr : std::memchr(string.data(), 0, string.size());
  return end ? static_cast<std::uint64_t>(static_cast<const std::byte*>(end) - string.data()) : string.size();
}

std::optional<std::int64_t> ColumnFacts::unused_value(Datatype datatype) const {
  constexpr std::int64_t kMaxByte = std::numeric_limits<std::uint8_t>::max();
  if (datatype == Datatype::UnsignedByte) {  // from above, for 0 is hardly ever nothing
    for (std::int64_t value = kMaxByte; value >= 0; --value) {
      if (!lowest || !lowest->test(static_cast<std::size_t>(value))) return value;
    }
    return std::nullopt;
  }
  for (std::size_t i = 0; i < kLowest; ++i) {
    if (!lowest || !lowest->test(i)) return lowest_of(datatype) + static_cast<std::int64_t>(i);
  }
  return std::nullopt;
}

Result<void> FitsScan::begin(const VotableTable& table, Serialization) {
  cells_.emplace(table);
  masks_.resize(cells_->mask_bytes());
  facts_.resize(table.fields.size());
  std::uint64_t bytes_before = cells_->mask_bytes();
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    const auto& field = table.fields[i];
    const bool may_need_null = field.column.type == ColumnType::Integer && !masks_.empty();
    if (!field.is_variable && field.datatype != Datatype::UnicodeChar && !may_need_null) {
      bytes_before += field.bytes(field.count);
      continue;
    }
    const bool has_strings = field.column.is_array && field.column.type == ColumnType::Text;
    steps_.push_back({i, bytes_before, &field, field.bits(), has_strings ? field.dimensions().front() : 0});
    bytes_before = 0;
  }
  return {};
}

Result<void> FitsScan::take(const RowBatch& rows) {
  std::size_t begin = 0;
  for (const std::size_t end : rows.ends) {
    const std::byte* const row = rows.bytes.data() + begin;
    for (std::size_t i = 0; i < masks_.size(); ++i) masks_[i] |= row[i];
    const std::byte* data = row;
    for (const Step& step : steps_) data = look(step, data + step.bytes_before, cells_->is_masked(row, step.column));
    begin = end;
  }
  rows_ += rows.ends.size();
  for (std::size_t i = 0; i < facts_.size() && !masks_.empty(); ++i) {
    facts_[i].has_null = cells_->is_masked(masks_.data(), i);
  }
  return {};
}

const std::byte* FitsScan::look(const Step& step, const std::byte* data, bool is_masked) {
  const VotableField& field = *step.field;
  std::uint64_t count = field.count;
  if (field.is_variable) {
    count = load_big_endian<std::uint32_t>(data);
    data += sizeof(std::uint32_t);
  }
  const std::byte* const behind = data + (count * step.bits + 7) / 8;
  if (is_masked) return behind;
  if (field.column.type == ColumnType::Text) {
    look_at_text(step, data, count);
  } else if (field.is_variable) {
    auto& facts = facts_[step.column];
    facts.most_elements = std::max(facts.most_elements, count);
    facts.elements += count;
  } else {
    look_at_integers(step, data, count);
  }
  return behind;
}

void FitsScan::look_at_text(const Step& step, const std::byte* data, std::uint64_t count) {
  auto& facts = facts_[step.column];
  const Datatype datatype = step.field->datatype;
  const std::uint64_t length = step.string_length == 0 ? count : step.string_length;
  const std::uint64_t strings = length == 0 ? 0 : count / length;
  const std::uint64_t bytes = length * step.bits / 8;
  for (std::uint64_t i = 0; i < strings; ++i) {
    const std::uint64_t found = utf8_bytes(datatype, {data + i * bytes, bytes}, scratch_);
    facts.longest_string = std::max(facts.longest_string, found);
    facts.elements += found;
  }
  facts.most_elements = std::max(facts.most_elements, strings);
}

void FitsScan::look_at_integers(const Step& step, const std::byte* data, std::uint64_t count) {
  const Datatype datatype = step.field->datatype;
  const auto lowest = static_cast<std::uint64_t>(lowest_of(datatype));
  const unsigned bytes = step.bits / 8;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t above = static_cast<std::uint64_t>(load_integer(datatype, data + i * bytes)) - lowest;
    if (above >= ColumnFacts::kLowest) continue;
    auto& marks = facts_[step.column].lowest;
    if (!marks) marks = std::make_unique<std::bitset<ColumnFacts::kLowest>>();
    marks->set(above);
  }
}

}  // namespace garner::table
