// When a harvest may talk to its archive: a manifest's hours as instants. A window opens when the clocks of its place
// first show the time, and closes when they next show the other one: a time that a change of the clocks skips is the
// moment of the jump, of a time that they show twice it is the first. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time_zone.h"
#include "manifest/timing.h"

namespace garner::policy {

// Holds while from <= now < until.
struct Opening {
  bool open = true;
  WallTime from = WallTime::min(), until = WallTime::max();

  bool holds_at(WallTime now) const { return from <= now && now < until; }
};

// Hours that touch or overlap are one opening. No hours: always open. Hours without a gap, or without an opening,
// within a fortnight: until its end.
Opening window_at(const std::vector<manifest::Hours>& hours, const TimeZone& zone, WallTime now);

// Until when what was in flight at the closing may take.
WallTime drained_by(const manifest::DrainBy& drain_by, const TimeZone& zone, WallTime closing);

// What takes so long, begun at the instant and done only while the window is open, ends when, and takes how many
// openings. Nothing: in more than a year.
struct Reach {
  WallTime end;
  std::uint32_t openings = 0;
};
std::optional<Reach> reach(const std::vector<manifest::Hours>& hours, const TimeZone& zone, WallTime begin,
                           std::chrono::seconds work);

}  // namespace garner::policy
