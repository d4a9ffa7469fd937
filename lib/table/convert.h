// Converts a whole TAP answer in VOTable (TABLEDATA, BINARY, BINARY2; plain, gzip or zstd) to the format a user asked
// for. Answers are always asked for as VOTable, for only that carries a verdict (DALI 1.1 §5.4). The answer lies in
// memory or is mapped; beside it some 10 MiB are used and a row or two, whatever its size. Integers keep every digit,
// floats every bit that a text of them can hold. Blocking; any thread. What becomes of datatypes, arrays and nulls:
//
//   FITS  a binary table, its header made by CFITSIO: TTYPE, TFORM, TUNIT, TDIM, TNULL, TUCD, TCOMM (description),
//         CHECKSUM, DATASUM. Integers and floats as they are (B I J K E D), complex C and M, boolean L, bit arrays X
//         (null is zeros), a single bit and bit[*] as L. Text is A, as wide as the longest text of the column (UTF-8),
//         with TDIM where a cell holds several. Variable arrays, and texts whose padding would dwarf them, stand behind
//         64-bit descriptors (1Q). Null is NaN, no text, 0 in L, and TNULL: VALUES null where given, else a value that
//         does not occur. The same answer gives the same bytes.
//   CSV   RFC 4180 with LF; empty is null, and so are an empty text and, in BINARY, NaN. Floats in the fewest digits
//   that read back as the
//         same float or double; NaN, Inf, -Inf. Arrays as JSON: [1.5, null, NaN]. Complex as [re, im]. Text is UTF-8.
//   ECSV  1.0, the same cells with datatype, subtype, unit, description, and ucd in the column's meta.
#pragma once

#include <filesystem>
#include <functional>
#include <span>

#include "table/table_reader.h"

namespace garner::table {

enum class ConvertTo {
  VOTable,  // as served, decompressed
  Fits,
  Csv,
  Ecsv
};

struct ConvertOptions {
  ConvertTo to = ConvertTo::Fits;
  std::string id_column{};  // empty: none. Malformed where it is no integer column of the table, or an id is null
  std::function<Result<void>(std::int64_t)> take_id{};  // gets each row's id, in order; its error ends the conversion
  Limits limits{};
  // The answer is a file, mapped and left alone: its pages are given back behind the reader (madvise(2),
  // MADV_DONTNEED), so that it takes next to no memory itself.
  bool is_mapped = false;
};

struct ConvertedTable {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // of the file
  std::vector<Column> columns;
  std::map<std::string, std::string> parameters;  // as TableReader::parameters() at the end
  std::string status_text;                        // what the last QUERY_STATUS says beside its value
};

// Reads the answer to its end and writes the table to the new file `into` (made exclusively, mode 0600, not synced;
// removed again on error). Rows are converted whatever QUERY_STATUS says: the caller judges the verdict before it uses
// the file. Errors: Malformed, Corrupt (cut or damaged), TooLarge, DiskFull, Internal (other trouble with files), and
// take_id's own.
Result<ConvertedTable> convert_votable(std::span<const std::byte> answer, const ConvertOptions& options,
                                       const std::filesystem::path& into);

}  // namespace garner::table
