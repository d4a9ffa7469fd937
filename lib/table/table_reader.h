// Tables of the field's formats behind one streaming reader: VOTable (TABLEDATA, BINARY, BINARY2), FITS binary tables,
// CSV/TSV, ECSV. Id lists, RAW products and, later, TAP answers are all read here, once. Reading to the end is also the
// check that the bytes are what they claim to be: next_row() reports only rows that are whole, and the end only after
// the format's own end (</VOTABLE>, the last FITS HDU's padding) was seen. A reader belongs to one thread; it owns its
// source. Errors: Malformed (not this format; names line, row or byte), Corrupt (cut or damaged), TooLarge (a bound of
// Limits was passed).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "table/byte_source.h"

namespace garner::table {

enum class Format { VOTable, Fits, Csv, Tsv, Ecsv };

// What a column holds, as far as readers of ids and checks need to know.
enum class ColumnType { Boolean, Integer, Float, Text, Other };

struct Column {
  std::string name;
  ColumnType type = ColumnType::Other;  // Text for CSV/TSV, which declare nothing
  bool is_array = false;
  std::string unit, ucd, description;  // empty where not given
};

// One cell as the formats give it. Text is valid until the next call of next_row(). Of an array's cell only `null` says
// something (no element at all), and in the text formats `text`. NaN and, in TABLEDATA and ECSV, a float that can't be
// parsed are null; a text that is no integer where one is due is Malformed.
struct Cell {
  bool null = true;
  std::int64_t integer = 0;  // valid if the column's type is Integer; 0 or 1 if Boolean
  double real = 0;           // valid if Float
  std::string_view text;     // CSV, TSV, ECSV, TABLEDATA: the cell's own characters; BINARY and FITS: valid if Text
};

struct Limits {
  std::uint64_t max_header_bytes = 16u << 20;  // VOTable before the data, ECSV header, FITS headers
  std::uint64_t max_cell_bytes = 64u << 20;
  std::uint32_t max_columns = 10'000;
};

class TableReader {
 public:
  virtual ~TableReader() = default;
  virtual const std::vector<Column>& columns() const = 0;
  // Table-wide values: VOTable PARAM and INFO (name -> value), FITS cards of the table's header (last one of a repeated
  // keyword wins; strings without quotes), ECSV meta entries that are plain scalars. Bounded by max_header_bytes.
  // A VOTable's are complete only once next_row() gave its end or an Error: a later INFO of the same name overrides an
  // earlier one. "QUERY_STATUS" is spelt so, OK, ERROR or OVERFLOW in capitals, however the file spells them.
  virtual const std::map<std::string, std::string>& parameters() const = 0;
  // True: a row was read. False: the format's end was reached and is well-formed; nothing but padding follows.
  virtual Result<bool> next_row() = 0;
  // The cell of the row read last. Only the columns named in `wanted` (open_table) need to be decoded; others may be
  // null.
  virtual const Cell& cell(std::size_t column) const = 0;
  // For messages: "line 12" in text formats, "row 12" in binary ones. Rows count from 1.
  virtual std::string position() const = 0;
};

struct OpenOptions {
  std::optional<Format>
      format;  // otherwise recognised by its first bytes; plain text without a recognisable header is Malformed
  std::vector<std::string> wanted;  // decode only these columns (names as in the file, case-insensitive); empty: all
  Limits limits;
};

// Opens the first table of the bytes. With `wanted` empty and rows merely counted, this is the well-formedness check.
Result<std::unique_ptr<TableReader>> open_table(std::unique_ptr<ByteSource> source, OpenOptions options);

// The index of a column by name, ignoring case.
std::optional<std::size_t> find_column(const std::vector<Column>& columns, std::string_view name);

// As Cell, on its own.
struct FirstCell {
  bool null = true;
  std::int64_t integer = 0;
  std::string text;
};

struct TableSummary {
  std::vector<Column> columns;
  std::map<std::string, std::string> parameters;
  std::uint64_t rows = 0;
  std::optional<FirstCell> first_cell;  // of the column asked for; nothing where there is none, or no row
};

// Reads bytes in memory to the format's end without decoding cells, as fast as the format allows: a VOTable must be
// well-formed XML to </VOTABLE> with rows that hold as many cells as there are fields (BINARY: a stream that ends at a
// row's end); FITS: every HDU complete by its header (FITS standard 4.0 §3, §4.4.1, §7.3), NAXIS2 and heap inside the
// file, nothing behind the last HDU's padding; CSV/ECSV: as many cells in each row as the header names (a cut at the
// end of a line, or behind its last delimiter, can't be told). A VOTable whose INFO QUERY_STATUS is ERROR is Malformed
// with its text. The first row's cell of the column `first_of` (name as in the file, case-insensitive) is decoded on
// the way; Malformed where it is no integer though its column says so.
Result<TableSummary> check_table(std::span<const std::byte> bytes, Format format, const Limits& limits = {},
                                 std::string_view first_of = {});

}  // namespace garner::table
