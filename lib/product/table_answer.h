// What a TAP answer holds: reads a whole VOTable answer against what was asked, tells its verdict and which sources
// came, and hands its rows on as one table in the format that is wanted. The one place that decides whether such an
// answer is good: only one that is whole, of verdict OK and below the service's row limit can make a source absent.
// Blocking and CPU-bound: runs on workers. Errors: TooLarge (cut by a limit: less must be asked at a time), Corrupt (no
// whole VOTable), Malformed (not what was asked), what the service says (ivoa/dali.h), DiskFull, Internal.
#pragma once

#include "ivoa/votable_verdict.h"
#include "product/contents.h"

namespace garner::product {

struct TableAsked {
  std::string name;  // of the table's file, as Product::name: "gaiadr3.gaia_source-0000017.fits"
  ProductFormat format = ProductFormat::VOTable;
  std::string id_column;                       // of the sources; empty: rows are only counted
  std::span<const SourceId> ids;               // strictly rising; with an id_column, no other may come
  std::uint64_t row_limit = 0;                 // an answer of as many rows counts as cut; 0: no limit is known
  std::optional<std::uint64_t> rows_expected;  // by COUNT(*); another number is Malformed
  std::string spool_directory;
  bool is_mapped = false;  // the answer: as of table::ConvertOptions
};

struct TableContents {
  std::vector<bool> found;  // by the place in TableAsked::ids
  std::uint64_t rows = 0;
  bool handed_on = false;  // a table without rows is not
};

Result<TableContents> read_table_answer(std::span<const std::byte> answer, const TableAsked& asked, ProductSink& sink);

// The one number of a COUNT(*) answer.
Result<std::uint64_t> read_count_answer(std::span<const std::byte> answer);

// Every source_id of an answer, in batches: of the column named, or where none is named, of source_id or the only
// column. Rows that hold none are counted. The verdict is looked at first, as above (TooLarge where it was cut): of an
// answer that is not good no id is handed on.
struct IdsAnswer {
  std::uint64_t rows = 0, without_id = 0;
  std::string column;
};
Result<IdsAnswer> read_ids_answer(std::span<const std::byte> answer, const std::string& column, std::uint64_t row_limit,
                                  const std::function<Result<void>(std::span<const SourceId>)>& take);

// Which of the sources have a true flag, which a false one or no row. found: a row came.
struct FlagsAnswer {
  std::vector<bool> found, flag;  // by the place in ids; a flag without a value counts as true
};
Result<FlagsAnswer> read_flags_answer(std::span<const std::byte> answer, const std::string& flag_column,
                                      std::span<const SourceId> ids);

}  // namespace garner::product
