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

// The comment lines without their "# ", the one with %ECSV left out.
Result<EcsvHeader> parse_ecsv_header(const std::string& yaml, const Limits& limits);

}  // namespace garner::table
