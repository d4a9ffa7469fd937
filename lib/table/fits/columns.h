// One set of columns for the rows of several FITS binary tables of the same kind. The tables must have the same columns
// by name (in any order, capitals ignored), with the same units and scaling. What may differ, as it does between an
// archive's answers to the same question:
//   - how many elements a cell has: texts become as wide as the widest; other arrays, and what is behind descriptors in
//     any of the tables, go behind 64-bit descriptors (Q);
//   - integers and floats (unscaled) of different width: the widest holds them all;
//   - TNULL: one value stands for null in the end, and no value that a table holds is ever taken for it;
//   - UCD, description, TDISP: of the first table that has one.
// Values. Errors: Malformed, naming the column and both tables.
#pragma once

#include <string>
#include <vector>

#include "table/fits/head.h"
#include "table/fits/layout.h"

namespace garner::table {

struct MergedColumn {
  Column column;
  char element = 0;                  // code of TFORM; of what Q points at, if variable
  bool variable = false;             // behind a descriptor
  std::uint64_t repeat = 1;          // elements of a cell, unless variable
  std::uint64_t string_width = 0;    // A: of each of a cell's strings (TDIM); 0: the cell is one string
  std::optional<std::int64_t> null;  // integers: what stands for null
  std::string scale, zero, dim, display;
  std::uint64_t offset = 0, bytes = 0;  // in the merged row
};

class MergedColumns {
 public:
  // `name` is the table's, for messages.
  Result<void> add(const std::string& name, const FitsHeader& header, const FitsTable& table);

  // The rest is for after the last add().
  void settle();
  // A table holds the value that would stand for null: the column's integers get wider, so that none of them can be it.
  Result<void> widen_for_null(std::size_t column);

  const std::vector<MergedColumn>& columns() const { return columns_; }
  std::uint64_t row_bytes() const { return row_bytes_; }
  // For each column its place in a table; the number of its columns where it has none of that name.
  std::vector<std::size_t> places_in(const FitsTable& table) const;

 private:
  // What the tables so far said of a column, beside what came of it.
  struct Origin {
    std::string table, unit_table;
    FitsColumn first;
    std::optional<std::int64_t> null;  // the first TNULL
    bool nulls_differ = false, widened = false;
  };

  Result<void> take_first(const std::string& name, const FitsHeader& header, const FitsTable& table);
  Result<void> join(std::size_t place, const std::string& name, const FitsColumn& column, const std::string& dim,
                    const std::string& display);
  Result<void> join_elements(std::size_t place, const std::string& name, const FitsColumn& column);
  Result<void> join_shape(std::size_t place, const std::string& name, const FitsColumn& column, const std::string& dim);
  void lay_out();

  std::vector<MergedColumn> columns_;
  std::vector<Origin> origins_;
  std::uint64_t row_bytes_ = 0;
};

// The merged columns as a header has them; longest: elements of the largest cell of each variable column.
std::vector<FitsHeadColumn> head_columns(const MergedColumns& columns, const std::vector<std::uint64_t>& longest);

}  // namespace garner::table
