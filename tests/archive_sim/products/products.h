// What the simulated archive holds: for each release and retrieval_type a table that is a pure function of the
// source_ids, after the schemas of the real archive (columns, units, shapes, sizes; the values are invented). Names
// stay text: the archive renames its types.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive_sim/table.h"

namespace garner::archive_sim {

enum class Structure { Individual, Raw };

struct ProductOptions {
  double half_null_xp = 0.0;  // share of sources whose XP_CONTINUOUS lacks its BP half
  bool valid_only = false;    // VALID_DATA=true: epoch photometry without null fluxes and rejected rows
};

// "Gaia DR4_RC3" and the like are served as "Gaia DR4". Nothing for a release that is not served at all.
std::optional<std::string> known_release(std::string_view release);

// The retrieval_types of a release, in a fixed order.
std::vector<std::string> types_of(std::string_view release);
bool serves(std::string_view release, std::string_view type);

// INDIVIDUAL wants exactly one id; RAW one or more. `release` and `type` must be served.
Table make_product(std::string_view release, std::string_view type, Structure structure,
                   std::span<const std::uint64_t> ids, const ProductOptions& options);

// A source that the archive has never heard of, whatever the type: running number 900,000 to 999,999.
bool is_unknown_source(std::uint64_t id);

// Whether the source lacks this product: decided by a hash of id, type and seed, so that tests can foretell it.
bool is_absent(std::uint64_t id, std::string_view type, std::uint64_t seed, double absent_fraction);

// Whether only users see the source's products: decided as is_absent().
bool is_private(std::uint64_t id, std::uint64_t seed, double private_fraction);

}  // namespace garner::archive_sim
