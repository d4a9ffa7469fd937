// Whether a harvest may ask its archive now: its window and its deadline, at the instant that the wall clock shows,
// however it came to show it. Pure, but that the last answer is kept for as long as it holds.
#pragma once

#include "policy/window.h"

namespace garner::policy {

class Schedule {
 public:
  Schedule() = default;  // always open
  Schedule(manifest::Timing timing, TimeZone zone);

  struct Standing {
    bool open = true;
    bool past_deadline = false;
    WallTime until = WallTime::max();    // holds until then
    std::optional<WallTime> opens;       // closed: when it opens; nothing: not by itself
    std::optional<WallTime> drained_by;  // closed: until when what was in flight may take
  };
  const Standing& at(WallTime now);

  // Whether it ever says anything but open.
  bool is_set() const { return !timing_.window.empty() || deadline_; }
  void lift_deadline() { deadline_.reset(), standing_from_.reset(); }
  std::optional<WallTime> deadline() const { return deadline_; }
  const TimeZone& zone() const { return zone_; }
  // "20:00-06:00", and where, if the manifest says so; empty: no window.
  std::string window_text() const;
  // Why nothing starts, for people; empty while it is open.
  std::string why_closed(WallTime now);
  // When work of that length, done while the window is open, would end.
  std::optional<Reach> reach(WallTime begin, std::chrono::seconds work) const;

 private:
  manifest::Timing timing_;
  TimeZone zone_;
  std::optional<WallTime> deadline_;
  std::optional<WallTime> standing_from_;
  Standing standing_;
};

// For people: "20:00", "tomorrow 06:00", "Sat 28 Nov 20:00", on the clocks of the zone.
std::string clock_words(const TimeZone& zone, WallTime when, WallTime now);
// "45 s", "12 min", "2 h 14 min", "3 d 4 h".
std::string duration_words(std::chrono::seconds duration);

}  // namespace garner::policy
