// Bytes for the micro-benchmarks: products, and a whole reply as the simulated archive would send it.
#pragma once

#include <string>
#include <vector>

#include "base/source_id.h"

namespace garner::bench {

std::vector<SourceId> sky_ids(std::size_t count);

// RVS, VOTable BINARY2, of one source.
std::string rvs_product(SourceId id);

struct SampleReply {
  std::vector<SourceId> ids;
  std::string zip;
  std::size_t product_bytes = 0;
};
// Made once: 100 RVS products.
const SampleReply& rvs_reply();

}  // namespace garner::bench
