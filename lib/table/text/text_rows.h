// Rows as CSV (RFC 4180) or ECSV 1.0 (astropy APE 6), written to a file. One thread at a time; the file must outlive
// it. Errors: those of the file.
#pragma once

#include "table/new_file.h"
#include "table/row_cells.h"
#include "table/row_stream.h"

namespace garner::table {

// What stands before the rows of an ECSV file, without the line of names.
std::string ecsv_head(const VotableTable& table);

class TextRows final : public RowTaker {
 public:
  TextRows(Format format, NewFile& file) : is_ecsv_(format == Format::Ecsv), file_(file) {}

  Result<void> begin(const VotableTable& table, Serialization) override;
  Result<void> take(const RowBatch& rows) override;
  std::uint64_t bytes() const { return written_; }

 private:
  // What is to be known of a column, cell after cell.
  struct Plan {
    Datatype datatype = Datatype::Unknown;
    std::optional<std::int64_t> null_value;
    bool is_array = false;
    bool is_list = false;              // an array or a complex number; else a scalar, or one text
    std::uint64_t string_length = 0;   // primitives of a text of a list
    bool is_shaped = false;            // a list of fixed size, of lists where it has several dimensions
    std::vector<std::uint64_t> shape;  // outermost first
    unsigned bytes = 0;                // of a primitive; 0 for bits
  };

  Result<void> write();
  bool is_null(const Plan& plan, const CellBytes& cell) const;
  void append_cell(const Plan& plan, const CellBytes& cell);
  void append_scalar(const Plan& plan, const std::byte* data);
  void append_text(std::string_view text);
  void append_list(const Plan& plan, const CellBytes& cell);
  void append_nested(const Plan& plan, const CellBytes& cell, std::size_t depth, std::uint64_t& next);
  void append_element(const Plan& plan, const CellBytes& cell, std::uint64_t index);
  template <class Real>
  void append_real(std::string& out, Real value, std::string_view infinity);
  std::string_view text_of(const Plan& plan, const std::byte* data, std::uint64_t count);

  bool is_ecsv_;
  NewFile& file_;
  std::optional<RowCells> cells_;
  std::vector<Plan> plans_;
  bool has_mask_ = false;  // else NaN and lists of nothing are how null is written
  std::string text_;       // not yet written
  std::string list_, scratch_;
  std::uint64_t written_ = 0;
};

}  // namespace garner::table
