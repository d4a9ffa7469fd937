// Rows of one FITS binary table as rows of the merged one (columns.h): bytes go across as they are wherever the
// two agree, elements are never decoded. Variable arrays are copied from heap to heap. One thread at a time. Errors:
// Corrupt (a cell outside of the heap), TooLarge (a cell past Limits::max_cell_bytes), and those of reading the file.
#pragma once

#include "table/fits/columns.h"
#include "table/fits/file.h"
#include "table/fits/row.h"

namespace garner::table {

// The merged table's heap, as far as it is not written yet.
struct HeapTail {
  std::vector<std::byte> bytes;
  std::uint64_t start = 0;             // of bytes, in the heap
  std::vector<std::uint64_t> longest;  // by merged column: elements of the largest cell
};

class RowShaper {
 public:
  // File and columns must outlive it.
  RowShaper(const FitsFile& file, const MergedColumns& columns, const Limits& limits);

  // `in`: a row as it is in the file; `out`: the merged row.
  Result<void> shape(std::span<const std::byte> in, std::span<std::byte> out, HeapTail& heap);

  // Whether any row could hold a value that the merged table takes for null.
  bool may_hold_null_values() const { return !suspects_.empty(); }
  // The merged column in which this row does, if any.
  Result<std::optional<std::size_t>> null_value_in(std::span<const std::byte> row);

 private:
  struct Step {
    enum class Kind : std::uint8_t {
      Copy,      // fixed cells whose bytes are the same
      Elements,  // fixed, wider or with another null
      Text,      // fixed, as wide or wider
      Strings,   // several texts
      IntoHeap,  // fixed here, behind a descriptor there
      Heap       // behind descriptors here and there
    };
    Kind kind = Kind::Copy;
    std::size_t place = 0;  // merged column
    const FitsColumn* from = nullptr;
    const MergedColumn* to = nullptr;
    std::uint64_t in = 0, out = 0, bytes = 0;  // Copy
  };
  // Elements of heap cells that lie side by side, not read yet.
  struct Pending {
    std::uint64_t offset = 0, bytes = 0;
  };

  void add_step(std::size_t place, const FitsColumn& from, const MergedColumn& to);
  Result<void> into_heap(const Step& step, std::span<const std::byte> in, std::span<std::byte> out, HeapTail& heap);
  Result<void> heap_to_heap(const Step& step, std::span<const std::byte> in, std::span<std::byte> out, HeapTail& heap);
  Result<HeapCell> cell_of(const FitsColumn& column, std::span<const std::byte> row) const;
  Result<void> read_pending(HeapTail& heap);

  const FitsFile& file_;
  std::uint64_t max_cell_bytes_;
  std::vector<Step> steps_;
  std::vector<Step> suspects_;  // Heap and fixed integer cells to be looked at by null_value_in()
  Pending pending_;
  std::vector<std::byte> scratch_;
};

}  // namespace garner::table
