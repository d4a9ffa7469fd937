// The keys that say when a harvest may run, and how fast.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/manifest.h"

namespace garner::manifest {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Result<Manifest> parsed(const std::string& keys) {
  return parse_manifest(
      "harvest: rvs\narchive: gaia\nrelease: Gaia DR3\nsources: ids.txt\nretrieval_types: RVS\n"
      "output: {directory: /data/rvs}\n" +
          keys,
      "m.yaml");
}

Timing good(const std::string& keys) {
  auto manifest = parsed(keys);
  EXPECT_TRUE(manifest) << manifest.error().detail;
  return manifest.value_or(Manifest{}).timing;
}

std::string problem(const std::string& keys) {
  const auto manifest = parsed(keys);
  EXPECT_FALSE(manifest) << keys;
  return manifest ? "" : manifest.error().detail;
}

constexpr std::uint8_t days(std::initializer_list<unsigned> all) {
  unsigned bits = 0;
  for (const auto day : all) bits |= 1u << day;
  return static_cast<std::uint8_t>(bits);
}

TEST(Timing, WithoutItsKeysAHarvestMayAlwaysRun) {
  const auto timing = good("");
  EXPECT_TRUE(timing.window.empty());
  EXPECT_TRUE(timing.time_zone.empty());
  EXPECT_FALSE(timing.deadline);
  EXPECT_TRUE(timing.limits.none());
}

TEST(Timing, HoursOverMidnight) {
  const auto timing = good("window: 20:00-06:00\n");
  ASSERT_EQ(timing.window.size(), 1u);
  EXPECT_EQ(timing.window[0].days, Hours::kEveryDay);
  EXPECT_EQ(timing.window[0].from, 20h);
  EXPECT_EQ(timing.window[0].to, 6h);
  EXPECT_TRUE(timing.window[0].over_midnight());
  EXPECT_EQ(timing.window_text, "20:00-06:00");
}

TEST(Timing, WeekdaysInFront) {
  const auto timing = good("window: [\"mon-fri 20:00-6:30\", \"sat,Sunday 00:00-24:00\", \"fri-mon 12:00-13:00\"]\n");
  ASSERT_EQ(timing.window.size(), 3u);
  EXPECT_EQ(timing.window[0].days, days({0, 1, 2, 3, 4}));
  EXPECT_EQ(timing.window[0].to, 6h + 30min);
  EXPECT_EQ(timing.window[1].days, days({5, 6}));
  EXPECT_FALSE(timing.window[1].over_midnight());
  EXPECT_EQ(timing.window[2].days, days({4, 5, 6, 0}));
  EXPECT_EQ(timing.window_text, "mon-fri 20:00-6:30, sat,Sunday 00:00-24:00, fri-mon 12:00-13:00");
}

TEST(Timing, DrainDeadlineZoneAndLimits) {
  const auto timing = good(
      "window: 20:00-06:00\ntime_zone: Europe/Madrid\ndrain_by: 06:30\ndeadline: 2026-12-24 18:00\n"
      "limits: {requests_per_minute: 30, bandwidth: 20 MB/s}\n");
  EXPECT_EQ(timing.time_zone, "Europe/Madrid");
  EXPECT_EQ(timing.drain_by.at, 6h + 30min);
  EXPECT_EQ(timing.deadline, std::chrono::local_days(std::chrono::year(2026) / 12 / 24) + 18h);
  EXPECT_EQ(timing.limits, (RateLimits{30, 20'000'000}));
  EXPECT_EQ(good("window: 20:00-06:00\ndrain_by: 45 min\n").drain_by.after, 45min);
  EXPECT_EQ(good("window: 20:00-06:00\ndrain_by: 0s\n").drain_by.after, 0s);
  EXPECT_EQ(good("window: 20:00-06:00\n").drain_by.after, 30min);
  EXPECT_EQ(good("window: 20:00-06:00\ndrain_by: 18:00\n").drain_by.at, 18h);
}

TEST(Timing, ProblemsNameThePlaceAndWhatWasExpected) {
  struct Row {
    const char *keys, *says;
  };
  const Row rows[] = {
      {"window: 20-6\n",
       "m.yaml:7:9: window: '20-6' is no window: expected hours such as \"20:00-06:00\", perhaps with "
       "weekdays in front, \"mon-fri 20:00-06:00\" or \"sat,sun 00:00-24:00\""},
      {"window: [20:00-06:00, mo 20:00-06:00]\n", "m.yaml:7:23: "},
      {"window: 24:00-06:00\n", "is no window"},
      {"window: 20:60-06:00\n", "is no window"},
      {"window: 20:00-24:01\n", "is no window"},
      {"window: mon- 20:00-06:00\n", "is no window"},
      {"window: 20:00 - 06:00\n", "is no window"},
      {"window: 20:00-20:00\n",
       "m.yaml:7:9: window: '20:00-20:00' opens and closes at the same time; a whole day is "
       "00:00-24:00"},
      {"window: []\n", "the list is empty"},
      {"time_zone: Europe/Madird\n", "m.yaml:7:12: time_zone: no time zone is called 'Europe/Madird'"},
      {"drain_by: 06:30\n", "m.yaml:7:11: drain_by: goes with a window or a deadline"},
      {"window: 20:00-06:00\ndrain_by: soon\n", "m.yaml:8:11: drain_by: 'soon' is neither a time"},
      {"window: 20:00-06:00\ndrain_by: 13 h\n", "neither a time, \"06:30\", nor a while of 12 h at most"},
      {"window: 20:00-06:00\ndrain_by: 05:00\n", "05:00 is 23 h after the window closes"},
      {"deadline: 2026-02-30 18:00\n",
       "m.yaml:7:11: deadline: '2026-02-30 18:00' is no date and time: expected one such "
       "as \"2026-12-24 18:00\""},
      {"deadline: tomorrow\n", "is no date and time"},
      {"limits: {bandwidth: 20}\n", "m.yaml:7:21: limits.bandwidth: '20' is no bandwidth"},
      {"limits: {requests_per_minute: 0}\n", "m.yaml:7:31: limits.requests_per_minute: expected a number from 0.01"},
      {"limits: {requests: 5}\n", "requests"},
  };
  for (const auto& row : rows) EXPECT_THAT(problem(row.keys), HasSubstr(row.says)) << row.keys;
}

}  // namespace
}  // namespace garner::manifest
