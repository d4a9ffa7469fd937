#include "archive_sim/products/products.h"

#include <algorithm>
#include <cmath>

#include "archive_sim/products/families.h"

namespace garner::archive_sim {
namespace {

struct Row {
  std::string_view release;
  std::string_view type;
  Table (*individual)(Ids, const ProductOptions&);
  Table (*raw)(Ids, const ProductOptions&);
};

constexpr Row kRows[] = {
    {"Gaia DR2", "EPOCH_PHOTOMETRY", epoch_photometry_dr2, epoch_photometry_raw},
    {"Gaia DR3", "EPOCH_PHOTOMETRY", epoch_photometry_individual, epoch_photometry_raw},
    {"Gaia DR3", "XP_CONTINUOUS", xp_continuous, xp_continuous},
    {"Gaia DR3", "XP_SAMPLED", xp_sampled_individual, xp_sampled_raw},
    {"Gaia DR3", "RVS", rvs_individual, rvs_raw},
    {"Gaia DR3", "MCMC_GSPPHOT", mcmc_gspphot_individual, mcmc_gspphot_raw},
    {"Gaia DR3", "MCMC_MSC", mcmc_msc_individual, mcmc_msc_raw},
    {"Gaia DR4", "EPOCH_PHOTOMETRY", epoch_photometry_individual, epoch_photometry_raw},
    {"Gaia DR4", "MEAN_SPECTRUM_XP", xp_continuous, xp_continuous},
    {"Gaia DR4", "MEAN_SPECTRUM_RVS", rvs_individual, rvs_raw},
    {"Gaia DR4", "MCMC_GSP_PHOT", mcmc_gspphot_individual, mcmc_gspphot_raw},
    {"Gaia DR4", "EPOCH_ASTROMETRY", epoch_astrometry, epoch_astrometry},
};

const Row* find_row(std::string_view release, std::string_view type) {
  const auto served = known_release(release);
  if (!served) return nullptr;
  const auto row = std::ranges::find_if(kRows, [&](const Row& r) { return r.release == *served && r.type == type; });
  return row == std::end(kRows) ? nullptr : &*row;
}

}  // namespace

std::optional<std::string> known_release(std::string_view release) {
  if (release == "Gaia DR2" || release == "Gaia DR3" || release == "Gaia DR4") return std::string(release);
  if (release.starts_with("Gaia DR4_")) return "Gaia DR4";
  return std::nullopt;
}

std::vector<std::string> types_of(std::string_view release) {
  std::vector<std::string> types;
  const auto served = known_release(release);
  for (const Row& row : kRows)
    if (served && row.release == *served) types.emplace_back(row.type);
  return types;
}

bool serves(std::string_view release, std::string_view type) {
  return find_row(release, type) != nullptr;
}

Table make_product(std::string_view release, std::string_view type, Structure structure,
                   std::span<const std::uint64_t> ids, const ProductOptions& options) {
  const Row* row = find_row(release, type);
  if (row == nullptr) return {};
  return structure == Structure::Raw ? row->raw(ids, options) : row->individual(ids, options);
}

bool is_unknown_source(std::uint64_t id) {
  const std::uint64_t running = (id >> 7) & 0xfffffff;
  return running >= 900'000 && running < 1'000'000;
}

bool is_absent(std::uint64_t id, std::string_view type, std::uint64_t seed, double absent_fraction) {
  return is_unknown_source(id) || unit_interval(mix(mix(id, hash_text(type)), seed)) < absent_fraction;
}

bool is_private(std::uint64_t id, std::uint64_t seed, double private_fraction) {
  return unit_interval(mix(mix(id, hash_text("private")), seed)) < private_fraction;
}

Position position_of(std::uint64_t id) {
  Random random = random_for(id, "position");
  return {random.uniform(0, 360), std::asin(random.uniform(-1, 1)) * 57.29577951308232};
}

}  // namespace garner::archive_sim
