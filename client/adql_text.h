// The ADQL that verbs make from what their users name. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace garner::client {

// A table's name as a query may say it: its parts as they are where they are plain identifiers or already delimited,
// else delimited. Invalid for an empty part, an open quote or control characters (ADQL 2.1 §2.1.4).
Result<std::string> adql_table_name(std::string_view name);

struct Cone {
  double ra_deg = 0, dec_deg = 0, radius_deg = 0;
  std::string table;        // as adql_table_name() gives it
  std::uint64_t limit = 0;  // rows at most, the nearest; 0: all
};

// The shape in which the archive's users ask: every column, and the distance in degrees as `dist`, nearest first.
std::string cone_adql(const Cone& cone);

}  // namespace garner::client
