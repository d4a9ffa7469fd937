// Positions and angles as people write them: degrees, or sexagesimal. Pure; any thread. Errors: Invalid, with what was
// expected.
#pragma once

#include <string_view>

#include "base/error.h"

namespace garner::client {

// Degrees in [0, 360): "266.41683", "266.41683d"; hours: "17:45:40.04", "17 45 40.04", "17h45m40.04s"; degrees again:
// "266d25m00.6s".
Result<double> parse_right_ascension(std::string_view text);
// Degrees in [-90, 90]: "-29.00781", "-29:00:28.1", "-29 00 28.1", "-29d00m28.1s".
Result<double> parse_declination(std::string_view text);
// Degrees in (0, 180]: "0.1", "0.1deg", "2arcmin", "5arcsec", "2'", "5\"".
Result<double> parse_radius(std::string_view text);

}  // namespace garner::client
