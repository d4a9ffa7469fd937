// Merges FITS binary tables that hold rows of sources into one new file: the rows of the sources in a range, sorted by
// source_id (rows of one source in the order of their table). Columns are unified as columns.h says; the header is
// made from nothing, so that what is odd in a table's header (repeated keywords, say) can't spoil the file; variable
// arrays get 64-bit descriptors; CHECKSUM and DATASUM are written. The same tables give the same bytes.
//
// Memory: 16 bytes a row of the tables whose sources overlap, and some megabytes; a chunk's tables overlap with each
// other only. Tables are read three times: headers, ids, then rows and cells. One thread; blocking.
// Errors: Malformed (tables that don't go together, a row without id), Corrupt (a damaged table, a source in two of
// them), TooLarge, all with the table's name; and those of the callbacks.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "base/source_id.h"
#include "table/fits/file.h"
#include "table/fits/head.h"

namespace garner::table {

struct OpenedTable {
  ReadAt read;
  std::uint64_t file_bytes = 0;
};

struct TableToMerge {
  std::string name;  // for messages
  std::function<Result<OpenedTable>()> open;
};

struct MergeRequest {
  std::string id_column = "source_id";  // capitals ignored
  // Rows of other sources are left out. All: none is, and where no table has the id column, which is Malformed
  // otherwise, rows stay in the order in which tables and rows come.
  bool all = false;
  SourceId first{}, last{};
  std::string table_name{};  // EXTNAME
  std::vector<FitsHeadCard> cards{};
  Limits limits{};
  // Gets every source that has rows, in order, before its rows are written (none where ids are not known); its error
  // ends the merge.
  std::function<Result<void>(SourceId)> take_id = {};
};

struct MergedTable {
  std::uint64_t rows = 0;  // 0: nothing was written
  std::uint64_t bytes = 0;
};

// Bytes that belong at that offset of the new file; each place is written once. The file's head comes last.
using WriteAt = std::function<Result<void>(std::uint64_t offset, std::span<const std::byte> bytes)>;

Result<MergedTable> merge_fits(std::span<const TableToMerge> tables, const MergeRequest& request, const WriteAt& write);

}  // namespace garner::table
