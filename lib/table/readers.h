// The readers behind open_table(), one a format, and what they share. Private to this folder.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "table/table_reader.h"

namespace garner::table {

Result<std::unique_ptr<TableReader>> open_votable(std::unique_ptr<ByteSource> source, const OpenOptions& options);
Result<std::unique_ptr<TableReader>> open_fits(std::unique_ptr<ByteSource> source, const OpenOptions& options);
// CSV and TSV; an ECSV file is read as what it is, whatever it was called.
Result<std::unique_ptr<TableReader>> open_csv(std::unique_ptr<ByteSource> source, const OpenOptions& options,
                                              Format format);

Result<TableSummary> check_votable(std::span<const std::byte> bytes, const Limits& limits, std::string_view first_of);
Result<TableSummary> check_fits(std::span<const std::byte> bytes, const Limits& limits, std::string_view first_of);
Result<TableSummary> check_csv(std::span<const std::byte> bytes, Format format, const Limits& limits,
                               std::string_view first_of);

// An entry for each column: whether it is to be decoded.
std::vector<bool> wanted_columns(const std::vector<Column>& columns, const std::vector<std::string>& wanted);

// The format by the first bytes; Malformed with what they look like instead.
Result<Format> recognise(std::span<const std::byte> head);

// Fills integer, real and null of a text cell by its column's type. False: the text is no integer where one is due.
bool interpret_text(const Column& column, std::string_view text, Cell& cell);
// The same on its own; Malformed names the column.
Result<FirstCell> first_cell_of(const Column& column, std::string_view text);

// Names of columns are the same whatever their case.
bool same_name(std::string_view a, std::string_view b);

}  // namespace garner::table
