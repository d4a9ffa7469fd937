// ECSV headers as archives and astropy write them, read line by line, for a small part of what a YAML parser costs:
// with a header in every product that would be most of the work on it. Understands one key a line, plain and quoted
// scalars, columns in block style or as a flow mapping a line, `meta` as a block mapping. Where it is not certain to
// see what YAML 1.2 and yaml-cpp see, it gives nothing, and the header is for the YAML parser, which also has the words
// for errors. Pure function.
#pragma once

#include <optional>
#include <string_view>

#include "table/text/ecsv_header.h"

namespace garner::table {

// `yaml` as of parse_ecsv_header().
std::optional<EcsvHeader> read_ecsv_lines(std::string_view yaml, const Limits& limits);

}  // namespace garner::table
