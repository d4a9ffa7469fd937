// Windows as instants, over the nights in which clocks change.
#include "policy/window.h"

#include <gtest/gtest.h>

#include "policy/pacer.h"
#include "policy/schedule.h"

namespace garner::policy {
namespace {

using namespace std::chrono_literals;
using manifest::Hours;
using std::chrono::minutes;

constexpr std::uint8_t kSaturday = 1u << 5, kSunday = 1u << 6;

Hours hours(minutes from, minutes to, std::uint8_t days = Hours::kEveryDay) {
  return {days, from, to};
}

// "2026-03-29 00:30" in UTC.
WallTime utc(const char* text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  EXPECT_EQ(std::sscanf(text, "%d-%d-%d %d:%d", &year, &month, &day, &hour, &minute), 5) << text;
  return std::chrono::sys_days(std::chrono::year(year) / month / day) + std::chrono::hours(hour) + minutes(minute);
}

std::string text(WallTime when) {
  return clock_words(TimeZone(), when, WallTime());
}

// One night in one place: from some time before its opening on.
struct Night {
  const char *zone, *before;  // UTC
  minutes from, to;
  const char *opens, *closes;  // UTC
};

class ClockChanges : public ::testing::TestWithParam<Night> {};

TEST_P(ClockChanges, TheWindowOpensAndClosesWhenTheClocksShowIt) {
  const Night& night = GetParam();
  const auto zone = *TimeZone::find(night.zone);
  const std::vector<Hours> window = {hours(night.from, night.to)};
  const Opening before = window_at(window, zone, utc(night.before));
  ASSERT_FALSE(before.open);
  EXPECT_EQ(text(before.until), text(utc(night.opens)));
  EXPECT_TRUE(before.holds_at(before.until - 1ns));
  const Opening open = window_at(window, zone, before.until);
  ASSERT_TRUE(open.open);
  EXPECT_EQ(open.from, before.until);
  EXPECT_EQ(text(open.until), text(utc(night.closes)));
  EXPECT_FALSE(window_at(window, zone, open.until).open);
  EXPECT_EQ(window_at(window, zone, open.until).from, open.until);
}

INSTANTIATE_TEST_SUITE_P(
    Nights, ClockChanges,
    ::testing::Values(
        // Madrid, 29 March 2026: a day of 23 hours, 02:00 to 03:00 do not exist.
        Night{"Europe/Madrid", "2026-03-28 12:00", 20h, 6h, "2026-03-28 19:00", "2026-03-29 04:00"},
        Night{"Europe/Madrid", "2026-03-29 00:00", 1h + 30min, 3h, "2026-03-29 00:30", "2026-03-29 01:00"},
        Night{"Europe/Madrid", "2026-03-29 00:00", 2h + 30min, 5h, "2026-03-29 01:00", "2026-03-29 03:00"},
        // None of this night's window exists: the next night's.
        Night{"Europe/Madrid", "2026-03-29 00:00", 2h + 15min, 2h + 45min, "2026-03-30 00:15", "2026-03-30 00:45"},
        // 25 October 2026: a day of 25 hours, 02:00 to 03:00 come twice.
        Night{"Europe/Madrid", "2026-10-24 12:00", 20h, 6h, "2026-10-24 18:00", "2026-10-25 05:00"},
        Night{"Europe/Madrid", "2026-10-24 12:00", 1h + 30min, 3h, "2026-10-24 23:30", "2026-10-25 02:00"},
        Night{"Europe/Madrid", "2026-10-24 12:00", 20h, 2h + 30min, "2026-10-24 18:00", "2026-10-25 00:30"},
        Night{"Europe/Madrid", "2026-10-24 12:00", 2h + 30min, 5h, "2026-10-25 00:30", "2026-10-25 04:00"},
        Night{"Europe/Madrid", "2026-10-24 12:00", 2h + 15min, 2h + 45min, "2026-10-25 00:15", "2026-10-25 00:45"},
        // Santiago: at midnight, 6 September 2026 forward, 5 April 2026 back.
        Night{"America/Santiago", "2026-09-05 12:00", 22h, 4h, "2026-09-06 02:00", "2026-09-06 07:00"},
        Night{"America/Santiago", "2026-09-05 12:00", 0h, 6h, "2026-09-06 04:00", "2026-09-06 09:00"},
        Night{"America/Santiago", "2026-04-04 12:00", 22h, 4h, "2026-04-05 01:00", "2026-04-05 08:00"},
        Night{"America/Santiago", "2026-04-04 12:00", 23h + 30min, 4h, "2026-04-05 02:30", "2026-04-05 08:00"},
        // Half an hour: 4 October 2026 forward, 5 April 2026 back.
        Night{"Australia/Lord_Howe", "2026-10-03 12:00", 1h, 4h, "2026-10-03 14:30", "2026-10-03 17:00"},
        Night{"Australia/Lord_Howe", "2026-10-03 12:00", 2h + 15min, 4h, "2026-10-03 15:30", "2026-10-03 17:00"},
        Night{"Australia/Lord_Howe", "2026-04-04 12:00", 1h, 4h, "2026-04-04 14:00", "2026-04-04 17:30"},
        // No daylight saving.
        Night{"Asia/Kolkata", "2026-03-28 12:00", 20h, 6h, "2026-03-28 14:30", "2026-03-29 00:30"},
        Night{"UTC", "2026-03-28 12:00", 20h, 6h, "2026-03-28 20:00", "2026-03-29 06:00"}));

TEST(Window, BelongsToTheDayOnWhichItOpens) {
  const std::vector<Hours> saturdays = {hours(20h, 6h, kSaturday)};
  EXPECT_FALSE(window_at(saturdays, {}, utc("2026-11-28 05:00")).open) << "Friday night";
  EXPECT_TRUE(window_at(saturdays, {}, utc("2026-11-28 20:00")).open) << "Saturday night";
  EXPECT_TRUE(window_at(saturdays, {}, utc("2026-11-29 05:59")).open) << "Sunday morning";
  EXPECT_FALSE(window_at(saturdays, {}, utc("2026-11-29 20:00")).open) << "Sunday night";
  EXPECT_EQ(window_at(saturdays, {}, utc("2026-11-29 06:00")).until, utc("2026-12-05 20:00"));
}

TEST(Window, HoursThatTouchAreOneOpening) {
  const std::vector<Hours> weekend = {hours(20h, 6h, 0x1F), hours(0h, 24h, kSaturday | kSunday)};
  const Opening open = window_at(weekend, {}, utc("2026-11-28 12:00"));
  EXPECT_EQ(text(open.from), text(utc("2026-11-27 20:00")));
  EXPECT_EQ(text(open.until), text(utc("2026-11-30 00:00")));
}

TEST(Window, WithoutHoursItIsAlwaysOpen) {
  EXPECT_TRUE(window_at({}, {}, utc("2026-11-28 12:00")).holds_at(WallTime::max() - 1s));
}

// Against the definition, minute by minute: whatever the state is, it holds from and until what it says.
TEST(Window, EveryMinuteOfAYearAgreesWithItsNeighbours) {
  for (const char* name : {"Europe/Madrid", "America/Santiago", "Australia/Lord_Howe"}) {
    const auto zone = *TimeZone::find(name);
    const std::vector<Hours> window = {hours(20h, 2h + 30min, 0x1F), hours(1h + 45min, 3h, kSunday)};
    for (WallTime at = utc("2026-01-01 00:00"); at < utc("2027-01-01 00:00"); at += 47min) {
      const Opening now = window_at(window, zone, at);
      ASSERT_TRUE(now.holds_at(at));
      const Opening next = window_at(window, zone, now.until);
      ASSERT_NE(next.open, now.open) << name << " " << text(at);
      ASSERT_EQ(next.from, now.until) << name << " " << text(at);
    }
  }
}

TEST(Drain, UntilATimeOrForAWhile) {
  const WallTime closing = utc("2026-11-29 06:00");
  EXPECT_EQ(drained_by({}, {}, closing), closing + 30min);
  EXPECT_EQ(drained_by({6h + 30min, {}}, {}, closing), closing + 30min);
  EXPECT_EQ(drained_by({6h, {}}, {}, closing), closing);
  EXPECT_EQ(text(drained_by({0h + 30min, {}}, {}, utc("2026-11-29 23:00"))), text(utc("2026-11-30 00:30")));
}

TEST(ReachOfAWindow, CountsOnlyWhatIsOpen) {
  const std::vector<Hours> nights = {hours(20h, 6h)};
  const auto ends = [&](const char* begin, std::chrono::seconds work) { return reach(nights, {}, utc(begin), work); };
  EXPECT_EQ(ends("2026-11-28 12:00", 3h)->end, utc("2026-11-28 23:00"));
  EXPECT_EQ(ends("2026-11-28 12:00", 10h)->openings, 1u);
  EXPECT_EQ(ends("2026-11-28 12:00", 10h + 1s)->openings, 2u);
  EXPECT_EQ(ends("2026-11-28 12:00", 27h)->end, utc("2026-12-01 03:00"));
  EXPECT_EQ(ends("2026-11-28 12:00", 27h)->openings, 3u);
  EXPECT_EQ(ends("2026-11-29 05:00", 2h)->end, utc("2026-11-29 21:00"));
  EXPECT_EQ(ends("2026-11-29 05:00", 1000h)->openings, 101u);
  EXPECT_FALSE(ends("2026-11-29 05:00", 24h * 366));
  EXPECT_EQ(reach({hours(0h, 24h)}, {}, utc("2026-11-29 05:00"), 2000h)->openings, 1u);
  EXPECT_EQ(reach({}, {}, utc("2026-11-29 05:00"), 2000h)->end, utc("2026-11-29 05:00") + 2000h);
}

TEST(Schedule, SaysUntilWhenItIsClosed) {
  manifest::Timing timing;
  timing.window = {hours(20h, 6h)};
  Schedule schedule(timing, {});
  EXPECT_EQ(schedule.why_closed(utc("2026-11-28 17:46")), "window closed until 20:00 UTC (in 2 h 14 min)");
  EXPECT_EQ(schedule.why_closed(utc("2026-11-28 20:00")), "");
  EXPECT_EQ(*schedule.at(utc("2026-11-29 06:10")).drained_by, utc("2026-11-29 06:30"));
  timing.window = {hours(20h, 6h, kSaturday)};
  timing.time_zone = "Europe/Madrid";
  EXPECT_EQ(Schedule(timing, *TimeZone::find("Europe/Madrid")).why_closed(utc("2026-11-24 09:00")),
            "window closed until Sat 28 Nov 20:00 Europe/Madrid (in 4 d 10 h)");
}

TEST(Schedule, TheWallClockMayJumpBothWays) {
  manifest::Timing timing;
  timing.window = {hours(20h, 6h)};
  Schedule schedule(timing, {});
  EXPECT_TRUE(schedule.at(utc("2026-11-28 21:00")).open);
  EXPECT_FALSE(schedule.at(utc("2026-11-28 19:00")).open);
  EXPECT_TRUE(schedule.at(utc("2026-12-28 05:59")).open);
  EXPECT_FALSE(schedule.at(utc("2026-12-28 06:00")).open);
  EXPECT_TRUE(schedule.at(utc("2025-12-28 23:00")).open);
}

TEST(Schedule, NothingStartsAfterTheDeadlineUntilItIsLifted) {
  manifest::Timing timing;
  timing.window = {hours(20h, 6h)};
  timing.deadline = std::chrono::local_days(std::chrono::year(2026) / 11 / 29) + 1h;
  Schedule schedule(timing, {});
  EXPECT_EQ(schedule.at(utc("2026-11-28 21:00")).until, utc("2026-11-29 01:00"));
  EXPECT_FALSE(schedule.at(utc("2026-11-29 01:00")).open);
  EXPECT_TRUE(schedule.at(utc("2026-11-29 01:00")).past_deadline);
  EXPECT_FALSE(schedule.at(utc("2026-12-29 21:00")).opens);
  EXPECT_EQ(schedule.why_closed(utc("2026-11-29 08:00")), "its deadline was 01:00 UTC");
  schedule.lift_deadline();
  EXPECT_TRUE(schedule.at(utc("2026-11-29 01:00")).open);
}

SteadyTime steady(std::chrono::milliseconds after) {
  return SteadyTime(std::chrono::hours(1000)) + after;
}

TEST(Pacer, SpreadsRequestsEvenly) {
  Pacer pacer;
  EXPECT_TRUE(pacer.may_start(steady(0ms)));
  pacer.set({30, 0}, steady(0ms));
  int started = 0;
  for (auto at = 0ms; at < 1h; at += 100ms) {
    if (!pacer.may_start(steady(at))) continue;
    pacer.started(steady(at));
    ++started;
  }
  EXPECT_EQ(started, 1800);
}

TEST(Pacer, ARequestOutOfTurnIsPaidForByThoseBehindIt) {
  Pacer pacer;
  pacer.set({60, 0}, steady(0ms));
  for (int i = 0; i < 5; ++i) pacer.started(steady(0ms));
  EXPECT_EQ(pacer.due(), steady(5s));
}

TEST(Pacer, BytesArePaidForAfterTheyCame) {
  Pacer pacer;
  pacer.set({0, 1'000'000}, steady(0ms));
  EXPECT_TRUE(pacer.may_start(steady(0ms)));
  pacer.received(steady(1s), 5'000'000);
  EXPECT_EQ(pacer.due(), steady(6s));
  EXPECT_EQ(pacer.holds(steady(2s)), "1 MB/s");
  pacer.set({0, 2'000'000}, steady(2s));  // the 4 MB owed yet
  EXPECT_EQ(pacer.due(), steady(4s));
  pacer.set({}, steady(2s));
  EXPECT_TRUE(pacer.may_start(steady(2s)));
}

}  // namespace
}  // namespace garner::policy
