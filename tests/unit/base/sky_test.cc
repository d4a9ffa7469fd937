#include "base/sky.h"

#include <gtest/gtest.h>

namespace garner {
namespace {

TEST(Sky, ReadsDegreesAndHoursOfRightAscension) {
  const std::pair<const char*, double> rows[] = {{"266.41683", 266.41683},
                                                 {"0", 0},
                                                 {"360", 0},
                                                 {"12:30", 187.5},
                                                 {"12:34:56.7", 188.73625},
                                                 {"12h34m56.7s", 188.73625},
                                                 {"12 34 56.7", 188.73625},
                                                 {"1h", 15},
                                                 {"266.5d", 266.5},
                                                 {"266d30m", 266.5},
                                                 {"+10.5", 10.5},
                                                 {" 10.5 ", 10.5},
                                                 {"1.5e1", 15}};
  for (const auto& [text, degrees] : rows) {
    const auto read = parse_right_ascension(text);
    ASSERT_TRUE(read) << text << ": " << read.error().detail;
    EXPECT_NEAR(*read, degrees, 1e-11) << text;
  }
}

TEST(Sky, ReadsDeclinationsBelowZeroEvenWithZeroDegrees) {
  const std::pair<const char*, double> rows[] = {{"-29.00781", -29.00781},
                                                 {"-01:02:03", -1.0341666666666667},
                                                 {"-00:30:00", -0.5},
                                                 {"+90", 90},
                                                 {"-29d00m28.1s", -29.007805555555556},
                                                 {"-0 30", -0.5}};
  for (const auto& [text, degrees] : rows) {
    const auto read = parse_declination(text);
    ASSERT_TRUE(read) << text << ": " << read.error().detail;
    EXPECT_NEAR(*read, degrees, 1e-11) << text;
  }
}

TEST(Sky, RefusesWhatIsNoPosition) {
  for (const char* text : {"", "-1", "361", "25:00:00", "12:60:00", "12:34:60", "12.5:30", "12:34:56:7", "12:34 56",
                           "nan", "inf", "0x10", "12h34", "12:", "12:34:", "M31", "10..5", "12:34.5:6", "--1"}) {
    EXPECT_FALSE(parse_right_ascension(text)) << text;
  }
  for (const char* text : {"", "90.1", "-90:00:01", "12h", "--5", "-", "5 degrees"})
    EXPECT_FALSE(parse_declination(text)) << text;
  EXPECT_EQ(parse_declination("north").error().kind, Kind::Invalid);
  EXPECT_NE(parse_declination("north").error().detail.find("'north'"), std::string::npos);
}

TEST(Sky, ReadsAnAngleInItsUnit) {
  const std::pair<const char*, double> rows[] = {
      {"0.1", 0.1},     {"0.1deg", 0.1},     {"2arcmin", 2.0 / 60},    {"5arcsec", 5.0 / 3600},
      {"2'", 2.0 / 60}, {"5\"", 5.0 / 3600}, {"5 arcsec", 5.0 / 3600}, {"180", 180}};
  for (const auto& [text, degrees] : rows) {
    const auto read = parse_angle(text, 180);
    ASSERT_TRUE(read) << text << ": " << read.error().detail;
    EXPECT_DOUBLE_EQ(*read, degrees) << text;
  }
  for (const char* text : {"", "0", "-1", "181", "5 parsec", "arcsec", "5arcsecs"})
    EXPECT_FALSE(parse_angle(text, 180)) << text;
  EXPECT_TRUE(parse_angle("359.5", 360));
  EXPECT_FALSE(parse_angle("361", 360));
}

}  // namespace
}  // namespace garner
