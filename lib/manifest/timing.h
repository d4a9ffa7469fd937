// When a harvest may talk to its archive, and how much: the manifest's window, time_zone, drain_by, deadline and
// limits, as they stand there. What they mean at an instant is for lib/harvest/window.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/rate_limits.h"

namespace garner::manifest {

// From one time of the clock to another, on some weekdays. Hours that end at or before their beginning end on the next
// day, and belong to the day on which they begin.
struct Hours {
  static constexpr std::uint8_t kEveryDay = 0x7F;
  std::uint8_t days = kEveryDay;      // bit 0 is Monday
  std::chrono::minutes from{}, to{};  // after midnight; 24 h is the midnight after the day
  bool over_midnight() const { return to <= from; }
};

// How long what is in flight when the window closes may take yet: until a time of the clock, or for so long.
struct DrainBy {
  std::optional<std::chrono::minutes> at;
  std::chrono::seconds after = std::chrono::minutes(30);
};

struct Timing {
  std::vector<Hours> window;  // any of them; none: always
  std::string window_text;    // for people: "20:00-06:00", "mon-fri 20:00-06:00, sat 08:00-12:00"
  std::string time_zone;      // IANA; empty: the host's
  DrainBy drain_by;
  std::optional<std::chrono::local_seconds> deadline;  // on the clocks of time_zone
  RateLimits limits;
};

}  // namespace garner::manifest
