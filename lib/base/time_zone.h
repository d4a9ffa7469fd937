// What the clocks of a place show, and when they show it: the time zones of the machine's database (IANA), daylight
// saving included. Whoever asks gets what the database knew when the process first looked; beyond 2037 it knows no
// daylight saving. Values; any thread. The date library stays in the .cc file; nothing throws.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/executor.h"

namespace garner {

class TimeZone {
 public:
  TimeZone() = default;  // UTC, which needs no database
  // By its IANA name, "Europe/Madrid". NotFound says what may have been meant, or that there is no database.
  static Result<TimeZone> find(std::string_view name);
  // The host's own: TZ where it names a zone, else /etc/localtime; UTC where neither does.
  static TimeZone host();

  const std::string& name() const { return name_; }
  // What the clocks show at that instant.
  std::chrono::local_seconds clock(WallTime instant) const;
  // When the clocks first show that time or a later one: a time that they skip is the moment of the jump, of a time
  // that they show twice it is the first.
  WallTime first(std::chrono::local_seconds clock) const;

 private:
  const void* zone_ = nullptr;  // the database's, which lives as long as the process; null: UTC
  std::string name_ = "UTC";
};

}  // namespace garner
