// The rows of a VOTable answer for people and scripts: CSV, JSON, or the first of them for a terminal. Integers keep
// all 64 bits, nulls are empty, numbers of a TABLEDATA answer keep the server's own digits. Whether the answer is good
// is decided before (tap_answer.h); the bytes are read again here. Any thread. Errors: the reader's; Unsupported for
// arrays of a binary answer, which are not decoded; and what the sink gives.
#pragma once

#include <span>

#include "client/row_table.h"
#include "client/save_file.h"
#include "table/table_reader.h"

namespace garner::client {

// As text, as CSV has it before quoting.
Result<std::string> cell_text(const table::Column& column, const table::Cell& cell);
// Quoted where it must be (RFC 4180 §2).
std::string csv_field(std::string_view text);

// A header line and a line a row.
Result<void> rows_as_csv(std::span<const std::byte> answer, const ByteSink& sink);
// {"columns": [{name, unit, ucd, description}], "rows": [[…], …], "count": n, "cut": false}. Integers are strings in
// columns of ids (UCD meta.id…, a name that ends in _id), and throughout a column where one of them does not fit a
// double.
Result<void> rows_as_json(std::span<const std::byte> answer, bool cut, const ByteSink& sink);
// The first rows; `front` names columns that are shown before the others, where they exist.
Result<RowTable> rows_for_terminal(std::span<const std::byte> answer, std::size_t rows_most, std::uint64_t rows_in_all,
                                   const std::vector<std::string>& front = {});

}  // namespace garner::client
