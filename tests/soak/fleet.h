// The harvests of a soak: one shape for each kind, layout and way to name sources.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "truth.h"

namespace garner::soak {

enum class Kind { Products, Rows, Query };

struct Shape {
  std::string name;
  Kind kind;
  std::string manifest;                     // its keys, but for harvest, archive, release, output and a list of ids
  std::string layout;                       // keys of `output` beside the directory
  std::vector<e2e::Product> products = {};  // of kind products, one for each retrieval_type
  bool by_query = false;                    // its sources are asked for
  bool poisoned = false;                    // one of its sources spoils every answer
  bool left_out = false;                    // of some of its sources the first answer says nothing
  bool windowed = false;                    // its window closes while it runs, and opens again
};

const std::vector<Shape>& all_shapes();

// What harvests ask of TAP; the same for all, so that the truth is asked the same.
inline constexpr const char* kSourceTable = "gaiadr3.gaia_source";
inline constexpr const char* kOrbitTable = "gaiadr3.nss_two_body_orbit";
inline constexpr const char* kColumns = "source_id, ra, dec, random_index, phot_g_mean_mag";
inline constexpr const char* kBright = "phot_g_mean_mag < 12";

struct Harvest {
  const Shape* shape;
  std::string name;
  std::vector<std::string> ids;  // that it accounts for, unless of kind query
  std::set<std::string> poison;
  std::uint64_t delivered = 0;  // when it was last looked at
  bool paused = false;
};

}  // namespace garner::soak
