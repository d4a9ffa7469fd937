#include "real_server/sources.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "archive_sim/ids.h"
#include "archive_sim/knobs.h"
#include "archive_sim/tap/sources.h"

namespace garner::real_server {

namespace {

// As q.rd has them: every type, and columns with nulls of each type but Boolean.
constexpr std::array<std::string_view, 16> kColumns = {"source_id",
                                                       "designation",
                                                       "random_index",
                                                       "ra",
                                                       "dec",
                                                       "parallax",
                                                       "parallax_error",
                                                       "pmra",
                                                       "pmdec",
                                                       "astrometric_n_obs_al",
                                                       "ruwe",
                                                       "phot_g_mean_mag",
                                                       "bp_rp",
                                                       "radial_velocity",
                                                       "phot_variable_flag",
                                                       "has_rvs"};

std::size_t position(const std::vector<archive_sim::Field>& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &archive_sim::Field::name);
  if (found == fields.end()) std::abort();
  return static_cast<std::size_t>(found - fields.begin());
}

}  // namespace

Sources::Sources() {
  archive_sim::Knobs knobs;
  knobs.absent_fraction = 0.3;  // has_rvs is false for these
  knobs.sky_null_random_index = 0.002;
  auto ids = std::make_shared<std::vector<std::uint64_t>>();
  archive_sim::each_sorted_id({kSources, 1, 0}, [&](std::uint64_t id) { ids->push_back(id); });
  relation_ = archive_sim::gaia_source(std::move(ids), knobs);
  for (const std::string_view name : kColumns) {
    column_of_.push_back(position(relation_->fields(), name));
    fields_.push_back(relation_->fields()[column_of_.back()]);
  }
}

std::size_t Sources::column(std::string_view name) const {
  return position(fields_, name);
}

}  // namespace garner::real_server
