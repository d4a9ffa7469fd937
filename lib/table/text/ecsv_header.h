// The YAML header of an ECSV file (ECSV 1.0, astropy APE 6): columns with types and units, the delimiter, scalars of
// `meta`. Blocking, no state. Errors: Malformed (not this YAML), TooLarge. yaml-cpp's exceptions end here.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "table/table_reader.h"

namespace garner::table {

struct EcsvHeader {
  std::vector<Column> columns;
  std::map<std::string, std::string> parameters;
  char delimiter = ' ';
};

// The comment lines without their "# ", the one with %ECSV left out. Most headers are read by ecsv_lines.h, the others
// by a YAML parser, at some three microseconds a line.
Result<EcsvHeader> parse_ecsv_header(const std::string& yaml, const Limits& limits);
// With the YAML parser, whatever the header.
Result<EcsvHeader> parse_ecsv_yaml(const std::string& yaml, const Limits& limits);

// What a header says about a column; empty where it does not.
struct EcsvColumnText {
  std::string name, datatype, subtype, unit, description, ucd;
};
// `n` counts from 1, for messages.
Result<Column> ecsv_column(EcsvColumnText text, std::size_t n);

}  // namespace garner::table
