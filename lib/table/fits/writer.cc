#include "table/fits/writer.h"

#include "table/column_text.h"
#include "table/fits/header.h"
#include "table/unicode.h"

namespace garner::table {

namespace {

using Form = FitsColumnPlan::Form;

constexpr std::size_t kBatchBytes = 256u << 10;  // of rows made at once

std::byte logical(std::byte byte) {
  switch (static_cast<char>(byte)) {
    case 'T':
    case 't':
    case '1':
      return std::byte{'T'};
    case 'F':
    case 'f':
    case '0':
      return std::byte{'F'};
    default:
      return std::byte{0};
  }
}

std::byte logical_of_bit(const std::byte* bits, std::uint64_t index) {
  return (bits[index / 8] << index % 8 & std::byte{0x80}) != std::byte{0} ? std::byte{'T'} : std::byte{'F'};
}

// Not every reader stops there.
void clear_behind_nul(std::span<std::byte> text) {
  const auto nul = std::ranges::find(text, std::byte{0});
  std::fill(nul, text.end(), std::byte{0});
}

bool is_in_heap(Form form) {
  return form == Form::Heap || form == Form::HeapBits || form == Form::HeapText;
}

// Sign-extended; a byte has none.
void widen(Datatype datatype, const std::byte* data, std::uint64_t count, unsigned to_bytes, std::byte* to) {
  const unsigned from_bytes = to_bytes / 2;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto value = static_cast<std::uint64_t>(load_integer(datatype, data + i * from_bytes));
    for (unsigned k = 0; k < to_bytes; ++k) {
      to[i * to_bytes + k] = static_cast<std::byte>(value >> (8 * (to_bytes - 1 - k)));
    }
  }
}

FitsHeadColumn head_column(const VotableTable& table, std::size_t column, const FitsColumnPlan& plan) {
  const Column& described = table.fields[column].column;
  FitsHeadColumn head{.name = column_name(table, column), .tform = plan.tform, .null = plan.tnull};
  head.unit = one_line(described.unit);
  head.ucd = one_line(described.ucd);
  head.description = one_line(described.description);
  if (!plan.dimensions.empty()) head.dim = fmt::format("({})", fmt::join(plan.dimensions, ","));
  return head;
}

}  // namespace

Result<void> FitsWriter::begin(const VotableTable& table, Serialization) {
  for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
    head_.columns.push_back(head_column(table, i, plan_.columns[i]));
  }
  head_.rows = rows_;
  auto head = make_fits_head(head_, 0);
  if (!head) return std::unexpected(std::move(head.error()));
  data_begin_ = head->size();
  heap_sum_ = FitsSum(rows_ * plan_.row_bytes);
  cells_.emplace(table);
  for (std::size_t i = 0; i < plan_.columns.size(); ++i) {
    const FitsColumnPlan& column = plan_.columns[i];
    if (column.form == Form::Logical) logicals_.push_back(&column);
    if (column.form == Form::Padded && column.bytes > 0) padded_.push_back(&column);
    if (column.form != Form::Copy && column.form != Form::Logical && column.form != Form::Padded) {
      steps_.push_back({&column, &table.fields[i], i, table.fields[i].bits(), 0, 0});
    } else if (!steps_.empty() && !steps_.back().plan) {
      steps_.back().bytes += column.bytes;
    } else {
      steps_.push_back({nullptr, nullptr, 0, 0, column.bytes, column.offset});
    }
  }
  return {};
}

Result<void> FitsWriter::take(const RowBatch& rows) {
  const std::size_t most = std::max<std::size_t>(kBatchBytes / plan_.row_bytes, 1);
  std::size_t begin = 0;
  for (auto ends = rows.ends; !ends.empty(); ends = ends.subspan(std::min(most, ends.size()))) {
    const auto some = ends.first(std::min(most, ends.size()));
    if (auto taken = take_some(rows.bytes.data(), begin, some); !taken) return taken;
    begin = some.back();
  }
  return {};
}

Result<void> FitsWriter::take_some(const std::byte* bytes, std::size_t begin, std::span<const std::size_t> ends) {
  out_.resize(ends.size() * plan_.row_bytes);
  heap_.clear();
  std::byte* to = out_.data();
  for (const std::size_t end : ends) {
    convert_row(bytes + begin, to);
    to += plan_.row_bytes;
    begin = end;
  }
  if (is_overfull_ || taken_ + ends.size() > rows_) {
    return fail(Kind::Corrupt, "the answer changed while it was read: rows {} to {} are not as before", taken_ + 1,
                taken_ + ends.size());
  }
  rows_sum_.add(out_);
  heap_sum_.add(heap_);
  auto written = file_.write_at(data_begin_ + taken_ * plan_.row_bytes, out_);
  if (!written) return written;
  taken_ += ends.size();
  written = file_.write_at(data_begin_ + rows_ * plan_.row_bytes + heap_bytes_, heap_);
  heap_bytes_ += heap_.size();
  return written;
}

void FitsWriter::convert_row(const std::byte* row, std::byte* to) {
  const std::byte* data = row + cells_->mask_bytes();
  for (const Step& step : steps_) {
    if (step.plan) {
      data = convert_cell(step, data, cells_->is_masked(row, step.column), to + step.plan->offset);
    } else {
      std::memcpy(to + step.offset, data, step.bytes);
      data += step.bytes;
    }
  }
  for (const FitsColumnPlan* column : logicals_) {
    for (std::uint64_t i = 0; i < column->bytes; ++i) to[column->offset + i] = logical(to[column->offset + i]);
  }
  for (const FitsColumnPlan* column : padded_) {
    for (std::uint64_t at = 0; at < column->bytes; at += column->string_bytes) {
      clear_behind_nul(std::span(to + column->offset + at, column->string_bytes));
    }
  }
  put_nulls(row, to);
}

void FitsWriter::put_nulls(const std::byte* row, std::byte* to) const {
  for (std::uint64_t i = 0; i < cells_->mask_bytes(); ++i) {
    auto bits = std::to_integer<std::uint8_t>(row[i]);
    while (bits != 0) {
      const int bit = std::countl_zero(bits);
      bits = static_cast<std::uint8_t>(bits & ~(0x80u >> bit));
      const std::uint64_t column = 8 * i + static_cast<unsigned>(bit);
      if (column >= plan_.columns.size()) break;
      const FitsColumnPlan& plan = plan_.columns[column];
      if (plan.form == Form::HeapText) continue;
      if (plan.null_is_zero) std::memset(to + plan.offset, 0, plan.bytes);
      for (std::uint64_t at = 0; at < plan.bytes && !plan.null_is_zero; at += plan.element_bytes) {
        std::memcpy(to + plan.offset + at, plan.null.data(), plan.element_bytes);
      }
    }
  }
}

const std::byte* FitsWriter::convert_cell(const Step& step, const std::byte* data, bool is_masked, std::byte* to) {
  std::uint64_t count = step.field->count;
  if (step.field->is_variable) {
    count = load_big_endian<std::uint32_t>(data);
    data += sizeof(std::uint32_t);
  }
  const std::byte* const behind = data + (count * step.bits + 7) / 8;
  if (is_masked) {
    if (step.plan->form != Form::HeapText) return behind;  // put_nulls() does it
    count = 0;
  }
  if (step.plan->form == Form::Widened) {
    widen(step.field->datatype, data, count, step.plan->element_bytes, to);
  } else if (step.plan->form == Form::Bit) {
    *to = logical_of_bit(data, 0);
  } else if (is_in_heap(step.plan->form)) {
    put_in_heap(step, data, count, to);
  } else {
    put_text(step, data, count, to);
  }
  return behind;
}

std::string_view FitsWriter::text_of(const Step& step, const std::byte* data, std::uint64_t count) {
  const auto bytes = std::span(data, (count * step.bits + 7) / 8);
  const std::uint64_t length = utf8_bytes(step.field->datatype, bytes, scratch_);
  if (step.field->datatype == Datatype::UnicodeChar) return scratch_;
  return {reinterpret_cast<const char*>(data), length};
}

void FitsWriter::put_text(const Step& step, const std::byte* data, std::uint64_t count, std::byte* to) {
  const FitsColumnPlan& plan = *step.plan;
  const std::uint64_t length = plan.string_length == 0 ? count : plan.string_length;
  const std::uint64_t strings = length == 0 ? 0 : count / length;
  const std::uint64_t from_bytes = length * step.bits / 8;
  std::uint64_t room = plan.bytes;
  for (std::uint64_t i = 0; i < strings; ++i) {
    const auto text = text_of(step, data + i * from_bytes, length);
    if (text.size() > plan.string_bytes || room < plan.string_bytes) {
      is_overfull_ = true;
      return;
    }
    std::memcpy(to, text.data(), text.size());
    std::memset(to + text.size(), 0, plan.string_bytes - text.size());
    to += plan.string_bytes;
    room -= plan.string_bytes;
  }
  std::memset(to, 0, room);
}

void FitsWriter::put_in_heap(const Step& step, const std::byte* data, std::uint64_t count, std::byte* to) {
  const std::uint64_t at = heap_bytes_ + heap_.size();
  switch (step.plan->form) {
    case Form::HeapText:
      count = append_text_to_heap(step, data, count);
      break;
    case Form::HeapBits:
      for (std::uint64_t i = 0; i < count; ++i) heap_.push_back(logical_of_bit(data, i));
      break;
    default:
      heap_.insert(heap_.end(), data, data + (count * step.bits + 7) / 8);
      if (step.field->datatype == Datatype::Boolean) {
        std::ranges::transform(heap_.end() - static_cast<std::ptrdiff_t>(count), heap_.end(),
                               heap_.end() - static_cast<std::ptrdiff_t>(count), logical);
      }
  }
  store_big_endian(to, count);
  store_big_endian(to + sizeof count, at);
}

std::uint64_t FitsWriter::append_text_to_heap(const Step& step, const std::byte* data, std::uint64_t count) {
  const std::size_t begin = heap_.size();
  const FitsColumnPlan& plan = *step.plan;
  const std::uint64_t length = plan.string_length == 0 ? count : plan.string_length;
  const std::uint64_t strings = length == 0 ? 0 : count / length;
  for (std::uint64_t i = 0; i < strings; ++i) {
    const auto text = text_of(step, data + i * length * step.bits / 8, length);
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    heap_.insert(heap_.end(), bytes, bytes + text.size());
    if (plan.string_length != 0 && text.size() < plan.string_bytes) {
      heap_.resize(heap_.size() + plan.string_bytes - text.size());
    }
  }
  if (heap_.size() == begin) heap_.push_back({});  // CFITSIO can't read a text of no characters behind a descriptor
  return heap_.size() - begin;
}

Result<void> FitsWriter::finish() {
  if (taken_ != rows_) {
    return fail(Kind::Corrupt, "the answer changed while it was read: {} rows, before {}", taken_, rows_);
  }
  head_.heap_bytes = heap_bytes_;
  auto head = make_fits_head(head_, add_fits_sums(rows_sum_.value(), heap_sum_.value()));
  if (!head) return std::unexpected(std::move(head.error()));
  const std::uint64_t data = rows_ * plan_.row_bytes + heap_bytes_;
  const std::vector<std::byte> padding((kFitsBlock - data % kFitsBlock) % kFitsBlock);
  if (auto written = file_.write_at(data_begin_ + data, padding); !written) return written;
  bytes_ = data_begin_ + data + padding.size();
  return file_.write_at(0, std::as_bytes(std::span(*head)));
}

}  // namespace garner::table
