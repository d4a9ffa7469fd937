// The keys window, time_zone, drain_by, deadline and limits.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/time_zone.h"
#include "manifest/manifest_parts.h"

namespace garner::manifest {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kHoursMost = 32;
constexpr minutes kDay{24 * 60};
constexpr minutes kDrainMost{12 * 60};

constexpr std::array<std::string_view, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                   "friday", "saturday", "sunday"};

// Two cut at the sign; nothing where it is not there.
std::optional<std::pair<std::string_view, std::string_view>> cut(std::string_view text, char sign) {
  const auto at = text.find(sign);
  if (at == text.npos) return std::nullopt;
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

std::optional<int> parse_number(std::string_view text, std::size_t digits_least, std::size_t digits_most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && consists_of(text, {kDigits});
  if (!whole || text.size() < digits_least || text.size() > digits_most) return std::nullopt;
  return number;
}

// "20:00", "6:30"; 24:00 too.
std::optional<minutes> parse_time(std::string_view text) {
  const auto parts = cut(text, ':');
  const auto hour = parts ? parse_number(parts->first, 1, 2) : std::nullopt;
  const auto minute = parts ? parse_number(parts->second, 2, 2) : std::nullopt;
  if (!hour || !minute || *minute > 59 || *hour * 60 + *minute > kDay.count()) return std::nullopt;
  return minutes(*hour * 60 + *minute);
}

// "mon", "Monday"; 0 is Monday.
std::optional<std::size_t> parse_day(std::string_view text) {
  const std::string day = lower_case(std::string(text));
  for (std::size_t i = 0; i < kDays.size(); ++i) {
    if (day == kDays[i] || day == kDays[i].substr(0, 3)) return i;
  }
  return std::nullopt;
}

// "mon-fri", "sat,sun", "fri-mon"; as Hours::days.
std::optional<std::uint8_t> parse_days(std::string_view text) {
  unsigned days = 0;
  while (true) {
    const auto comma = cut(text, ',');
    const std::string_view part = comma ? comma->first : text;
    const auto range = cut(part, '-');
    const auto first = parse_day(range ? range->first : part);
    const auto last = range ? parse_day(range->second) : first;
    if (!first || !last) return std::nullopt;
    for (std::size_t day = *first;; day = (day + 1) % kDays.size()) {
      days |= 1u << day;
      if (day == *last) break;
    }
    if (!comma) return static_cast<std::uint8_t>(days);
    text = comma->second;
  }
}

// "20:00-06:00", "mon-fri 20:00-06:00"; a problem at the value otherwise.
std::optional<Hours> read_hours(const yaml::Node& node) {
  const auto text = node.as_string();
  if (!text) return std::nullopt;
  Hours hours;
  const auto blank = text->rfind(' ');
  const std::string_view all = *text;
  const auto days = blank == text->npos ? std::optional(Hours::kEveryDay) : parse_days(all.substr(0, blank));
  const auto times = cut(blank == text->npos ? all : all.substr(blank + 1), '-');
  const auto from = times ? parse_time(times->first) : std::nullopt;
  const auto to = times ? parse_time(times->second) : std::nullopt;
  if (!days || !from || !to || *from == kDay) {
    node.problem(
        fmt::format("'{}' is no window: expected hours such as \"20:00-06:00\", perhaps with weekdays in front, "
                    "\"mon-fri 20:00-06:00\" or \"sat,sun 00:00-24:00\"",
                    printable(*text, 60)));
    return std::nullopt;
  }
  if (*from == *to) {
    node.problem(
        fmt::format("'{}' opens and closes at the same time; a whole day is 00:00-24:00", printable(*text, 60)));
    return std::nullopt;
  }
  hours.days = *days;
  hours.from = *from;
  hours.to = *to;
  return hours;
}

void read_window(const yaml::Map& root, Timing& timing) {
  const auto node = root.find("window");
  if (!node) return;
  const bool is_list = node->shape() == yaml::Node::Shape::Sequence;
  const auto places = is_list ? node->items() : std::vector<yaml::Node>{*node};
  if (places.empty()) node->problem("the list is empty; leave the key out where a harvest may always run");
  if (places.size() > kHoursMost) return node->problem(fmt::format("more than {} windows", kHoursMost));
  for (const auto& place : places) {
    const auto hours = read_hours(place);
    if (!hours) continue;
    timing.window.push_back(*hours);
    timing.window_text += (timing.window_text.empty() ? "" : ", ") + *place.as_string();
  }
}

// "45 min", "90 s", "1 h".
std::optional<seconds> parse_duration(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of(kDigits), text.size());
  const auto number = parse_number(text.substr(0, digits), 1, 5);
  if (!number) return std::nullopt;
  text.remove_prefix(digits);
  if (text.starts_with(' ')) text.remove_prefix(1);
  if (text == "s") return seconds(*number);
  if (text == "min") return minutes(*number);
  if (text == "h") return std::chrono::hours(*number);
  return std::nullopt;
}

// From one time of the clock to the next time that it shows another.
minutes until_next(minutes from, minutes to) {
  const minutes ahead = (to - from) % kDay;
  return ahead < minutes{} ? ahead + kDay : ahead;
}

void read_drain_by(const yaml::Map& root, Timing& timing) {
  const auto node = root.find("drain_by");
  const auto text = node ? node->as_string() : std::nullopt;
  if (!text) return;
  if (timing.window.empty() && !timing.deadline)
    return node->problem("goes with a window or a deadline: says how long what is in flight at its end may take");
  if (const auto duration = parse_duration(*text); duration && *duration <= kDrainMost) {
    timing.drain_by.after = *duration;
    return;
  }
  const auto at = parse_time(*text);
  if (!at) {
    return node->problem(fmt::format("'{}' is neither a time, \"06:30\", nor a while of 12 h at most, \"30 min\"",
                                     printable(*text, 60)));
  }
  timing.drain_by.at = *at;
  for (const auto& hours : timing.window) {
    if (until_next(hours.to, *at) <= kDrainMost) continue;
    node->problem(fmt::format("{} is {} h after the window closes; expected a time at most 12 h after each closing",
                              printable(*text, 60), until_next(hours.to, *at).count() / 60));
    return;
  }
}

// "2026-12-24 18:00".
std::optional<std::chrono::local_seconds> parse_date_time(std::string_view text) {
  const auto blank = cut(text, ' ');
  const auto month_on = blank ? cut(blank->first, '-') : std::nullopt;
  const auto day_on = month_on ? cut(month_on->second, '-') : std::nullopt;
  if (!day_on) return std::nullopt;
  const auto year = parse_number(month_on->first, 4, 4);
  const auto month = parse_number(day_on->first, 2, 2), day = parse_number(day_on->second, 2, 2);
  const auto time = parse_time(blank->second);
  if (!year || !month || !day || !time) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::local_days(date) + *time;
}

void read_deadline(const yaml::Map& root, Timing& timing) {
  const auto node = root.find("deadline");
  const auto text = node ? node->as_string() : std::nullopt;
  if (!text) return;
  timing.deadline = parse_date_time(*text);
  if (!timing.deadline)
    node->problem(
        fmt::format("'{}' is no date and time: expected one such as \"2026-12-24 18:00\"", printable(*text, 60)));
}

}  // namespace

Timing read_timing(const yaml::Map& root) {
  Timing timing;
  read_window(root, timing);
  if (const auto zone = root.string("time_zone")) {
    timing.time_zone = *zone;
    if (const auto known = TimeZone::find(*zone); !known) root.find("time_zone")->problem(known.error().detail);
  }
  read_deadline(root, timing);
  read_drain_by(root, timing);
  if (const auto limits = root.map("limits")) {
    timing.limits = read_rate_limits(*limits);
    limits->refuse_unknown_keys();
  }
  return timing;
}

}  // namespace garner::manifest
