#include "base/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <cstdlib>

namespace garner {

namespace {

using std::chrono::seconds;

const date::time_zone* zone_named(std::string_view name) {
  try {
    return date::locate_zone(std::string(name));
  } catch (const std::exception&) {
    return nullptr;
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    if (c == ' ') return '_';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

// The zone that somebody may have meant: the same but for capitals and blanks, or its last part alone ("Madrid").
// Empty: none. Throws without a database.
std::string meant(std::string_view name) {
  const std::string wanted = lower(name);
  const std::string_view last = std::string_view(wanted).substr(wanted.rfind('/') + 1);
  std::string same_place;
  for (const auto& zone : date::get_tzdb().zones) {
    const std::string known = lower(zone.name());
    if (known == wanted) return zone.name();
    if (same_place.empty() && known.substr(known.rfind('/') + 1) == last) same_place = zone.name();
  }
  return same_place;
}

}  // namespace

Result<TimeZone> TimeZone::find(std::string_view name) {
  TimeZone out;
  if (name == "UTC") return out;
  if (const auto* zone = zone_named(name)) {
    out.zone_ = zone;
    out.name_ = name;
    return out;
  }
  std::string guess;
  try {
    guess = meant(name);
  } catch (const std::exception&) {
    return fail(Kind::NotFound, "this machine has no time zones to look '{}' up in; install the package tzdata",
                printable(name, 60));
  }
  return fail(Kind::NotFound, "no time zone is called '{}'; expected an IANA name such as Europe/Madrid{}",
              printable(name, 60), guess.empty() ? std::string() : "; did you mean " + guess + "?");
}

TimeZone TimeZone::host() {
  const char* variable = std::getenv("TZ");
  std::string_view name = variable == nullptr ? "" : variable;
  if (name.starts_with(':')) name.remove_prefix(1);
  if (!name.empty()) {
    if (auto zone = find(name)) return *zone;
  }
  try {
    return find(date::current_zone()->name()).value_or(TimeZone());
  } catch (const std::exception&) {
    return {};
  }
}

std::chrono::local_seconds TimeZone::clock(WallTime instant) const {
  const auto at = std::chrono::floor<seconds>(instant);
  if (zone_ == nullptr) return std::chrono::local_seconds(at.time_since_epoch());
  const auto info = static_cast<const date::time_zone*>(zone_)->get_info(at);
  return std::chrono::local_seconds(at.time_since_epoch() + info.offset);
}

WallTime TimeZone::first(std::chrono::local_seconds clock) const {
  const seconds shown = clock.time_since_epoch();
  if (zone_ == nullptr) return WallTime(shown);
  const auto info = static_cast<const date::time_zone*>(zone_)->get_info(date::local_seconds(shown));
  if (info.result == date::local_info::nonexistent) return WallTime(info.second.begin.time_since_epoch());
  return WallTime(shown - info.first.offset);
}

}  // namespace garner
