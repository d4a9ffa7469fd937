// Bytes for the micro-benchmarks: products, and a whole reply as the simulated archive would send it.
#pragma once

#include <filesystem>
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

// Below the system's one (TMPDIR).
struct TemporaryFolder {
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  std::filesystem::path path;
};

}  // namespace garner::bench
