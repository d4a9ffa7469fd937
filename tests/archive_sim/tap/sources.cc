#include "archive_sim/tap/sources.h"

#include <algorithm>

#include <fmt/format.h>

#include "archive_sim/products/families.h"

namespace garner::archive_sim {
namespace {

using adql::Value;

enum Column : std::size_t {
  kSolutionId,
  kDesignation,
  kSourceId,
  kRandomIndex,
  kRefEpoch,
  kRa,
  kDec,
  kParallax,
  kParallaxError,
  kPmra,
  kPmdec,
  kNObsAl,
  kRuwe,
  kGMag,
  kBpRp,
  kRadialVelocity,
  kVariableFlag,
  kHasXpContinuous,
  kHasXpSampled,
  kHasRvs,
  kHasEpochPhotometry,
  kHasGspphot,
  kHasMsc,
};

constexpr std::int64_t kSolution = 1'636'148'068'921'376'768;
constexpr std::string_view kProductOf[] = {"XP_CONTINUOUS",    "XP_SAMPLED",   "RVS",
                                           "EPOCH_PHOTOMETRY", "MCMC_GSPPHOT", "MCMC_MSC"};

Field field(std::string_view name, Type type, std::string_view unit, std::string_view ucd, std::string_view description,
            std::string_view utype = {}, std::string_view id = {}) {
  return {name, type, false, unit, ucd, description, utype, id};
}

std::vector<Field> source_fields() {
  return {
      field("solution_id", Type::Long, "", "meta.version", "Solution Identifier"),
      field("designation", Type::Text, "", "meta.id;meta.main",
            "Unique source designation (unique across all Data Releases)", "", "DESIGNATION"),
      field("source_id", Type::Long, "", "meta.id",
            "Unique source identifier (unique within a particular Data Release)", "", "SOURCE_ID"),
      field("random_index", Type::Long, "", "meta.code", "Random index for use when selecting subsets"),
      field("ref_epoch", Type::Double, "yr", "meta.ref;time.epoch", "Reference epoch",
            "stc:AstroCoords.Time.TimeInstant"),
      field("ra", Type::Double, "deg", "pos.eq.ra;meta.main", "Right ascension",
            "stc:AstroCoords.Position3D.Value3.C1"),
      field("dec", Type::Double, "deg", "pos.eq.dec;meta.main", "Declination", "stc:AstroCoords.Position3D.Value3.C2"),
      field("parallax", Type::Double, "mas", "pos.parallax.trig", "Parallax"),
      field("parallax_error", Type::Float, "mas", "stat.error;pos.parallax.trig", "Standard error of parallax"),
      field("pmra", Type::Double, "mas.yr**-1", "pos.pm;pos.eq.ra", "Proper motion in right ascension direction",
            "stc:AstroCoords.Velocity3D.Value3.C1"),
      field("pmdec", Type::Double, "mas.yr**-1", "pos.pm;pos.eq.dec", "Proper motion in declination direction",
            "stc:AstroCoords.Velocity3D.Value3.C2"),
      field("astrometric_n_obs_al", Type::Short, "", "meta.number",
            "Total number of observations in the along-scan (AL) direction"),
      field("ruwe", Type::Float, "", "stat.error", "Renormalised unit weight error"),
      field("phot_g_mean_mag", Type::Float, "mag", "phot.mag;em.opt", "G-band mean magnitude"),
      field("bp_rp", Type::Float, "mag", "phot.color;em.opt.B;em.opt.R", "BP - RP colour"),
      field("radial_velocity", Type::Float, "km.s**-1", "spect.dopplerVeloc.opt;em.opt.I", "Radial velocity",
            "stc:AstroCoords.Velocity3D.Value3.C3"),
      field("phot_variable_flag", Type::Text, "", "meta.code;src.var", "Photometric variability flag"),
      field("has_xp_continuous", Type::Bool, "", "meta.code.status",
            "Flag indicating the availability of mean BP/RP spectrum in continuous representation for this source"),
      field("has_xp_sampled", Type::Bool, "", "meta.code.status",
            "Flag indicating the availability of mean BP/RP spectrum in sampled form for this source"),
      field("has_rvs", Type::Bool, "", "meta.code.status",
            "Flag indicating the availability of mean RVS spectrum for this source"),
      field("has_epoch_photometry", Type::Bool, "", "meta.code.status",
            "Flag indicating the availability of epoch photometry for this source"),
      field("has_mcmc_gspphot", Type::Bool, "", "meta.code.status",
            "Flag indicating the availability of GSP-Phot MCMC samples for this source"),
      field("has_mcmc_msc", Type::Bool, "", "meta.code.status",
            "Flag indicating the availability of MSC MCMC samples for this source"),
  };
}

Value rounded(double v) {
  return Value::of(static_cast<double>(static_cast<float>(v)));
}

class GaiaSource final : public adql::Relation {
 public:
  GaiaSource(SourceIds ids, const Knobs& knobs) : ids_(std::move(ids)), knobs_(knobs), fields_(source_fields()) {
    by_random_index_.reserve(ids_->size());
    for (std::size_t row = 0; row < ids_->size(); ++row)
      if (const Value v = random_index((*ids_)[row]); !v.is_null())
        by_random_index_.emplace_back(static_cast<std::uint32_t>(v.integer), static_cast<std::uint32_t>(row));
    std::ranges::sort(by_random_index_);
  }

  const std::vector<Field>& fields() const override { return fields_; }
  std::size_t rows() const override { return ids_->size(); }

  Value cell(std::size_t row, std::size_t column) const override {
    const std::uint64_t id = (*ids_)[row];
    if (column >= kHasXpContinuous) {
      const std::string_view product = kProductOf[column - kHasXpContinuous];
      return Value::of(!is_absent(id, product, knobs_.seed, knobs_.absent_fraction_of(product)));
    }
    if (column >= kParallax && column <= kRuwe && column != kNObsAl && two_parameters(id)) return {};
    const double u = unit_interval(mix(mix(id, hash_text("gaia_source")), column));
    switch (column) {
      case kSolutionId:
        return Value::of(kSolution);
      case kDesignation:
        return Value::of(fmt::format("Gaia DR3 {}", id));
      case kSourceId:
        return Value::of(as_long(id));
      case kRandomIndex:
        return random_index(id);
      case kRefEpoch:
        return Value::of(2016.0);
      case kRa:
        return Value::of(position_of(id).ra);
      case kDec:
        return Value::of(position_of(id).dec);
      case kParallax:
        return Value::of(20 * u * u * u - 0.5);
      case kParallaxError:
        return rounded(0.01 + u);
      case kPmra:
      case kPmdec:
        return Value::of((u - 0.5) * 40);
      case kNObsAl:
        return Value::of(std::int64_t{40} + static_cast<std::int64_t>(u * 900));
      case kRuwe:
        return rounded(0.8 + u * u * u * 3);
      case kGMag:
        return u < 0.001 ? Value{} : rounded(8 + 13 * (1 - (1 - u) * (1 - u)));
      case kBpRp:
        return u < 0.01 ? Value{} : rounded(4 * u - 0.4);
      case kRadialVelocity:
        return u < 0.7 ? Value{} : rounded((u - 0.85) * 800);
      default:
        return Value::of(std::string(u < 0.9 ? "NOT_AVAILABLE" : "VARIABLE"));
    }
  }

  std::optional<std::vector<std::uint32_t>> rows_between(std::size_t column, std::int64_t low,
                                                         std::int64_t high) const override {
    std::vector<std::uint32_t> out;
    if (column == kSourceId) {
      if (high < 0 || low > high) return out;
      const auto first = std::ranges::lower_bound(*ids_, static_cast<std::uint64_t>(std::max<std::int64_t>(low, 0)));
      const auto last = std::ranges::upper_bound(*ids_, static_cast<std::uint64_t>(high));
      for (auto it = first; it < last; ++it) out.push_back(static_cast<std::uint32_t>(it - ids_->begin()));
      return out;
    }
    if (column != kRandomIndex) return std::nullopt;
    const auto at = [](const auto& pair) { return static_cast<std::int64_t>(pair.first); };
    const auto first = std::ranges::lower_bound(by_random_index_, low, {}, at);
    const auto last = std::ranges::upper_bound(by_random_index_, high, {}, at);
    for (auto it = first; it < last; ++it) out.push_back(it->second);
    std::ranges::sort(out);
    return out;
  }

 private:
  // Spread over the range of the real column; not quite distinct, which the real ones are.
  Value random_index(std::uint64_t id) const {
    if (knobs_.sky_null_random_index > 0 &&
        unit_interval(mix(id, hash_text("no random_index"))) < knobs_.sky_null_random_index)
      return {};
    return Value::of(static_cast<std::int64_t>(mix(id, hash_text("random_index")) %
                                               static_cast<std::uint64_t>(kLastRandomIndex + 1)));
  }
  // A solution of position only: no parallax, no proper motion.
  static bool two_parameters(std::uint64_t id) { return unit_interval(mix(id, hash_text("solution"))) < 0.1; }

  SourceIds ids_;
  Knobs knobs_;
  std::vector<Field> fields_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> by_random_index_;  // its value, row
};

class Orbits final : public adql::Relation {
 public:
  explicit Orbits(const SourceIds& ids)
      : fields_{field("solution_id", Type::Long, "", "meta.version", "Solution Identifier"),
                field("source_id", Type::Long, "", "meta.id;meta.main", "Source Identifier", "", "SOURCE_ID"),
                field("nss_solution_type", Type::Text, "", "meta.code.class", "NSS model adopted"),
                field("period", Type::Double, "d", "time.period", "Period"),
                field("eccentricity", Type::Double, "", "src.orbital.eccentricity", "Eccentricity")} {
    for (const std::uint64_t id : *ids) {
      const std::uint64_t dice = mix(id, hash_text("orbits"));
      if (dice % 10 != 0) continue;
      for (std::uint64_t k = 0; k <= dice / 10 % 3; ++k) rows_.emplace_back(id, k);
    }
  }

  const std::vector<Field>& fields() const override { return fields_; }
  std::size_t rows() const override { return rows_.size(); }

  Value cell(std::size_t row, std::size_t column) const override {
    static constexpr const char* kTypes[] = {"Orbital", "SB1", "AstroSpectroSB1"};
    const auto& [id, k] = rows_[row];
    const double u = unit_interval(mix(mix(id, hash_text("orbit")), column * 3 + k));
    if (column == 0) return Value::of(kSolution + 2);
    if (column == 1) return Value::of(as_long(id));
    if (column == 2) return Value::of(std::string(kTypes[k]));
    return Value::of(column == 3 ? 0.3 + u * 1500 : u * 0.9);
  }

  std::optional<std::vector<std::uint32_t>> rows_between(std::size_t column, std::int64_t low,
                                                         std::int64_t high) const override {
    if (column != 1) return std::nullopt;
    std::vector<std::uint32_t> out;
    const auto id_of = [](const auto& pair) { return as_long(pair.first); };
    const auto first = std::ranges::lower_bound(rows_, low, {}, id_of);
    const auto last = std::ranges::upper_bound(rows_, high, {}, id_of);
    for (auto it = first; it < last; ++it) out.push_back(static_cast<std::uint32_t>(it - rows_.begin()));
    return out;
  }

 private:
  std::vector<Field> fields_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> rows_;  // source_id, number of the solution
};

}  // namespace

adql::RelationPtr gaia_source(SourceIds ids, const Knobs& knobs) {
  return std::make_shared<GaiaSource>(std::move(ids), knobs);
}

adql::RelationPtr nss_two_body_orbit(SourceIds ids) {
  return std::make_shared<Orbits>(ids);
}

}  // namespace garner::archive_sim
