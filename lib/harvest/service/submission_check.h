// What a manifest comes to with its archive's profile: everything that can be checked without the archive. Pure, but
// for reading the profile. Private to lib/harvest.
#pragma once

#include "harvest/service/service_impl.h"

namespace garner::harvest {

struct CheckedManifest {
  manifest::Manifest manifest;
  archive::Profile profile;
  std::vector<std::string> types;  // what is accounted for: retrieval_types, tables, or "result"
  std::uint32_t chunk_size = 0;    // ids a chunk at most
};

// Invalid (names the file and the key), and what the profile says.
Result<CheckedManifest> check_manifest(const std::string& text, const std::string& file, const ServiceOptions& options);

}  // namespace garner::harvest
