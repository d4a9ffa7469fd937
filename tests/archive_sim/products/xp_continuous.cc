// XP_CONTINUOUS: one row a source, 26 columns, in both structures. A share of the sources lacks its BP half.
#include <array>
#include <cmath>

#include "archive_sim/products/families.h"

namespace garner::archive_sim {
namespace {

constexpr std::size_t kBases = 55;
constexpr std::size_t kCorrelations = 1485;
constexpr std::size_t kHalf = 12;  // columns of one photometer

constexpr std::array<Field, 2 + 2 * kHalf> kFields = {
    kSourceIdField,
    kSolutionIdField,
    Field{"bp_basis_function_id", Type::Short, false, "", "meta.id",
          "Identifier defining the set of basis functions for the BP spectrum representation"},
    Field{"bp_degrees_of_freedom", Type::Short, false, "", "stat.fit.dof",
          "Degrees of freedom for the BP spectrum representation"},
    Field{"bp_n_parameters", Type::Short, false, "", "stat.fit.param",
          "Number of parameters for the BP spectrum representation"},
    Field{"bp_n_measurements", Type::Short, false, "", "meta.number",
          "Number of measurements used for the BP spectrum generation"},
    Field{"bp_n_rejected_measurements", Type::Short, false, "", "meta.number",
          "Number of rejected measurements in the BP spectrum generation"},
    Field{"bp_standard_deviation", Type::Float, false, "", "stat.stdev",
          "Standard deviation for the BP spectrum representation"},
    Field{"bp_chi_squared", Type::Float, false, "", "stat.fit.chi2", "Chi squared for the BP spectrum representation"},
    Field{"bp_coefficients", Type::Double, true, "", "stat.fit.param",
          "Basis function coefficients for the BP spectrum representation"},
    Field{"bp_coefficient_errors", Type::Float, true, "", "stat.error",
          "Basis function coefficient errors for the BP spectrum representation"},
    Field{"bp_coefficient_correlations", Type::Float, true, "", "stat.correlation",
          "Correlation matrix for BP coefficients"},
    Field{"bp_n_relevant_bases", Type::Short, false, "", "meta.number",
          "Number of bases that are relevant for the representation of this mean BP spectrum"},
    Field{"bp_relative_shrinking", Type::Float, false, "", "stat.fit.param",
          "Measure of the relative shrinking of the coefficient vector when truncation is applied for the mean BP "
          "spectrum"},
    Field{"rp_basis_function_id", Type::Short, false, "", "meta.id",
          "Identifier defining the set of basis functions for the RP spectrum representation"},
    Field{"rp_degrees_of_freedom", Type::Short, false, "", "stat.fit.dof",
          "Degrees of freedom for the RP spectrum representation"},
    Field{"rp_n_parameters", Type::Short, false, "", "stat.fit.param",
          "Number of parameters for the RP spectrum representation"},
    Field{"rp_n_measurements", Type::Short, false, "", "meta.number",
          "Number of measurements used for the RP spectrum generation"},
    Field{"rp_n_rejected_measurements", Type::Short, false, "", "meta.number",
          "Number of rejected measurements in the RP spectrum generation"},
    Field{"rp_standard_deviation", Type::Float, false, "", "stat.stdev",
          "Standard deviation for the RP spectrum representation"},
    Field{"rp_chi_squared", Type::Float, false, "", "stat.fit.chi2", "Chi squared for the RP spectrum representation"},
    Field{"rp_coefficients", Type::Double, true, "", "stat.fit.param",
          "Basis function coefficients for the RP spectrum representation"},
    Field{"rp_coefficient_errors", Type::Float, true, "", "stat.error",
          "Basis function coefficient errors for the RP spectrum representation"},
    Field{"rp_coefficient_correlations", Type::Float, true, "", "stat.correlation",
          "Correlation matrix for RP coefficients"},
    Field{"rp_n_relevant_bases", Type::Short, false, "", "meta.number",
          "Number of bases that are relevant for the representation of this mean RP spectrum"},
    Field{"rp_relative_shrinking", Type::Float, false, "", "stat.fit.param",
          "Measure of the relative shrinking of the coefficient vector when truncation is applied for the mean RP "
          "spectrum"},
};

void add_half(Table& table, std::size_t first, Random random, std::int64_t basis) {
  const auto measurements = static_cast<std::int64_t>(500 + random.below(4000));
  const auto degrees = measurements - static_cast<std::int64_t>(kBases);
  const double deviation = random.uniform(0.95, 1.4);
  std::vector<double> coefficients, errors, correlations;
  double scale = std::exp(random.uniform(4.0, 11.0));
  const double error = scale * 0.002;
  for (std::size_t i = 0; i < kBases; ++i, scale *= 0.83) {
    coefficients.push_back(scale * random.normal());
    errors.push_back(error * random.uniform(0.2, 1.0));
  }
  for (std::size_t i = 0; i < kCorrelations; ++i) correlations.push_back(0.25 * random.normal());
  auto& c = table.columns;
  c[first].add(basis);
  c[first + 1].add(degrees);
  c[first + 2].add(static_cast<std::int64_t>(kBases));
  c[first + 3].add(measurements);
  c[first + 4].add(static_cast<std::int64_t>(random.below(30)));
  c[first + 5].add(deviation);
  c[first + 6].add(static_cast<double>(degrees) * deviation * deviation);
  c[first + 7].add_array(coefficients);
  c[first + 8].add_array(errors);
  c[first + 9].add_array(correlations);
  c[first + 10].add(static_cast<std::int64_t>(3 + random.below(50)));
  c[first + 11].add(1.0 - 1e-4 * random.uniform());
}

}  // namespace

Table xp_continuous(Ids ids, const ProductOptions& options) {
  Table table(kFields);
  for (const std::uint64_t id : ids) {
    table.columns[0].add(as_long(id));
    table.columns[1].add(std::int64_t{4545469030156206080} + static_cast<std::int64_t>(mix(id) & 1));
    const bool half = unit_interval(mix(id, hash_text("half null XP"))) < options.half_null_xp;
    if (half)
      for (std::size_t c = 2; c < 2 + kHalf; ++c) table.columns[c].add_null();
    else
      add_half(table, 2, random_for(id, "BP"), 56);
    add_half(table, 2 + kHalf, random_for(id, "RP"), 57);
  }
  return table;
}

}  // namespace garner::archive_sim
