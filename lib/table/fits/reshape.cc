#include "table/fits/reshape.h"

#include <algorithm>
#include <utility>

#include "table/big_endian.h"

namespace garner::table {

namespace {

bool is_integer(char element) {
  return element == 'B' || element == 'I' || element == 'J' || element == 'K';
}

void store_integer(char element, std::byte* to, std::int64_t value) {
  switch (element) {
    case 'B':
      return store_big_endian(to, static_cast<std::uint8_t>(value));
    case 'I':
      return store_big_endian(to, static_cast<std::uint16_t>(value));
    case 'J':
      return store_big_endian(to, static_cast<std::uint32_t>(value));
    default:
      return store_big_endian(to, static_cast<std::uint64_t>(value));
  }
}

bool can_hold(char integer, std::int64_t value) {
  switch (integer) {
    case 'B':
      return std::in_range<std::uint8_t>(value);
    case 'I':
      return std::in_range<std::int16_t>(value);
    case 'J':
      return std::in_range<std::int32_t>(value);
    default:
      return integer == 'K';
  }
}

bool other_null(const FitsColumn& from, const MergedColumn& to) {
  return is_integer(from.element) && from.null_value && to.null != from.null_value;
}

bool same_elements(const FitsColumn& from, const MergedColumn& to) {
  return from.element == to.element && !other_null(from, to);
}

// `in` holds whole elements; `out` as many of the merged column.
void change_elements(const FitsColumn& from, const MergedColumn& to, std::span<const std::byte> in, std::byte* out) {
  const std::uint64_t narrow = fits_bytes(from.element, 1), wide = fits_bytes(to.element, 1);
  for (const std::byte* at = in.data(); at != in.data() + in.size(); at += narrow, out += wide) {
    if (from.element == 'E') {
      store_big_endian(out, std::bit_cast<std::uint64_t>(load_float(at)));
    } else {
      std::int64_t value = load_fits_integer(from.element, at);
      if (from.null_value == value && to.null) value = *to.null;
      store_integer(to.element, out, value);
    }
  }
}

// What of a fixed text counts: up to a NUL, without blanks behind it.
std::span<const std::byte> text_in(std::span<const std::byte> cell) {
  auto end = std::ranges::find(cell, std::byte{0});
  while (end != cell.begin() && *(end - 1) == std::byte{' '}) --end;
  return {cell.begin(), end};
}

void put_text(std::span<const std::byte> text, std::span<std::byte> out) {
  const auto end = std::ranges::copy(text, out.begin()).out;
  std::fill(end, out.end(), std::byte{' '});
}

void put_descriptor(std::byte* out, std::uint64_t count, std::uint64_t offset) {
  store_big_endian(out, count);
  store_big_endian(out + 8, count == 0 ? 0 : offset);
}

}  // namespace

RowShaper::RowShaper(const FitsFile& file, const MergedColumns& columns, const Limits& limits)
    : file_(file), max_cell_bytes_(limits.max_cell_bytes) {
  const auto places = columns.places_in(file.table());
  for (std::size_t i = 0; i < places.size(); ++i) add_step(i, file.table().columns[places[i]], columns.columns()[i]);
}

void RowShaper::add_step(std::size_t place, const FitsColumn& from, const MergedColumn& to) {
  Step step{.place = place, .from = &from, .to = &to, .in = from.offset, .out = to.offset, .bytes = to.bytes};
  const bool here = from.code == 'P' || from.code == 'Q';
  step.kind = here                                              ? Step::Kind::Heap
              : to.variable                                     ? Step::Kind::IntoHeap
              : to.string_width > 0 && from.repeat != to.repeat ? Step::Kind::Strings
              : from.element == 'A' && from.repeat != to.repeat ? Step::Kind::Text
              : same_elements(from, to)                         ? Step::Kind::Copy
                                                                : Step::Kind::Elements;
  if (to.null && from.null_value != to.null && can_hold(from.element, *to.null)) suspects_.push_back(step);
  if (step.kind == Step::Kind::Copy && !steps_.empty()) {
    Step& before = steps_.back();
    if (before.kind == Step::Kind::Copy && before.in + before.bytes == step.in &&
        before.out + before.bytes == step.out) {
      before.bytes += step.bytes;
      return;
    }
  }
  steps_.push_back(step);
}

Result<void> RowShaper::shape(std::span<const std::byte> in, std::span<std::byte> out, HeapTail& heap) {
  for (const Step& step : steps_) {
    const auto cell = in.subspan(
        step.in, step.kind == Step::Kind::Copy ? step.bytes : fits_bytes(step.from->code, step.from->repeat));
    const auto target = out.subspan(step.out, step.bytes);
    Result<void> done;
    switch (step.kind) {
      case Step::Kind::Copy:
        std::ranges::copy(cell, target.begin());
        break;
      case Step::Kind::Elements:
        change_elements(*step.from, *step.to, cell, target.data());
        break;
      case Step::Kind::Text:
        put_text(text_in(cell), target);
        break;
      case Step::Kind::Strings: {
        const std::uint64_t count = step.to->repeat / step.to->string_width, narrow = step.from->repeat / count;
        for (std::uint64_t i = 0; i < count; ++i) {
          put_text(text_in(cell.subspan(i * narrow, narrow)),
                   target.subspan(i * step.to->string_width, step.to->string_width));
        }
        break;
      }
      case Step::Kind::IntoHeap:
        done = into_heap(step, cell, target, heap);
        break;
      case Step::Kind::Heap:
        done = heap_to_heap(step, in, target, heap);
        break;
    }
    if (!done) return done;
  }
  return read_pending(heap);
}

Result<void> RowShaper::into_heap(const Step& step, std::span<const std::byte> cell, std::span<std::byte> out,
                                  HeapTail& heap) {
  if (auto read = read_pending(heap); !read) return read;
  if (step.from->element == 'A') cell = text_in(cell);
  const std::uint64_t count = step.from->element == 'A' ? cell.size() : step.from->repeat;
  put_descriptor(out.data(), count, heap.start + heap.bytes.size());
  heap.longest[step.place] = std::max(heap.longest[step.place], count);
  const std::size_t at = heap.bytes.size();
  heap.bytes.resize(at + fits_bytes(step.to->element, count));
  if (same_elements(*step.from, *step.to))
    std::ranges::copy(cell, heap.bytes.begin() + static_cast<std::ptrdiff_t>(at));
  else
    change_elements(*step.from, *step.to, cell, heap.bytes.data() + at);
  return {};
}

Result<void> RowShaper::heap_to_heap(const Step& step, std::span<const std::byte> row, std::span<std::byte> out,
                                     HeapTail& heap) {
  const auto cell = cell_of(*step.from, row);
  if (!cell) return std::unexpected(cell.error());
  put_descriptor(out.data(), cell->count, heap.start + heap.bytes.size() + pending_.bytes);
  if (cell->count == 0) return {};
  heap.longest[step.place] = std::max(heap.longest[step.place], cell->count);
  const bool as_they_are = same_elements(*step.from, *step.to);
  const bool side_by_side = pending_.offset + pending_.bytes == cell->offset;
  if (!as_they_are || !side_by_side) {
    if (auto read = read_pending(heap); !read) return read;
    pending_.offset = cell->offset;
  }
  if (as_they_are) {
    pending_.bytes += cell->bytes;
    return {};
  }
  scratch_.resize(cell->bytes);
  if (auto read = file_.heap(cell->offset, scratch_); !read) return read;
  const std::size_t at = heap.bytes.size();
  heap.bytes.resize(at + fits_bytes(step.to->element, cell->count));
  change_elements(*step.from, *step.to, scratch_, heap.bytes.data() + at);
  return {};
}

Result<HeapCell> RowShaper::cell_of(const FitsColumn& column, std::span<const std::byte> row) const {
  auto cell = heap_cell(file_.table(), column, row.data() + column.offset);
  if (cell && cell->bytes > max_cell_bytes_) {
    return fail(Kind::TooLarge, "column '{}': a cell of {} bytes; {} are allowed", printable(column.column.name),
                cell->bytes, max_cell_bytes_);
  }
  return cell;
}

Result<void> RowShaper::read_pending(HeapTail& heap) {
  const Pending pending = std::exchange(pending_, {});
  if (pending.bytes == 0) return {};
  const std::size_t at = heap.bytes.size();
  heap.bytes.resize(at + pending.bytes);
  return file_.heap(pending.offset, std::span(heap.bytes).subspan(at));
}

Result<std::optional<std::size_t>> RowShaper::null_value_in(std::span<const std::byte> row) {
  for (const Step& step : suspects_) {
    std::span<const std::byte> elements = row.subspan(step.in, fits_bytes(step.from->code, step.from->repeat));
    if (step.kind == Step::Kind::Heap) {
      const auto cell = cell_of(*step.from, row);
      if (!cell) return std::unexpected(cell.error());
      scratch_.resize(cell->bytes);
      if (auto read = file_.heap(cell->offset, scratch_); !read) return std::unexpected(read.error());
      elements = scratch_;
    }
    for (std::size_t at = 0; at < elements.size(); at += fits_bytes(step.from->element, 1)) {
      if (load_fits_integer(step.from->element, elements.data() + at) == step.to->null) return step.place;
    }
  }
  return std::nullopt;
}

}  // namespace garner::table
