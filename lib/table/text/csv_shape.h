// What stands before the rows of a CSV, TSV or ECSV file: byte order mark, ECSV's comment header, the line of column
// names. Pure functions. Errors name the line: Malformed, Corrupt, TooLarge.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "table/table_reader.h"

namespace garner::table {

struct CsvShape {
  std::vector<Column> columns;
  std::map<std::string, std::string> parameters;
  char delimiter = ',';
  std::size_t consumed = 0;  // bytes up to the first row
  std::uint64_t lines = 0;   // line breaks in them
};

// Nothing if the text does not hold the whole of it yet, which can't be once the text is `final`.
Result<std::optional<CsvShape>> read_csv_shape(std::string_view text, bool final, Format format, const Limits& limits);

}  // namespace garner::table
