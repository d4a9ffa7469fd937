// RVS (846 to 870 nm, 2401 samples) and XP_SAMPLED (336 to 1020 nm, 343 samples): one row a sample, or RAW with one row
// a source.
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "archive_sim/numbers.h"
#include "archive_sim/products/families.h"

namespace garner::archive_sim {
namespace {

struct Spectrum {
  std::vector<double> flux, flux_error;
};

constexpr std::size_t kRvsSamples = 2401;
constexpr std::size_t kXpSamples = 343;
constexpr std::int64_t kRvsSolution = 1635148068921376768;
constexpr std::int64_t kXpSolution = 4545469030156206080;

constexpr Field kRaField = {"ra",
                            Type::Double,
                            false,
                            "deg",
                            "pos.eq.ra",
                            "Right Ascension",
                            "Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1"};
constexpr Field kDecField = {"dec",
                             Type::Double,
                             false,
                             "deg",
                             "pos.eq.dec",
                             "Declination",
                             "Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2"};
constexpr Field kWavelength = {
    "wavelength", Type::Double, false, "nm", "em.wl", "wavelength", "spec:Data.SpectralAxis.Value"};

constexpr std::array<Field, 3> kXpFields = {
    kWavelength, Field{"flux", Type::Float, false, "W.m**-2.nm**-1", "spect", "mean BP + RP combined spectrum flux"},
    Field{"flux_error", Type::Float, false, "W.m**-2.nm**-1", "stat.error;spect",
          "mean BP + RP combined spectrum flux error"}};
constexpr std::array<Field, 6> kXpRawFields = {
    kSourceIdField,
    kSolutionIdField,
    kRaField,
    kDecField,
    Field{"flux", Type::Float, true, "W.m**-2.nm**-1", "spect", "mean BP + RP combined spectrum flux"},
    Field{"flux_error", Type::Float, true, "W.m**-2.nm**-1", "stat.error;spect",
          "mean BP + RP combined spectrum flux error"}};
constexpr std::array<Field, 3> kRvsFields = {
    kWavelength, Field{"flux", Type::Float, false, "", "spect.continuum", "normalised flux of the mean RVS spectrum"},
    Field{"flux_error", Type::Float, false, "", "stat.error;spect.continuum", "uncertainty of the normalised flux"}};
constexpr std::array<Field, 9> kRvsRawFields = {
    kSourceIdField,
    kSolutionIdField,
    kRaField,
    kDecField,
    Field{"flux", Type::Float, true, "", "spect.continuum", "normalised flux of the mean RVS spectrum"},
    Field{"flux_error", Type::Float, true, "", "stat.error;spect.continuum", "uncertainty of the normalised flux"},
    Field{"combined_transits", Type::Short, false, "", "meta.number",
          "Number of transits used to generate the mean spectrum"},
    Field{"combined_ccds", Type::Short, false, "", "meta.number", "Number of CCDs used to generate the mean spectrum"},
    Field{"deblended_ccds", Type::Short, false, "", "meta.number",
          "Number of deblended CCDs used to generate the mean spectrum"}};

// The counts that go with an RVS spectrum.
struct RvsCounts {
  std::int64_t transits, ccds, deblended;
};

RvsCounts rvs_counts(std::uint64_t id) {
  Random random = random_for(id, "RVS counts");
  const auto transits = static_cast<std::int64_t>(5 + random.below(40));
  return {transits, transits * 3, static_cast<std::int64_t>(random.below(9))};
}

// A continuum near 1 with the three lines of ionised calcium, shifted by the source's velocity, and noise.
Spectrum rvs_spectrum(std::uint64_t id) {
  Random random = random_for(id, "RVS");
  const double noise = std::exp(random.uniform(-5.0, -2.5));
  const double shift = 1.0 + random.uniform(-200.0, 200.0) / 299792.458;
  const double depth = random.uniform(0.1, 0.7);
  const double width = random.uniform(0.05, 0.3);
  const std::array<double, 3> lines = {850.035 * shift, 854.444 * shift, 866.452 * shift};
  Spectrum spectrum;
  spectrum.flux.reserve(kRvsSamples);
  spectrum.flux_error.reserve(kRvsSamples);
  for (std::size_t i = 0; i < kRvsSamples; ++i) {
    const double wavelength = 846.0 + 0.01 * static_cast<double>(i);
    double flux = 1.0;
    for (const double line : lines) {
      const double x = (wavelength - line) / width;
      flux -= depth / (1.0 + x * x);
    }
    spectrum.flux.push_back(flux + noise * random.normal());
    spectrum.flux_error.push_back(noise * (1.0 + 0.05 * random.normal()));
  }
  return spectrum;
}

Spectrum xp_spectrum(std::uint64_t id) {
  Random random = random_for(id, "XP_SAMPLED");
  const double level = std::exp(random.uniform(-40.0, -34.0));
  const double slope = random.uniform(-2.0, 2.0);
  const double noise = std::exp(random.uniform(-5.0, -2.0));
  Spectrum spectrum;
  for (std::size_t i = 0; i < kXpSamples; ++i) {
    const double x = static_cast<double>(i) / static_cast<double>(kXpSamples - 1);
    const double flux = level * (1.0 + slope * (x - 0.5) * x + 0.1 * std::sin(9.0 * x + slope));
    spectrum.flux.push_back(flux * (1.0 + noise * random.normal()));
    spectrum.flux_error.push_back(std::abs(flux) * noise * (1.0 + 0.1 * random.normal()));
  }
  return spectrum;
}

void add_common_params(Table& table, std::uint64_t id, std::int64_t solution, double start, double stop) {
  const Position p = position_of(id);
  const std::string ra = number_text(p.ra);
  const std::string dec = number_text(p.dec);
  table.params = {
      {"source_id", "long", std::to_string(id), "SOURCEID", "meta.id;meta.main", "", "", kSourceIdField.description},
      {"solution_id", "long", std::to_string(solution), "SOLUTION", "meta.version", "", "", "Solution Identifier"},
      {"spatialLocation", "double", ra + " " + dec, "POS", "pos.eq", "deg",
       "spec:Char.SpatialAxis.Coverage.Location.Value", "Right Ascension and Declination", "2",
       fmt::format("({}, {})", ra, dec)},
      {"TimeAxisCoverageLocation", "double", "2016.0", "REFEPOCH", "time.epoch", "yr",
       "spec:Char.TimeAxis.Coverage.Location.Value", "Reference Epoch"},
      {"TimeAxisCoverageBoundsExtent", "double", "2.83", "EPOCHEXT", "time.duration", "yr",
       "spec:Char.TimeAxis.Coverage.Bounds.Extent", "Total elapsed time"},
      {"spectralAccuracyStatError", "double", "0.0", "WAVEERRO", "stat.error;em.wl", "nm",
       "spec:Char.SpectralAxis.Accuracy.StatError", "Spectral coordinate measurement error"},
      {"spectralLocation", "double", "0.0", "SPECTRAL", "em.wl;instr.bandpass", "nm",
       "spec:Char.SpectralAxis.Coverage.Location.Value", "Spectral coordinate value"},
      {"spectralCoverageBoundsExtent", "double", number_text(stop - start), "WAVEEXTE", "instr.bandwidth", "nm",
       "spec:Char.SpectralAxis.Coverage.Bounds.Extent", "Spectral bandwidth"},
      {"spectralCoverageBoundsStart", "double", number_text(start), "WAVESTAR", "em.wl;stat.min", "nm",
       "spec:Char.SpectralAxis.Coverage.Bounds.Start", "Spectral coordinate start"},
      {"spectralCoverageBoundsStop", "double", number_text(stop), "WAVEEND", "em.wl;stat.max", "nm",
       "spec:Char.SpectralAxis.Coverage.Bounds.Stop", "Spectral coordinate end"},
      {"SpatialExtent", "double", "5.8932666E-4", "APERTURE", "instr.fov", "deg",
       "spec:Spectrum.Char.SpatialAxis.Coverage.Bounds.Extent", "Spectrum aperture: nominal across-scan window size"},
      {"DataModel", "char", "Spectrum 1.01", "DATAMODE", "", "", "spec:Spectrum.DataModel",
       "Datamodel name and version.", "13"},
      {"Publisher", "char", "ESA/Gaia/DPAC", "PUBLISHE", "meta.curation", "", "spec:Curation.Publisher",
       "Dataset publisher", "13"},
      {"Title", "char", "Spectrum", "TITLE", "meta.title;meta.dataset", "", "spec:DataID.Title", "Dataset title", "8"},
      {"SpectralAxisUcd", "char", "em.wl", "SPECTRAL", "meta.ucd", "", "spec:Spectrum.Char.SpectralAxis.Ucd",
       "Spectral coordinate UCD", "5"},
      {"SpectralAxisUnit", "char", "nm", "SPECTRAL", "meta.unit", "nm", "spec:Spectrum.Char.SpectralAxis.Unit",
       "Spectral coordinate unit", "2"},
  };
  table.csv_prefix = {
      {"source_id", std::to_string(id)}, {"solution_id", std::to_string(solution)}, {"ra", ra}, {"dec", dec}};
}

// `arraysize`: the length of `ucd`.
void add_flux_params(Table& table, std::string_view ucd, std::string_view arraysize, std::string_view unit) {
  table.params.push_back({"FluxAxisUcd", "char", std::string(ucd), "FLUXAXIS", "meta.ucd", "",
                          "spec:Spectrum.Char.FluxAxis.Ucd", "Flux coordinate UCD", arraysize});
  table.params.push_back({"FluxAxisUnit", "char", "Flux value", "FLUXAXIS", "meta.unit", unit,
                          "spec:Spectrum.Char.FluxAxis.Unit", "Flux coordinate unit", "10"});
}

void add_samples(Table& table, const Spectrum& spectrum, double start, double step) {
  for (std::size_t i = 0; i < spectrum.flux.size(); ++i) {
    table.columns[0].add(start + step * static_cast<double>(i));
    table.columns[1].add(spectrum.flux[i]);
    table.columns[2].add(spectrum.flux_error[i]);
  }
}

void add_raw_row(Table& table, std::uint64_t id, std::int64_t solution, const Spectrum& spectrum) {
  const Position p = position_of(id);
  table.columns[0].add(as_long(id));
  table.columns[1].add(solution);
  table.columns[2].add(p.ra);
  table.columns[3].add(p.dec);
  table.columns[4].add_array(spectrum.flux);
  table.columns[5].add_array(spectrum.flux_error);
}

std::int64_t xp_solution(std::uint64_t id) {
  return kXpSolution + static_cast<std::int64_t>(mix(id) & 1);
}

}  // namespace

Table rvs_individual(Ids ids, const ProductOptions&) {
  Table table(kRvsFields);
  add_common_params(table, ids[0], kRvsSolution, 846.0, 870.0);
  add_flux_params(table, "spect.continuum", "15", "");
  const RvsCounts counts = rvs_counts(ids[0]);
  table.params.push_back({"combined_transits", "short", std::to_string(counts.transits), "NTRANSIT", "meta.number", "",
                          "", kRvsRawFields[6].description});
  table.params.push_back({"combined_ccds", "short", std::to_string(counts.ccds), "NCCDS", "meta.number", "", "",
                          kRvsRawFields[7].description});
  table.params.push_back({"deblended_ccds", "short", std::to_string(counts.deblended), "NDEBLEND", "meta.number", "",
                          "", kRvsRawFields[8].description});
  add_samples(table, rvs_spectrum(ids[0]), 846.0, 0.01);
  return table;
}

Table rvs_raw(Ids ids, const ProductOptions&) {
  Table table(kRvsRawFields);
  for (const std::uint64_t id : ids) {
    add_raw_row(table, id, kRvsSolution, rvs_spectrum(id));
    const RvsCounts counts = rvs_counts(id);
    table.columns[6].add(counts.transits);
    table.columns[7].add(counts.ccds);
    table.columns[8].add(counts.deblended);
  }
  return table;
}

Table xp_sampled_individual(Ids ids, const ProductOptions&) {
  Table table(kXpFields);
  add_common_params(table, ids[0], xp_solution(ids[0]), 336.0, 1020.0);
  add_flux_params(table, "phot.fluence;em.wl", "18", "W.m**-2.nm**-1");
  add_samples(table, xp_spectrum(ids[0]), 336.0, 2.0);
  return table;
}

Table xp_sampled_raw(Ids ids, const ProductOptions&) {
  Table table(kXpRawFields);
  for (const std::uint64_t id : ids) add_raw_row(table, id, xp_solution(id), xp_spectrum(id));
  return table;
}

}  // namespace garner::archive_sim
