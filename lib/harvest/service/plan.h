// What a harvest would cost, from its counts and the archive's profile. Pure.
#pragma once

#include "archive/profile.h"
#include "base/time_zone.h"
#include "harvest/run/status.h"
#include "manifest/manifest.h"

namespace garner::harvest {

struct PlanInput {
  const manifest::Manifest& manifest;
  const archive::Profile& profile;
  std::vector<std::string> retrieval_types;  // ALL taken apart
  std::uint32_t chunk_size = 0;
  std::uint64_t sources = 0, duplicates = 0, refused = 0;
  std::uint64_t bytes_free = 0;
  TimeZone zone{};  // of the manifest's window
  WallTime now{};
};

Plan make_plan(const PlanInput& input);

}  // namespace garner::harvest
