// EPOCH_PHOTOMETRY: one row a transit (since early 2025), the long form with one row a band (DR2), and RAW with arrays.
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "archive_sim/products/families.h"

namespace garner::archive_sim {
namespace {

constexpr std::int64_t kSolution = 375316653866487564;
constexpr std::string_view kFluxUnit = "'electron'.s**-1";

struct Band {
  bool missing = false;
  double time = 0, flux = 0, error = 0, mag = 0;
  bool variability_reject = false;
  std::int64_t other_flags = 0;
};

struct Transit {
  std::int64_t transit_id = 0;
  std::array<Band, 3> bands;  // G, BP, RP
  bool rejected = false;
};

std::vector<Transit> transits_of(std::uint64_t id) {
  Random random = random_for(id, "EPOCH_PHOTOMETRY");
  const std::size_t count = 24 + random.below(37);  // about 42
  const double magnitude = random.uniform(12.0, 19.0);
  const double amplitude = random.uniform(0.02, 0.5);
  std::vector<Transit> transits(count);
  double time = 1690.0 + random.uniform(0, 20);
  std::int64_t transit_id = 17'000'000'000'000'000;
  for (Transit& t : transits) {
    time += random.uniform(0.07, 44.0);
    transit_id += static_cast<std::int64_t>(1'000'000'000 + random.below(90'000'000'000'000));
    t.transit_id = transit_id;
    t.rejected = random.below(50) == 0;
    for (std::size_t b = 0; b < 3; ++b) {
      Band& band = t.bands[b];
      band.missing = b > 0 && random.below(25) == 0;
      band.time = time + 1e-4 * static_cast<double>(b) + 1e-6 * random.uniform();
      band.mag = magnitude + (b == 1 ? 0.2 : b == 2 ? -0.3 : 0.0) + amplitude * random.normal();
      band.flux = std::pow(10.0, (25.688 - band.mag) / 2.5);
      band.error = band.flux * random.uniform(0.001, 0.004);
      band.variability_reject = band.missing;
      band.other_flags = random.below(6) == 0 ? static_cast<std::int64_t>(1U << random.below(13)) : (b == 0 ? 1 : 0);
    }
  }
  return transits;
}

bool is_valid(const Transit& t) {
  return !t.rejected && !t.bands[0].missing && !t.bands[1].missing && !t.bands[2].missing;
}

constexpr std::array<Field, 23> kFields = {
    Field{"transit_id", Type::Long, false, "", "meta.version", "Transit unique identifier"},
    Field{"g_transit_time", Type::Double, false, "d", "time.epoch", "Transit averaged G band observing time"},
    Field{"g_transit_flux", Type::Double, false, kFluxUnit, "phot.flux", "Transit averaged G band flux"},
    Field{"g_transit_flux_error", Type::Double, false, kFluxUnit, "stat.error;phot.flux",
          "Transit averaged G band flux error"},
    Field{"g_transit_flux_over_error", Type::Float, false, "", "stat.snr;phot.flux",
          "Transit averaged G band flux divided by its error"},
    Field{"g_transit_mag", Type::Double, false, "mag", "phot.mag;em.opt", "Transit averaged G band Vega magnitude"},
    Field{"bp_obs_time", Type::Double, false, "d", "time.epoch", "BP CCD transit observing time"},
    Field{"bp_flux", Type::Double, false, kFluxUnit, "phot.flux;em.opt.B", "BP band flux"},
    Field{"bp_flux_error", Type::Double, false, kFluxUnit, "stat.error;phot.flux", "BP band flux error"},
    Field{"bp_flux_over_error", Type::Float, false, "", "stat.snr;phot.flux", "BP band flux divided by its error"},
    Field{"bp_mag", Type::Double, false, "mag", "phot.mag;em.opt.B", "BP band Vega magnitude"},
    Field{"rp_obs_time", Type::Double, false, "d", "time.epoch", "RP CCD transit observing time"},
    Field{"rp_flux", Type::Double, false, kFluxUnit, "phot.flux;em.opt.R", "RP band flux"},
    Field{"rp_flux_error", Type::Double, false, kFluxUnit, "stat.error;phot.flux", "RP band flux error"},
    Field{"rp_flux_over_error", Type::Float, false, "", "stat.snr;phot.flux", "RP band flux divided by its error"},
    Field{"rp_mag", Type::Double, false, "mag", "phot.mag;em.opt.R", "RP band Vega magnitude"},
    Field{"variability_flag_g_reject", Type::Bool, false, "", "meta.code",
          "Average G transit photometry rejected by the variability processing"},
    Field{"variability_flag_bp_reject", Type::Bool, false, "", "meta.code",
          "BP CCD transit photometry rejected by the variability processing"},
    Field{"variability_flag_rp_reject", Type::Bool, false, "", "meta.code",
          "RP CCD transit photometry rejected by the variability processing"},
    Field{"g_other_flags", Type::Long, false, "", "meta.code", "Additional flags of the G band"},
    Field{"bp_other_flags", Type::Long, false, "", "meta.code", "Additional flags of the BP band"},
    Field{"rp_other_flags", Type::Long, false, "", "meta.code", "Additional flags of the RP band"},
    Field{"rejected_by_photometry", Type::Bool, false, "", "meta.code", "Rejected by the photometry processing"},
};

void add_band(Table& table, std::size_t first, const Band& band) {
  if (band.missing) {
    for (std::size_t c = first; c < first + 5; ++c) table.columns[c].add_null();
    return;
  }
  table.columns[first].add(band.time);
  table.columns[first + 1].add(band.flux);
  table.columns[first + 2].add(band.error);
  table.columns[first + 3].add(band.flux / band.error);
  table.columns[first + 4].add(band.mag);
}

void add_transit(Table& table, const Transit& t) {
  table.columns[0].add(t.transit_id);
  for (std::size_t b = 0; b < 3; ++b) {
    add_band(table, 1 + 5 * b, t.bands[b]);
    table.columns[16 + b].add(std::int64_t{t.bands[b].variability_reject});
    table.columns[19 + b].add(t.bands[b].other_flags);
  }
  table.columns[22].add(std::int64_t{t.rejected});
}

// RAW: the fields of RAW in order; the flags are one boolean array each.
const std::vector<std::string>& raw_flag_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list = {"photometry_flag_noisy_data"};
    for (const std::string_view verdict : {"unavailable", "reject"}) {
      list.push_back(fmt::format("photometry_flag_sm_{}", verdict));
      for (int i = 1; i <= 9; ++i) list.push_back(fmt::format("photometry_flag_af{}_{}", i, verdict));
      for (const std::string_view band : {"bp", "rp"})
        list.push_back(fmt::format("photometry_flag_{}_{}", band, verdict));
    }
    for (const std::string_view band : {"g", "bp", "rp"})
      list.push_back(fmt::format("variability_flag_{}_reject", band));
    return list;
  }();
  return names;
}

std::vector<Field> raw_fields() {
  std::vector<Field> fields = {kSolutionIdField, kSourceIdField,
                               Field{"n_transits", Type::Short, false, "", "meta.number", "Number of Gaia transits"}};
  for (std::size_t i = 0; i < 16; ++i) {
    fields.push_back(kFields[i]);
    fields.back().array = true;
  }
  for (const std::string& name : raw_flag_names())
    fields.push_back({name, Type::Bool, true, "", "meta.code",
                      "Rejected by DPAC photometry processing (or variability processing)"});
  return fields;
}

void add_raw_band(Table& table, std::size_t first, const std::vector<Transit>& transits, std::size_t b) {
  std::array<std::vector<double>, 5> values;
  const double nan = std::nan("");
  for (const Transit& t : transits) {
    const Band& band = t.bands[b];
    const std::array<double, 5> row = {band.time, band.flux, band.error, band.flux / band.error, band.mag};
    for (std::size_t i = 0; i < 5; ++i) values[i].push_back(band.missing ? nan : row[i]);
  }
  for (std::size_t i = 0; i < 5; ++i) table.columns[first + i].add_array(values[i]);
}

constexpr std::array<Field, 12> kLongFields = {
    kSourceIdField,
    Field{"transit_id", Type::Long, false, "", "meta.version", "Transit unique identifier"},
    Field{"band", Type::Text, false, "", "instr.bandpass", "Photometric band"},
    Field{"time", Type::Double, false, "d", "time.epoch", "Barycentric observing time"},
    Field{"mag", Type::Double, false, "mag", "phot.mag;em.opt", "Magnitude"},
    Field{"flux", Type::Double, false, kFluxUnit, "phot.flux;em.opt", "Band flux value for the transit"},
    Field{"flux_error", Type::Double, false, kFluxUnit, "stat.error;phot.flux", "Flux error"},
    Field{"flux_over_error", Type::Float, false, "", "stat.snr;phot.flux", "Band flux divided by its error"},
    Field{"rejected_by_photometry", Type::Bool, false, "", "meta.code.status",
          "Rejected by DPAC photometry processing"},
    Field{"rejected_by_variability", Type::Bool, false, "", "meta.code.status",
          "Rejected by DPAC variability processing"},
    Field{"other_flags", Type::Long, false, "", "meta.code.status", "Additional processing flags"},
    kSolutionIdField,
};

}  // namespace

Table epoch_photometry_individual(Ids ids, const ProductOptions& options) {
  Table table(kFields);
  table.params = {
      {"solution_id", "long", std::to_string(kSolution), "SOLUTION", "meta.version", "", "", "Solution Identifier"},
      {"source_id", "long", std::to_string(ids[0]), "SOURCEID", "meta.id;meta.main", "", "",
       kSourceIdField.description}};
  table.csv_prefix = {{"solution_id", std::to_string(kSolution)}, {"source_id", std::to_string(ids[0])}};
  for (const Transit& t : transits_of(ids[0]))
    if (!options.valid_only || is_valid(t)) add_transit(table, t);
  return table;
}

Table epoch_photometry_raw(Ids ids, const ProductOptions& options) {
  const std::vector<Field> fields = raw_fields();
  Table table(fields);
  for (const std::uint64_t id : ids) {
    std::vector<Transit> transits = transits_of(id);
    if (options.valid_only) std::erase_if(transits, [](const Transit& t) { return !is_valid(t); });
    table.columns[0].add(kSolution);
    table.columns[1].add(as_long(id));
    table.columns[2].add(static_cast<std::int64_t>(transits.size()));
    std::vector<std::int64_t> transit_ids;
    for (const Transit& t : transits) transit_ids.push_back(t.transit_id);
    table.columns[3].add_array(transit_ids);
    for (std::size_t b = 0; b < 3; ++b) add_raw_band(table, 4 + 5 * b, transits, b);
    Random random = random_for(id, "photometry flags");
    for (std::size_t c = 19; c < fields.size(); ++c) {
      std::vector<std::int64_t> flags;
      for (std::size_t i = 0; i < transits.size(); ++i) flags.push_back(random.below(40) == 0 ? 1 : 0);
      table.columns[c].add_array(flags);
    }
  }
  return table;
}

Table epoch_photometry_dr2(Ids ids, const ProductOptions& options) {
  static constexpr std::array<const char*, 3> kBands = {"G", "BP", "RP"};
  Table table(kLongFields);
  auto& c = table.columns;
  for (const Transit& t : transits_of(ids[0])) {
    for (std::size_t b = 0; b < 3; ++b) {
      const Band& band = t.bands[b];
      if (band.missing || (options.valid_only && t.rejected)) continue;
      c[0].add(as_long(ids[0]));
      c[1].add(t.transit_id);
      c[2].add(std::string(kBands[b]));
      c[3].add(band.time);
      c[4].add(band.mag);
      c[5].add(band.flux);
      c[6].add(band.error);
      c[7].add(band.flux / band.error);
      c[8].add(std::int64_t{t.rejected});
      c[9].add(std::int64_t{band.variability_reject});
      c[10].add(band.other_flags);
      c[11].add(kSolution);
    }
  }
  return table;
}

}  // namespace garner::archive_sim
