// VOSI and TAP+ metadata documents. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "archive_sim/tap/sky.h"
#include "archive_sim/tap/tap_request.h"

namespace garner::archive_sim {

std::string capabilities_xml(const std::string& base, const Knobs& knobs, bool gaia);
std::string availability_xml(bool available);
// The archive's shape: `only_tables` without columns, `tables` only those named (with commas).
std::string gaia_tables_xml(const Sky& sky, bool only_tables, std::string_view tables);
// VOSI 1.1: without columns for detail=min; one table (an empty text where there is none of that name).
std::string vosi_tables_xml(const Sky& sky, bool columns);
std::string vosi_table_xml(const Sky& sky, std::string_view name);

}  // namespace garner::archive_sim
