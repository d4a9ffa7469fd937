#include "truth.h"

#include "archive_sim/knobs.h"
#include "archive_sim/products/products.h"
#include "archive_sim/writers.h"

namespace garner::e2e {

using namespace archive_sim;

std::string true_product(const Product& product, const std::vector<std::string>& ids) {
  std::vector<std::uint64_t> numbers;
  for (const auto& id : ids) numbers.push_back(std::stoull(id));
  const bool raw = product.structure == "RAW" || product.structure == "DATAMODEL_GAIA";
  const auto table = make_product(product.release, product.type, raw ? Structure::Raw : Structure::Individual, numbers,
                                  {.half_null_xp = Knobs{}.half_null_xp, .valid_only = false});
  return write_table(table, parse_format(product.format).value());
}

std::string member_name(const Product& product, const std::string& id) {
  return fmt::format("{}-{} {}.{}", product.type, product.release, id, extension(parse_format(product.format).value()));
}

std::set<std::string> truly_absent(const std::vector<std::string>& ids, const std::string& type, double fraction,
                                   std::uint64_t seed) {
  std::set<std::string> out;
  for (const auto& id : ids) {
    if (is_absent(std::stoull(id), type, seed, fraction)) out.insert(id);
  }
  return out;
}

}  // namespace garner::e2e
