// One pair of functions a family of products; products.cc maps releases and retrieval_types to them.
#pragma once

#include <cstdint>
#include <span>

#include "archive_sim/products/products.h"
#include "archive_sim/random.h"
#include "archive_sim/table.h"

namespace garner::archive_sim {

using Ids = std::span<const std::uint64_t>;

inline constexpr Field kSourceIdField = {
    "source_id", Type::Long,          false,
    "",          "meta.id;meta.main", "Unique source identifier (unique within a particular Data Release)"};
inline constexpr Field kSolutionIdField = {"solution_id", Type::Long, false, "", "meta.version", "Solution Identifier"};

inline std::int64_t as_long(std::uint64_t id) {
  return static_cast<std::int64_t>(id);
}
inline Random random_for(std::uint64_t id, std::string_view family) {
  return Random(mix(id, hash_text(family)));
}

// An invented place on the sky, the same in every product of a source.
struct Position {
  double ra, dec;
};
Position position_of(std::uint64_t id);

Table rvs_individual(Ids ids, const ProductOptions& options);
Table rvs_raw(Ids ids, const ProductOptions& options);
Table xp_sampled_individual(Ids ids, const ProductOptions& options);
Table xp_sampled_raw(Ids ids, const ProductOptions& options);
Table xp_continuous(Ids ids, const ProductOptions& options);
Table mcmc_msc_individual(Ids ids, const ProductOptions& options);
Table mcmc_msc_raw(Ids ids, const ProductOptions& options);
Table mcmc_gspphot_individual(Ids ids, const ProductOptions& options);
Table mcmc_gspphot_raw(Ids ids, const ProductOptions& options);
Table epoch_photometry_individual(Ids ids, const ProductOptions& options);
Table epoch_photometry_raw(Ids ids, const ProductOptions& options);
Table epoch_photometry_dr2(Ids ids, const ProductOptions& options);
Table epoch_astrometry(Ids ids, const ProductOptions& options);

}  // namespace garner::archive_sim
