#include "policy/schedule.h"

#include <fmt/format.h>

#include <array>

namespace garner::policy {

namespace {

using std::chrono::days;

constexpr std::array<std::string_view, 7> kWeekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

Schedule::Schedule(manifest::Timing timing, TimeZone zone) : timing_(std::move(timing)), zone_(std::move(zone)) {
  if (timing_.deadline) deadline_ = zone_.first(*timing_.deadline);
}

const Schedule::Standing& Schedule::at(WallTime now) {
  if (standing_from_ && *standing_from_ <= now && now < standing_.until) return standing_;
  standing_ = {};
  if (deadline_ && now >= *deadline_) {
    standing_from_ = *deadline_;
    standing_.open = false;
    standing_.past_deadline = true;
    standing_.drained_by = drained_by(timing_.drain_by, zone_, *deadline_);
    return standing_;
  }
  const Opening opening = window_at(timing_.window, zone_, now);
  standing_from_ = opening.from;
  standing_.open = opening.open;
  standing_.until = std::min(opening.until, deadline_.value_or(WallTime::max()));
  if (opening.open) return standing_;
  standing_.drained_by = drained_by(timing_.drain_by, zone_, opening.from);
  if (standing_.until == opening.until) standing_.opens = opening.until;
  return standing_;
}

std::string Schedule::window_text() const {
  if (timing_.window.empty() || timing_.time_zone.empty()) return timing_.window_text;
  return timing_.window_text + " " + timing_.time_zone;
}

std::string Schedule::why_closed(WallTime now) {
  const Standing& standing = at(now);
  if (standing.open) return {};
  const std::string zone = " " + zone_.name();
  if (standing.past_deadline) return fmt::format("its deadline was {}{}", clock_words(zone_, *deadline_, now), zone);
  if (!standing.opens)
    return fmt::format("window closed, and its deadline {}{} comes before it opens again",
                       clock_words(zone_, *deadline_, now), zone);
  return fmt::format("window closed until {}{} (in {})", clock_words(zone_, *standing.opens, now), zone,
                     duration_words(std::chrono::ceil<std::chrono::seconds>(*standing.opens - now)));
}

std::optional<Reach> Schedule::reach(WallTime begin, std::chrono::seconds work) const {
  return policy::reach(timing_.window, zone_, begin, work);
}

std::string clock_words(const TimeZone& zone, WallTime when, WallTime now) {
  const auto clock = zone.clock(when);
  const auto day = std::chrono::floor<days>(clock);
  const auto time = std::chrono::hh_mm_ss(std::chrono::floor<std::chrono::minutes>(clock - day));
  const std::string text = fmt::format("{:02}:{:02}", time.hours().count(), time.minutes().count());
  const auto ahead = day - std::chrono::floor<days>(zone.clock(now));
  if (ahead == days(0)) return text;
  if (ahead == days(1)) return "tomorrow " + text;
  const std::chrono::year_month_day date(day);
  return fmt::format("{} {} {} {}", kWeekdays[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1], text);
}

std::string duration_words(std::chrono::seconds duration) {
  const auto s = std::max<std::int64_t>(duration.count(), 0);
  if (s < 60) return fmt::format("{} s", s);
  const auto minutes = (s + 59) / 60;
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < 48 * 60)
    return minutes % 60 == 0 ? fmt::format("{} h", minutes / 60)
                             : fmt::format("{} h {} min", minutes / 60, minutes % 60);
  const auto hours = (minutes + 59) / 60;
  return hours % 24 == 0 ? fmt::format("{} d", hours / 24) : fmt::format("{} d {} h", hours / 24, hours % 24);
}

}  // namespace garner::policy
