// The two harvests that the weather tests of TAP run through: rows of two tables for a list of which a part has none,
// and a copy of a table in five parts.
#pragma once

#include "tap_rig.h"

namespace garner::e2e {

class TapWeather : public TapRig {
 protected:
  static constexpr const char* kSource = "gaiadr3.gaia_source";
  static constexpr const char* kOrbit = "gaiadr3.nss_two_body_orbit";

  // 500 of the sky, 100 unknown ones.
  void use_ids();
  // Manifests' texts; `more`: further keys.
  std::string rows(const std::string& more) const;
  std::string copy(const std::string& more) const;
  void expect_true_rows(const std::string& name);
  void expect_true_copy(const std::string& name);

  std::vector<std::string> ids;
};

}  // namespace garner::e2e
