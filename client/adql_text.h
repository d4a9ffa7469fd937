// The ADQL that verbs make from what their users name. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/sky.h"

namespace garner::client {

// What a table, as ivoa::adql_table_name() gives it, holds inside a cone: every column, and the distance in degrees as
// `dist`, nearest first; `limit` rows at most, 0: all. ("*" together with other columns is no ADQL, "t.*" is.)
std::string cone_adql(const Cone& cone, std::string_view table, std::uint64_t limit);

}  // namespace garner::client
