// What the simulated archive holds, worked out in this process by the simulator's own code: the truth that a harvest is
// compared with. Pure functions. Ids are texts, as everywhere in the end-to-end tests.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace garner::e2e {

struct Product {
  std::string type = "XP_SAMPLED", format = "votable", structure = "INDIVIDUAL", release = "Gaia DR3";
};

// The bytes that the archive serves for these sources: one for INDIVIDUAL, the table of all for RAW.
std::string true_product(const Product& product, const std::vector<std::string>& ids);

// "XP_SAMPLED-Gaia DR3 123.xml".
std::string member_name(const Product& product, const std::string& id);

// Of these sources, those without the product, as the knobs seed and absent_fraction have it.
std::set<std::string> truly_absent(const std::vector<std::string>& ids, const std::string& type, double fraction,
                                   std::uint64_t seed = 1);

}  // namespace garner::e2e
