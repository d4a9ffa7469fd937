#include "policy/window.h"

#include <algorithm>

namespace garner::policy {

namespace {

using std::chrono::days;
using std::chrono::local_days;

// Days looked at around an instant: hours of a single weekday are found on both sides, even if a change of the clocks
// skips the next ones.
constexpr days kBefore{8}, kAfter{15};
constexpr days kReachMost{366};

struct Span {
  WallTime opens, closes;
};

std::vector<Span> spans_around(const std::vector<manifest::Hours>& hours, const TimeZone& zone, WallTime now) {
  std::vector<Span> spans;
  const auto today = std::chrono::floor<days>(zone.clock(now));
  for (local_days day = today - kBefore; day <= today + kAfter; day += days(1)) {
    const unsigned weekday = std::chrono::weekday(day).iso_encoding() - 1;
    for (const auto& each : hours) {
      if ((each.days >> weekday & 1u) == 0) continue;
      const Span span{zone.first(day + each.from), zone.first(day + days(each.over_midnight() ? 1 : 0) + each.to)};
      if (span.opens < span.closes) spans.push_back(span);  // else the clocks skip all of it
    }
  }
  std::ranges::sort(spans, {}, &Span::opens);
  std::vector<Span> joined;
  for (const auto& span : spans) {
    if (!joined.empty() && span.opens <= joined.back().closes)
      joined.back().closes = std::max(joined.back().closes, span.closes);
    else
      joined.push_back(span);
  }
  return joined;
}

}  // namespace

Opening window_at(const std::vector<manifest::Hours>& hours, const TimeZone& zone, WallTime now) {
  if (hours.empty()) return {};
  Opening closed{false, now, now + days(1)};  // looked at again then
  for (const auto& span : spans_around(hours, zone, now)) {
    if (span.closes <= now) {
      closed.from = span.closes;
    } else if (span.opens <= now) {
      return {true, span.opens, span.closes};
    } else {
      closed.until = span.opens;
      break;
    }
  }
  return closed;
}

WallTime drained_by(const manifest::DrainBy& drain_by, const TimeZone& zone, WallTime closing) {
  if (!drain_by.at) return closing + drain_by.after;
  const auto today = std::chrono::floor<days>(zone.clock(closing));
  for (int ahead = 0;; ++ahead) {
    const WallTime at = zone.first(today + days(ahead) + *drain_by.at);
    if (at >= closing) return at;
  }
}

std::optional<Reach> reach(const std::vector<manifest::Hours>& hours, const TimeZone& zone, WallTime begin,
                           std::chrono::seconds work) {
  if (hours.empty()) return Reach{begin + work, 1};
  Reach out;
  const WallTime most = begin + kReachMost;
  for (WallTime at = begin; at < most;) {
    const WallTime begun_at = at;
    for (const auto& span : spans_around(hours, zone, at)) {
      const WallTime from = std::max(span.opens, at);
      if (span.closes <= from) continue;
      if (out.openings == 0 || from > at) ++out.openings;  // else the one before goes on
      const auto there = std::chrono::duration_cast<std::chrono::seconds>(span.closes - from);
      if (work <= there) {
        out.end = from + work;
        return out;
      }
      work -= there;
      at = span.closes;
    }
    if (at == begun_at) at += days(1);
  }
  return std::nullopt;
}

}  // namespace garner::policy
