// MCMC_MSC (100 samples) and MCMC_GSPPHOT (100, or 2000 for a few): one row a sample; RAW holds arrays and the number
// of samples.
#include <array>
#include <cmath>

#include "archive_sim/products/families.h"

namespace garner::archive_sim {
namespace {

struct Parameter {
  Field field;
  double mean, spread;  // of the sources; samples scatter by a hundredth of the spread
};

constexpr std::array<Parameter, 9> kMsc = {{
    {{"teff1", Type::Float, false, "K", "phys.temperature.effective",
      "MCMC samples for $T_{\\rm eff, 1}$ of primary from MSC"},
     5800,
     900},
    {{"teff2", Type::Float, false, "K", "phys.temperature.effective",
      "MCMC samples for $T_{\\rm eff, 2}$ of secondary from MSC"},
     5300,
     900},
    {{"logg1", Type::Float, false, "log(cm.s**-2)", "phys.gravity", "MCMC samples for $\\log g_1$ of primary from MSC"},
     4.0,
     0.5},
    {{"logg2", Type::Float, false, "log(cm.s**-2)", "phys.gravity",
      "MCMC samples for $\\log g_2$ of secondary from MSC"},
     4.5,
     0.3},
    {{"azero", Type::Float, false, "mag", "phys.absorption;em.opt", "MCMC samples for extinction $A_0$ from MSC"},
     1.3,
     0.6},
    {{"mh", Type::Float, false, "'dex'", "phys.abund.Fe", "MCMC samples for the metallicity from MSC"}, -0.2, 0.3},
    {{"distancepc", Type::Float, false, "pc", "pos.distance", "MCMC samples for distance from MSC"}, 1200, 500},
    {{"log_pos", Type::Float, false, "", "stat.probability", "MCMC samples for the log-posterior from MSC"},
     -1900,
     300},
    {{"log_lik", Type::Float, false, "", "stat.likelihood", "MCMC samples for the log-likelihood from MSC"},
     -1901,
     300},
}};

constexpr std::array<Parameter, 13> kGspphot = {{
    {{"teff", Type::Float, false, "K", "phys.temperature.effective", "MCMC samples for teff from GSP-Phot"}, 5600, 900},
    {{"azero", Type::Float, false, "mag", "phys.absorption;em.opt", "MCMC samples for extinction $A_0$ from GSP-Phot"},
     1.0,
     0.5},
    {{"logg", Type::Float, false, "log(cm.s**-2)", "phys.gravity", "MCMC samples for surface gravity from GSP-Phot"},
     4.2,
     0.4},
    {{"mh", Type::Float, false, "'dex'", "phys.abund.Fe", "MCMC samples for the metallicity from GSP-Phot"}, -0.3, 0.4},
    {{"ag", Type::Float, false, "mag", "phys.absorption;em.opt", "MCMC samples for extinction in G band from GSP-Phot"},
     0.9,
     0.4},
    {{"mg", Type::Float, false, "mag", "phys.magAbs;em.opt", "MCMC samples for absolute magnitude in G from GSP-Phot"},
     4.5,
     1.5},
    {{"distancepc", Type::Float, false, "pc", "pos.distance", "MCMC samples for distance from GSP-Phot"}, 1500, 600},
    {{"abp", Type::Float, false, "mag", "phys.absorption;em.opt.B",
      "MCMC samples for extinction in BP band from GSP-Phot"},
     1.1,
     0.5},
    {{"arp", Type::Float, false, "mag", "phys.absorption;em.opt.R",
      "MCMC samples for extinction in RP band from GSP-Phot"},
     0.7,
     0.3},
    {{"ebpminrp", Type::Float, false, "mag", "phot.color.excess", "MCMC samples for reddening from GSP-Phot"},
     0.4,
     0.2},
    {{"radius", Type::Float, false, "solRad", "phys.size.radius", "MCMC samples for radius from GSP-Phot"}, 1.2, 0.4},
    {{"log_pos", Type::Float, false, "", "stat.probability", "MCMC samples for the log-posterior from GSP-Phot"},
     -2100,
     300},
    {{"log_lik", Type::Float, false, "", "stat.likelihood", "MCMC samples for the log-likelihood from GSP-Phot"},
     -2101,
     300},
}};

constexpr std::int64_t kMscSolution = 8013174454512009251;
constexpr std::int64_t kGspphotSolution = 5210876291482779648;

// The chain of one parameter.
std::vector<double> chain(const Parameter& parameter, std::size_t samples, Random random) {
  const double centre = parameter.mean + parameter.spread * random.normal();
  const double scatter = parameter.spread * 0.01;
  std::vector<double> values;
  values.reserve(samples);
  for (std::size_t i = 0; i < samples; ++i) values.push_back(centre + scatter * random.normal());
  return values;
}

template <std::size_t N>
Table samples_of(const std::array<Parameter, N>& parameters, std::string_view family, std::int64_t solution,
                 std::uint64_t id, std::size_t samples) {
  std::vector<Field> fields = {kSourceIdField, kSolutionIdField};
  fields[0].ucd = "meta.id";
  for (const Parameter& p : parameters) fields.push_back(p.field);
  Table table(fields);
  for (std::size_t i = 0; i < samples; ++i) {
    table.columns[0].add(as_long(id));
    table.columns[1].add(solution);
  }
  Random seeds = random_for(id, family);
  for (std::size_t p = 0; p < N; ++p)
    for (const double v : chain(parameters[p], samples, Random(seeds.next()))) table.columns[p + 2].add(v);
  return table;
}

template <std::size_t N, class Count>
Table arrays_of(const std::array<Parameter, N>& parameters, std::string_view family, std::int64_t solution, Ids ids,
                Count count) {
  std::vector<Field> fields = {
      kSourceIdField, kSolutionIdField,
      Field{"nsamples", Type::Short, false, "", "meta.number", "Number of samples in the chain"}};
  for (const Parameter& p : parameters) {
    fields.push_back(p.field);
    fields.back().array = true;
  }
  Table table(fields);
  for (const std::uint64_t id : ids) {
    const std::size_t samples = count(id);
    table.columns[0].add(as_long(id));
    table.columns[1].add(solution);
    table.columns[2].add(static_cast<std::int64_t>(samples));
    Random seeds = random_for(id, family);
    for (std::size_t p = 0; p < N; ++p)
      table.columns[p + 3].add_array(chain(parameters[p], samples, Random(seeds.next())));
  }
  return table;
}

std::size_t msc_samples(std::uint64_t) {
  return 100;
}
std::size_t gspphot_samples(std::uint64_t id) {
  return mix(id, hash_text("long chain")) % 100 == 0 ? 2000 : 100;
}

}  // namespace

Table mcmc_msc_individual(Ids ids, const ProductOptions&) {
  return samples_of(kMsc, "MCMC_MSC", kMscSolution, ids[0], msc_samples(ids[0]));
}
Table mcmc_msc_raw(Ids ids, const ProductOptions&) {
  return arrays_of(kMsc, "MCMC_MSC", kMscSolution, ids, msc_samples);
}

Table mcmc_gspphot_individual(Ids ids, const ProductOptions&) {
  return samples_of(kGspphot, "MCMC_GSPPHOT", kGspphotSolution, ids[0], gspphot_samples(ids[0]));
}
Table mcmc_gspphot_raw(Ids ids, const ProductOptions&) {
  return arrays_of(kGspphot, "MCMC_GSPPHOT", kGspphotSolution, ids, gspphot_samples);
}

}  // namespace garner::archive_sim
