// How much an archive may be asked at most, as manifests, archive profiles and garnerd.yaml say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/strict_yaml.h"

namespace garner {

struct RateLimits {
  double requests_per_minute = 0;  // 0: no such limit
  std::uint64_t bytes_per_s = 0;   // received, on average; 0: no such limit

  bool none() const { return requests_per_minute <= 0 && bytes_per_s == 0; }
  bool operator==(const RateLimits&) const = default;
};

// "20 MB/s", "500 kB/s", "1.5 GB/s", powers of 1000; nothing where it is none, or less than 1 kB/s.
std::optional<std::uint64_t> parse_bandwidth(std::string_view text);

// The keys requests_per_minute and bandwidth of the map; problems are recorded.
RateLimits read_rate_limits(const yaml::Map& map);

}  // namespace garner
