// Manifests, as users write them.
#include "manifest/manifest.h"

#include "target.h"

namespace garner::fuzz {
namespace {

void run(Bytes bytes) {
  const auto parsed = manifest::parse_manifest(text_of(bytes), "fuzz.yaml");
  if (!parsed) {
    require(!parsed.error().detail.empty(), "an error says why");
    return;
  }
  require(!parsed->harvest.empty() && parsed->harvest.size() <= 64, "a harvest has a name, of at most 64 characters");
  require(parsed->harvest.find_first_of(std::string_view("/\0\n", 3)) == std::string::npos, "which is good for a path");
  require(parsed->output_directory.starts_with('/'), "the output directory is absolute");
  require(manifest::allowed_combination(*parsed), "what is parsed is allowed");
}

const Target kTarget("manifest", run);

}  // namespace
}  // namespace garner::fuzz
