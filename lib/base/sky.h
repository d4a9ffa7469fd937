// Places on the sky, and how people write positions and angles: degrees, or sexagesimal. Pure; any thread. Errors:
// Invalid, with what was expected.
#pragma once

#include <string_view>

#include "base/error.h"

namespace garner {

// ICRS, degrees.
struct Cone {
  double ra_deg = 0, dec_deg = 0, radius_deg = 0;
};

// ADQL's BOX (ADQL 2.1 §4.2.9): the centre, and the extents in ra and dec. How its sides run far from the equator is
// the service's own matter: along the coordinates (pgSphere's sbox), or as great circles between its corners (DaCHS).
struct Box {
  double ra_deg = 0, dec_deg = 0, width_deg = 0, height_deg = 0;
};

// Degrees in [0, 360): "266.41683", "266.41683d"; hours: "17:45:40.04", "17 45 40.04", "17h45m40.04s"; degrees again:
// "266d25m00.6s".
Result<double> parse_right_ascension(std::string_view text);
// Degrees in [-90, 90]: "-29.00781", "-29:00:28.1", "-29 00 28.1", "-29d00m28.1s".
Result<double> parse_declination(std::string_view text);
// Degrees in (0, most]: "0.1", "0.1deg", "2arcmin", "5arcsec", "2'", "5\"".
Result<double> parse_angle(std::string_view text, double most_deg);

}  // namespace garner
