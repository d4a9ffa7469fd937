// EPOCH_ASTROMETRY of DR4, after the shape of its pre-release: 62 to 115 rows (transits) a source in both structures,
// 37 columns of which 16 are arrays over the ten CCDs and two are empty arrays. The column names are invented where the
// draft names none.
#include <array>

#include "archive_sim/products/families.h"

namespace garner::archive_sim {
namespace {

constexpr std::size_t kCcds = 10;

constexpr std::array<Field, 37> kFields = {
    kSolutionIdField,
    kSourceIdField,
    Field{"transit_id", Type::Long, false, "", "meta.version", "Transit unique identifier"},
    Field{"obs_time_tcb", Type::Long, false, "ns", "time.epoch", "Observing time in TCB from JD 2455197.5"},
    Field{"parallax_factor_al", Type::Double, false, "", "", "Along-scan parallax factor"},
    Field{"parallax_factor_ac", Type::Double, false, "", "", "Across-scan parallax factor"},
    Field{"scan_pos_angle", Type::Double, false, "deg", "pos.posAng", "Position angle of the scanning direction"},
    Field{"ra_reference", Type::Double, false, "deg", "pos.eq.ra", "Right ascension of the reference point"},
    Field{"dec_reference", Type::Double, false, "deg", "pos.eq.dec", "Declination of the reference point"},
    Field{"attitude_offset_al", Type::Double, false, "mas", "", "Along-scan offset of the attitude"},
    Field{"attitude_offset_ac", Type::Double, false, "mas", "", "Across-scan offset of the attitude"},
    Field{"fov", Type::Short, false, "", "", "Field of view, 1 preceding, 2 following"},
    Field{"ccd_row", Type::Short, false, "", "", "Row of the focal plane"},
    Field{"n_ccd_used", Type::Short, false, "", "meta.number", "Number of CCD observations used"},
    Field{"window_class", Type::Short, false, "", "", "Class of the window"},
    Field{"g_transit_mag", Type::Float, false, "mag", "phot.mag;em.opt", "G magnitude of the transit"},
    Field{"excess_noise", Type::Float, false, "mas", "", "Excess noise of the transit"},
    Field{"used_in_solution", Type::Bool, false, "", "", "Whether the transit was used"},
    Field{"is_outlier", Type::Bool, false, "", "", "Whether the transit is an outlier"},
    Field{"centroid_pos_al", Type::Double, true, "mas", "", "Along-scan position"},
    Field{"centroid_pos_ac", Type::Double, true, "mas", "", "Across-scan position"},
    Field{"ccd_time_offset", Type::Double, true, "ns", "", "Time of the CCD observation from the transit's"},
    Field{"calibration_al", Type::Double, true, "mas", "", "Along-scan calibration"},
    Field{"calibration_ac", Type::Double, true, "mas", "", "Across-scan calibration"},
    Field{"centroid_pos_error_al", Type::Float, true, "mas", "", "Along-scan position error"},
    Field{"centroid_pos_error_ac", Type::Float, true, "mas", "", "Across-scan position error"},
    Field{"weight_al", Type::Float, true, "", "", "Weight of the observation"},
    Field{"residual_al", Type::Float, true, "mas", "", "Residual of the observation"},
    Field{"ccd_flux", Type::Float, true, "", "phot.flux", "Flux of the CCD observation"},
    Field{"ccd_used", Type::Bool, true, "", "", "Whether the CCD observation was used"},
    Field{"ccd_outlier", Type::Bool, true, "", "", "Whether the CCD observation is an outlier"},
    Field{"ccd_gated", Type::Bool, true, "", "", "Whether a gate was active"},
    Field{"ccd_saturated", Type::Bool, true, "", "", "Whether pixels were saturated"},
    Field{"ccd_truncated", Type::Bool, true, "", "", "Whether the window was truncated"},
    Field{"ccd_blended", Type::Bool, true, "", "", "Whether the window was blended"},
    Field{"spare_real", Type::Double, true, "", "", "Not filled"},
    Field{"spare_flag", Type::Bool, true, "", "", "Not filled"},
};

void add_transit(Table& table, std::uint64_t id, std::int64_t transit_id, std::int64_t time_ns, Random& random) {
  const Position p = position_of(id);
  const std::array<double, 7> reals = {
      random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(0, 360), p.ra, p.dec,
      random.normal(),       random.normal()};
  const std::array<std::int64_t, 4> shorts = {static_cast<std::int64_t>(1 + random.below(2)),
                                              static_cast<std::int64_t>(1 + random.below(7)), 9,
                                              static_cast<std::int64_t>(random.below(3))};
  auto& c = table.columns;
  c[0].add(std::int64_t{4546000000000000000});
  c[1].add(as_long(id));
  c[2].add(transit_id);
  c[3].add(time_ns);
  for (std::size_t i = 0; i < reals.size(); ++i) c[4 + i].add(reals[i]);
  for (std::size_t i = 0; i < shorts.size(); ++i) c[11 + i].add(shorts[i]);
  c[15].add(random.uniform(11, 18));
  c[16].add(random.uniform(0, 0.3));
  c[17].add(std::int64_t{random.below(30) != 0});
  c[18].add(std::int64_t{random.below(30) == 0});
  for (std::size_t i = 19; i < 29; ++i) {
    std::array<double, kCcds> values{};
    for (double& v : values) v = random.normal() * 100.0;
    c[i].add_array(values);
  }
  for (std::size_t i = 29; i < 35; ++i) {
    std::array<std::int64_t, kCcds> flags{};
    for (std::int64_t& f : flags) f = random.below(20) == 0 ? 1 : 0;
    c[i].add_array(flags);
  }
  c[35].add_array(std::span<const double>{});
  c[36].add_array(std::span<const std::int64_t>{});
}

}  // namespace

Table epoch_astrometry(Ids ids, const ProductOptions&) {
  Table table(kFields);
  for (const std::uint64_t id : ids) {
    Random random = random_for(id, "EPOCH_ASTROMETRY");
    const std::uint64_t transits = 62 + random.below(54);
    std::int64_t transit_id = 17'000'000'000'000'000;
    std::int64_t time_ns = 145'000'000'000'000'000;
    for (std::uint64_t i = 0; i < transits; ++i) {
      transit_id += static_cast<std::int64_t>(1'000'000'000 + random.below(90'000'000'000'000));
      time_ns += static_cast<std::int64_t>(6'000'000'000'000 + random.below(3'000'000'000'000'000));
      add_transit(table, id, transit_id, time_ns, random);
    }
  }
  return table;
}

}  // namespace garner::archive_sim
