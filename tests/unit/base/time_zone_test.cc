#include "base/time_zone.h"

#include <gtest/gtest.h>

#include "base/rate_limits.h"

namespace garner {
namespace {

using namespace std::chrono_literals;

std::chrono::local_seconds clock_at(int year, unsigned month, unsigned day, std::chrono::minutes after_midnight) {
  return std::chrono::local_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) +
         after_midnight;
}

WallTime utc(int year, unsigned month, unsigned day, std::chrono::minutes after_midnight) {
  return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) +
         after_midnight;
}

TEST(TimeZone, ShowsTheClocksOfItsPlace) {
  EXPECT_EQ(TimeZone::find("Europe/Madrid")->clock(utc(2026, 1, 15, 12h)), clock_at(2026, 1, 15, 13h));
  EXPECT_EQ(TimeZone::find("Europe/Madrid")->clock(utc(2026, 7, 15, 12h)), clock_at(2026, 7, 15, 14h));
  EXPECT_EQ(TimeZone::find("America/Santiago")->clock(utc(2026, 1, 15, 12h)), clock_at(2026, 1, 15, 9h));
  EXPECT_EQ(TimeZone::find("Asia/Kolkata")->clock(utc(2026, 1, 15, 12h)), clock_at(2026, 1, 15, 17h + 30min));
  EXPECT_EQ(TimeZone().clock(utc(2026, 1, 15, 12h)), clock_at(2026, 1, 15, 12h));
}

TEST(TimeZone, ATimeThatIsSkippedIsTheMomentOfTheJump) {
  const auto madrid = *TimeZone::find("Europe/Madrid");  // 29 March 2026: 02:00 is 03:00
  EXPECT_EQ(madrid.first(clock_at(2026, 3, 29, 2h)), utc(2026, 3, 29, 1h));
  EXPECT_EQ(madrid.first(clock_at(2026, 3, 29, 2h + 59min)), utc(2026, 3, 29, 1h));
  EXPECT_EQ(madrid.first(clock_at(2026, 3, 29, 3h)), utc(2026, 3, 29, 1h));
}

TEST(TimeZone, ATimeThatIsShownTwiceIsTheFirst) {
  const auto madrid = *TimeZone::find("Europe/Madrid");  // 25 October 2026: 03:00 is 02:00 again
  EXPECT_EQ(madrid.first(clock_at(2026, 10, 25, 2h + 30min)), utc(2026, 10, 25, 30min));
  EXPECT_EQ(madrid.first(clock_at(2026, 10, 25, 3h)), utc(2026, 10, 25, 2h));
  const auto lord_howe = *TimeZone::find("Australia/Lord_Howe");  // 5 April 2026: 02:00 is 01:30 again
  EXPECT_EQ(lord_howe.first(clock_at(2026, 4, 5, 1h + 45min)), utc(2026, 4, 4, 14h + 45min));
  EXPECT_EQ(lord_howe.first(clock_at(2026, 4, 5, 2h)), utc(2026, 4, 4, 15h + 30min));
}

TEST(TimeZone, AnUnknownNameIsAnsweredWithTheOneThatWasMeant) {
  const auto says = [](std::string_view name) { return TimeZone::find(name).error().detail; };
  EXPECT_EQ(says("europe/madrid"),
            "no time zone is called 'europe/madrid'; expected an IANA name such as Europe/Madrid; did you mean "
            "Europe/Madrid?");
  EXPECT_NE(says("Santiago").find("did you mean America/Santiago?"), std::string::npos);
  EXPECT_NE(says("New York").find("did you mean America/New_York?"), std::string::npos);
  EXPECT_EQ(says("Nowhere").find("did you mean"), std::string::npos);
  EXPECT_FALSE(TimeZone::find("../../etc/passwd"));
  EXPECT_FALSE(TimeZone::find(""));
}

TEST(RateLimits, BandwidthHasAUnit) {
  EXPECT_EQ(parse_bandwidth("20 MB/s"), 20'000'000u);
  EXPECT_EQ(parse_bandwidth("1.5GB/s"), 1'500'000'000u);
  EXPECT_EQ(parse_bandwidth("1 kB/s"), 1'000u);
  for (const auto* text : {"", "20", "20 MB", "20 mb/s", "-1 MB/s", "0 MB/s", "0.5 kB/s", "inf MB/s", "1e3 MB/s",
                           "20  MB/s", "99999 TB/s"})
    EXPECT_FALSE(parse_bandwidth(text)) << text;
}

}  // namespace
}  // namespace garner
