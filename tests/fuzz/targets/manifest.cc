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
  for (const auto& hours : parsed->timing.window) {
    require(hours.days != 0 && hours.from != hours.to, "a window is open on some day, for some time");
    require(hours.from.count() >= 0 && hours.from < std::chrono::hours(24) && hours.to <= std::chrono::hours(24),
            "between times that clocks show");
  }
  require(parsed->timing.drain_by.after <= std::chrono::hours(12), "a drain has an end");
}

const Target kTarget("manifest", run);

}  // namespace
}  // namespace garner::fuzz
