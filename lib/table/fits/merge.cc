#include "table/fits/merge.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "table/fits/columns.h"
#include "table/fits/reshape.h"
#include "table/fits/rows.h"
#include "table/fits/sum.h"

namespace garner::table {

namespace {

constexpr std::size_t kWriteBytes = 1u << 20;

Result<FitsFile> open_table_of(const TableToMerge& table, const Limits& limits) {
  auto opened = table.open();
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto file = FitsFile::open(std::move(opened->read), opened->file_bytes, limits);
  if (!file) return with_context(std::move(file.error()), "{}", table.name);
  return file;
}

// A table whose rows are being merged.
struct Cursor {
  struct Place {
    SourceId id;
    std::uint64_t row = 0;
    auto operator<=>(const Place&) const = default;
  };
  std::size_t table = 0;
  FitsFile file;
  bool has_ids = true;
  std::vector<Place> places;  // sorted
  std::size_t at = 0;
  std::unique_ptr<RowShaper> shaper;
  std::unique_ptr<FitsRows> rows;

  SourceId id() const { return places[at].id; }
};

// Puts the parts of the new file where they belong.
class Output {
 public:
  Output(const WriteAt& write, std::uint64_t data_start, std::uint64_t rows_bytes, std::size_t columns)
      : write_(write), data_start_(data_start), rows_bytes_(rows_bytes), heap_sum_(rows_bytes) {
    heap_.longest.resize(columns);
  }

  std::span<std::byte> add_row(std::uint64_t bytes) {
    rows_.resize(rows_.size() + bytes);
    return std::span(rows_).last(bytes);
  }
  HeapTail& heap() { return heap_; }
  // After the last flush.
  std::uint64_t heap_bytes() const { return heap_.start; }
  const std::vector<std::uint64_t>& longest() const { return heap_.longest; }

  Result<void> flush(std::size_t at_least) {
    if (rows_.size() >= at_least && !rows_.empty()) {
      if (auto put = write_(data_start_ + rows_written_, rows_); !put) return put;
      rows_sum_.add(rows_);
      rows_written_ += rows_.size();
      rows_.clear();
    }
    if (heap_.bytes.size() >= at_least && !heap_.bytes.empty()) {
      if (auto put = write_(data_start_ + rows_bytes_ + heap_.start, heap_.bytes); !put) return put;
      heap_sum_.add(heap_.bytes);
      heap_.start += heap_.bytes.size();
      heap_.bytes.clear();
    }
    return {};
  }

  // After the last flush. Returns the file's size.
  Result<std::uint64_t> finish(const std::string& head) {
    const std::uint64_t end = data_start_ + rows_bytes_ + heap_.start;
    const std::vector<std::byte> padding((kFitsBlock - end % kFitsBlock) % kFitsBlock);
    if (auto put = write_(end, padding); !put) return std::unexpected(put.error());
    if (auto put = write_(0, std::as_bytes(std::span(head))); !put) return std::unexpected(put.error());
    return end + padding.size();
  }
  std::uint32_t data_sum() const { return add_fits_sums(rows_sum_.value(), heap_sum_.value()); }

 private:
  const WriteAt& write_;
  std::uint64_t data_start_, rows_bytes_;
  std::vector<std::byte> rows_;
  std::uint64_t rows_written_ = 0;
  HeapTail heap_;
  FitsSum rows_sum_, heap_sum_;
};

class Merge {
 public:
  Merge(std::span<const TableToMerge> tables, const MergeRequest& request) : tables_(tables), request_(request) {}

  Result<void> read_headers();
  Result<void> read_ids();
  Result<MergedTable> write(const WriteAt& write);

 private:
  // What of a table lies in the range.
  struct Extent {
    std::size_t table = 0;
    std::uint64_t rows = 0;
    SourceId first;
  };

  // Of all rows of a table without ids: so that they stay together, and the tables in order.
  std::optional<SourceId> same_id_of(std::size_t table) const {
    return request_.all ? std::optional(SourceId{table + 1}) : std::nullopt;
  }
  bool wanted(SourceId id) const { return request_.all || (id >= request_.first && id <= request_.last); }
  Result<Extent> extent_of(std::size_t table);
  Result<void> heed_null_values(const FitsFile& file, std::optional<RowShaper>& shaper, std::span<const std::byte> row);
  Result<std::unique_ptr<Cursor>> open_cursor(std::size_t table);
  Result<void> write_rows(Output& output);
  Result<void> write_row(Cursor& cursor, Output& output);
  Result<std::string> head(std::uint64_t rows, const Output* output) const;

  std::span<const TableToMerge> tables_;
  const MergeRequest& request_;
  MergedColumns columns_;
  std::vector<Extent> extents_;  // of tables with rows in the range, by their first source
};

Result<void> Merge::read_headers() {
  for (const auto& table : tables_) {
    const auto file = open_table_of(table, request_.limits);
    if (!file) return std::unexpected(file.error());
    if (auto added = columns_.add(table.name, file->header(), file->table()); !added) return added;
  }
  columns_.settle();
  return {};
}

Result<void> Merge::read_ids() {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    const auto extent = extent_of(i);
    if (!extent) return with_context(extent.error(), "{}", tables_[i].name);
    if (extent->rows > 0) extents_.push_back(*extent);
  }
  std::ranges::sort(extents_, {}, [](const Extent& extent) { return std::pair(extent.first, extent.table); });
  return {};
}

Result<Merge::Extent> Merge::extent_of(std::size_t table) {
  auto file = open_table_of(tables_[table], request_.limits);
  if (!file) return std::unexpected(file.error());
  auto ids = RowIds::make(*file, request_.id_column, same_id_of(table));
  if (!ids) return std::unexpected(ids.error());
  Extent extent{.table = table, .rows = 0, .first = SourceId{UINT64_MAX}};
  FitsRows rows(*file);
  std::optional<RowShaper> shaper(std::in_place, *file, columns_, request_.limits);
  for (std::uint64_t i = 0; i < file->table().rows; ++i) {
    const auto row = rows.row(i);
    if (!row) return std::unexpected(row.error());
    const auto id = ids->in(*row, i);
    if (!id) return std::unexpected(id.error());
    if (!wanted(*id)) continue;
    ++extent.rows;
    extent.first = std::min(extent.first, *id);
    if (auto heeded = heed_null_values(*file, shaper, *row); !heeded) return std::unexpected(heeded.error());
  }
  return extent;
}

Result<void> Merge::heed_null_values(const FitsFile& file, std::optional<RowShaper>& shaper,
                                     std::span<const std::byte> row) {
  while (shaper->may_hold_null_values()) {
    const auto column = shaper->null_value_in(row);
    if (!column) return std::unexpected(column.error());
    if (!*column) return {};
    if (auto widened = columns_.widen_for_null(**column); !widened) return widened;
    shaper.emplace(file, columns_, request_.limits);
  }
  return {};
}

Result<std::unique_ptr<Cursor>> Merge::open_cursor(std::size_t table) {
  auto file = open_table_of(tables_[table], request_.limits);
  if (!file) return std::unexpected(file.error());
  auto cursor = std::make_unique<Cursor>(table, std::move(*file));
  auto ids = RowIds::make(cursor->file, request_.id_column, same_id_of(table));
  if (!ids) return std::unexpected(ids.error());
  cursor->has_ids = ids->known();
  cursor->rows = std::make_unique<FitsRows>(cursor->file);
  cursor->shaper = std::make_unique<RowShaper>(cursor->file, columns_, request_.limits);
  for (std::uint64_t i = 0; i < cursor->file.table().rows; ++i) {
    const auto row = cursor->rows->row(i);
    if (!row) return std::unexpected(row.error());
    const auto id = ids->in(*row, i);
    if (!id) return std::unexpected(id.error());
    if (wanted(*id)) cursor->places.push_back({*id, i});
  }
  std::ranges::sort(cursor->places);
  return cursor;
}

Result<void> Merge::write_rows(Output& output) {
  const auto later = [](const std::unique_ptr<Cursor>& a, const std::unique_ptr<Cursor>& b) {
    return std::pair(a->id(), a->table) > std::pair(b->id(), b->table);
  };
  std::vector<std::unique_ptr<Cursor>> open;  // a heap: the next row's cursor first
  std::optional<SourceId> id;
  std::size_t id_table = 0;
  for (auto next = extents_.begin(); next != extents_.end() || !open.empty();) {
    if (next != extents_.end() && (open.empty() || next->first <= open.front()->id())) {
      auto cursor = open_cursor(next->table);
      if (!cursor) return with_context(cursor.error(), "{}", tables_[next->table].name);
      ++next;
      open.push_back(std::move(*cursor));
      std::ranges::push_heap(open, later);
      continue;
    }
    std::ranges::pop_heap(open, later);
    Cursor& cursor = *open.back();
    if (id == cursor.id() && id_table != cursor.table) {
      return fail(Kind::Corrupt, "source {} has rows in {} and in {}", id->value, tables_[id_table].name,
                  tables_[cursor.table].name);
    }
    if (id != cursor.id()) {
      id = cursor.id();
      id_table = cursor.table;
      if (request_.take_id && cursor.has_ids) {
        if (auto taken = request_.take_id(*id); !taken) return taken;
      }
    }
    if (auto written = write_row(cursor, output); !written)
      return with_context(written.error(), "{}", tables_[cursor.table].name);
    if (auto flushed = output.flush(kWriteBytes); !flushed) return flushed;
    if (++cursor.at == cursor.places.size())
      open.pop_back();
    else
      std::ranges::push_heap(open, later);
  }
  return output.flush(0);
}

Result<void> Merge::write_row(Cursor& cursor, Output& output) {
  const auto row = cursor.rows->row(cursor.places[cursor.at].row);
  if (!row) return std::unexpected(row.error());
  return cursor.shaper->shape(*row, output.add_row(columns_.row_bytes()), output.heap());
}

Result<std::string> Merge::head(std::uint64_t rows, const Output* output) const {
  FitsHead head;
  head.name = request_.table_name;
  const std::vector<std::uint64_t> none(columns_.columns().size());
  head.columns = head_columns(columns_, output != nullptr ? output->longest() : none);
  head.cards = request_.cards;
  head.rows = rows;
  head.heap_bytes = output != nullptr ? output->heap_bytes() : 0;
  return make_fits_head(head, output != nullptr ? output->data_sum() : 0);
}

Result<MergedTable> Merge::write(const WriteAt& write) {
  MergedTable merged;
  for (const auto& extent : extents_) merged.rows += extent.rows;
  if (merged.rows == 0) return merged;
  const auto begun = head(merged.rows, nullptr);  // as long as it will be
  if (!begun) return std::unexpected(begun.error());
  Output output(write, begun->size(), merged.rows * columns_.row_bytes(), columns_.columns().size());
  if (auto written = write_rows(output); !written) return std::unexpected(written.error());
  const auto whole = head(merged.rows, &output);
  if (!whole) return std::unexpected(whole.error());
  if (whole->size() != begun->size()) return fail(Kind::Internal, "a merged table's header changed its length");
  auto bytes = output.finish(*whole);
  if (!bytes) return std::unexpected(bytes.error());
  merged.bytes = *bytes;
  return merged;
}

}  // namespace

Result<MergedTable> merge_fits(std::span<const TableToMerge> tables, const MergeRequest& request,
                               const WriteAt& write) {
  Merge merge(tables, request);
  if (auto read = merge.read_headers(); !read) return std::unexpected(std::move(read.error()));
  if (auto read = merge.read_ids(); !read) return std::unexpected(std::move(read.error()));
  return merge.write(write);
}

}  // namespace garner::table
