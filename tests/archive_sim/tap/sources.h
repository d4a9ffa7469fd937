// gaiadr3.gaia_source (23 of its 152 columns) and gaiadr3.nss_two_body_orbit (a table with none, one or several rows a
// source) as functions of the source_id.
#pragma once

#include <memory>
#include <vector>

#include "archive_sim/adql/relation.h"
#include "archive_sim/knobs.h"

namespace garner::archive_sim {

using SourceIds = std::shared_ptr<const std::vector<std::uint64_t>>;  // ascending

inline constexpr std::int64_t kLastRandomIndex = 1'811'709'770;

adql::RelationPtr gaia_source(SourceIds ids, const Knobs& knobs);
adql::RelationPtr nss_two_body_orbit(SourceIds ids);

}  // namespace garner::archive_sim
