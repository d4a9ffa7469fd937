// garnerd.yaml.
#include "daemon/config.h"

#include "target.h"

namespace garner::fuzz {
namespace {

void run(Bytes bytes) {
  const auto config = daemon::parse_config(text_of(bytes), "fuzz.yaml");
  if (!config) {
    require(!config.error().detail.empty(), "an error says why");
    return;
  }
  require(!config->output_roots.empty(), "there is a place to write to");
  for (const auto& root : config->output_roots) require(root.starts_with('/'), "output roots are absolute");
}

const Target kTarget("config", run);

}  // namespace
}  // namespace garner::fuzz
