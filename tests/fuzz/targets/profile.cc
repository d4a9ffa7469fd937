// Archive profiles.
#include "archive/profile.h"

#include "target.h"

namespace garner::fuzz {
namespace {

void run(Bytes bytes) {
  const auto profile = archive::parse_profile(text_of(bytes), "fuzz.yaml");
  if (!profile) {
    require(!profile.error().detail.empty(), "an error says why");
    return;
  }
  require(profile->manners.in_flight_least >= 1, "something may be in flight");
  require(profile->manners.in_flight_least <= profile->manners.in_flight_most, "the floor is below the ceiling");
  require(profile->manners.ids_per_request <= profile->manners.ids_per_request_most, "chunks fit into a request");
  for (const auto& release : profile->releases) {
    const auto all = archive::expand_retrieval_types(*profile, release.name, {"ALL"});
    require(all.has_value() && all->size() <= release.retrieval_types.size(), "ALL is what a release holds");
  }
}

const Target kTarget("profile", run);

}  // namespace
}  // namespace garner::fuzz
