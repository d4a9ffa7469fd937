// Writes rows as a FITS file by a plan, whole rows at a time, the heap of variable arrays and long texts behind them.
// One thread at a time; plan and file must outlive it. Errors: those of the file, Corrupt for rows that are not those
// of the plan.
#pragma once

#include "table/fits/head.h"
#include "table/fits/plan.h"
#include "table/fits/sum.h"
#include "table/new_file.h"

namespace garner::table {

class FitsWriter final : public RowTaker {
 public:
  // `rows`: how many there will be.
  FitsWriter(const FitsPlan& plan, std::uint64_t rows, NewFile& file) : plan_(plan), rows_(rows), file_(file) {}

  Result<void> begin(const VotableTable& table, Serialization) override;
  Result<void> take(const RowBatch& rows) override;
  // Behind the last row: padding and headers.
  Result<void> finish();
  std::uint64_t bytes() const { return bytes_; }

 private:
  // A stretch of fixed cells that are copied at once, or one cell that is not.
  struct Step {
    const FitsColumnPlan* plan = nullptr;  // of the cell; null for a stretch
    const VotableField* field = nullptr;
    std::size_t column = 0;
    unsigned bits = 0;                    // of a primitive
    std::uint64_t bytes = 0, offset = 0;  // of a stretch; where it goes
  };

  Result<void> take_some(const std::byte* bytes, std::size_t begin, std::span<const std::size_t> ends);
  void convert_row(const std::byte* row, std::byte* to);
  const std::byte* convert_cell(const Step& step, const std::byte* data, bool is_masked, std::byte* to);
  void put_nulls(const std::byte* row, std::byte* to) const;
  void put_text(const Step& step, const std::byte* data, std::uint64_t count, std::byte* to);
  void put_in_heap(const Step& step, const std::byte* data, std::uint64_t count, std::byte* to);
  std::uint64_t append_text_to_heap(const Step& step, const std::byte* data, std::uint64_t count);
  std::string_view text_of(const Step& step, const std::byte* data, std::uint64_t count);

  const FitsPlan& plan_;
  std::uint64_t rows_;
  NewFile& file_;
  FitsHead head_;
  std::uint64_t data_begin_ = 0;
  std::vector<Step> steps_;
  std::vector<const FitsColumnPlan*> logicals_, padded_;
  std::optional<RowCells> cells_;
  std::uint64_t taken_ = 0, heap_bytes_ = 0, bytes_ = 0;
  FitsSum rows_sum_, heap_sum_;
  std::vector<std::byte> out_, heap_;  // of a batch
  std::string scratch_;
  bool is_overfull_ = false;  // a text was wider than planned
};

}  // namespace garner::table
