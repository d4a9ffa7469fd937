#include "client/format.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "client/exit_code.h"

namespace garner::client {
namespace {

TEST(Format, NumbersGetThousandsSeparators) {
  EXPECT_EQ(thousands(0), "0");
  EXPECT_EQ(thousands(999), "999");
  EXPECT_EQ(thousands(1000), "1,000");
  EXPECT_EQ(thousands(1'203'117), "1,203,117");
  EXPECT_EQ(thousands(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Format, SizesHaveUnitsAndNoFalsePrecision) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.0 kB");
  EXPECT_EQ(bytes_text(8'900'000'000), "8.9 GB");
  EXPECT_EQ(bytes_text(99'960'000), "100 MB");
  EXPECT_EQ(bytes_text(812'345'678'901), "812 GB");
  EXPECT_EQ(bytes_text(999'999'999), "1.0 GB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "18.4 EB");
}

TEST(Format, RatesBelowTenHaveOneDecimal) {
  EXPECT_EQ(rate_text(0), "0");
  EXPECT_EQ(rate_text(0.01), "<0.1");
  EXPECT_EQ(rate_text(0.3), "0.3");
  EXPECT_EQ(rate_text(9.97), "10");
  EXPECT_EQ(rate_text(87.3), "87");
  EXPECT_EQ(rate_text(12'345), "12,345");
}

TEST(Format, DurationsGetCoarserAsTheyGrow) {
  EXPECT_EQ(duration_text(-3), "0 s");
  EXPECT_EQ(duration_text(14.9), "14 s");
  EXPECT_EQ(duration_text(12 * 60 + 20), "12 min");
  EXPECT_EQ(duration_text(3599), "1 h");
  EXPECT_EQ(duration_text(67 * 60), "1 h 5 min");
  EXPECT_EQ(duration_text(18'700), "5 h 10 min");
  EXPECT_EQ(duration_text(86'399), "24 h");
  EXPECT_EQ(duration_text(51 * 3600), "2 d 3 h");
  EXPECT_EQ(duration_text(48 * 3600), "2 d");
}

TEST(Format, AHundredPercentMeansAll) {
  EXPECT_EQ(percent_text(0, 0), "0 %");
  EXPECT_EQ(percent_text(577'500, 1'203'002), "48 %");
  EXPECT_EQ(percent_text(1'203'001, 1'203'002), "99 %");
  EXPECT_EQ(percent_text(5, 5), "100 %");
}

TEST(Format, OneIsSingular) {
  EXPECT_EQ(counted(1, "chunk", "chunks"), "1 chunk");
  EXPECT_EQ(counted(4814, "chunk", "chunks"), "4,814 chunks");
}

struct Clock : testing::Test {
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
  std::time_t noon = 1'795'262'400;  // Saturday, 2026-11-21 12:00 UTC
};

TEST_F(Clock, TimesOfDayAreNamedByTheirDistance) {
  EXPECT_EQ(clock_text(noon + 8 * 3600, noon), "20:00");
  EXPECT_EQ(clock_text(noon + 18 * 3600, noon), "tomorrow 06:00");
  EXPECT_EQ(clock_text(noon - 15 * 3600, noon), "yesterday 21:00");
  EXPECT_EQ(clock_text(noon + 3 * 86400, noon), "Tue 24 Nov 12:00");
}

TEST_F(Clock, AnArrivalIsNearOrAtATime) {
  EXPECT_EQ(eta_text(12 * 60, noon), "in 12 min");
  EXPECT_EQ(eta_text(11 * 3600 + 40 * 60, noon), "tonight 23:40");
  EXPECT_EQ(eta_text(2 * 3600, noon), "today 14:00");
  EXPECT_EQ(eta_text(18 * 3600, noon), "tomorrow 06:00");
}

TEST(Format, WidthsCountCharactersNotBytes) {
  EXPECT_EQ(text_width("5 × 3 …"), 7u);
  EXPECT_EQ(pad_right("×", 3), "×  ");
  EXPECT_EQ(pad_left("×", 3), "  ×");
  EXPECT_EQ(cut("abcdef", 4), "abc…");
  EXPECT_EQ(cut("××××", 3), "××…");
  EXPECT_EQ(cut("abcd", 4), "abcd");
}

TEST(Format, WithoutUtf8SignsBecomeAscii) {
  EXPECT_EQ(to_ascii("2 × 3 · ██▌ café…"), "2 x 3 - ### caf?...");
}

TEST(Format, ForeignTextCannotSteerTheTerminal) {
  EXPECT_EQ(printable_lines("one\x1b[31m\ntwo\xff"), "one?[31m\ntwo?");
}

TEST(ExitCodes, FollowFromWhatTheCallerCanDo) {
  EXPECT_EQ(exit_code(Kind::Transient), 3);
  EXPECT_EQ(exit_code(Kind::Auth), 4);
  for (const auto kind :
       {Kind::Invalid, Kind::Malformed, Kind::NotFound, Kind::Conflict, Kind::TooLarge, Kind::Unsupported})
    EXPECT_EQ(exit_code(kind), 2);
  for (const auto kind : {Kind::Internal, Kind::DiskFull, Kind::Corrupt, Kind::Overloaded})
    EXPECT_EQ(exit_code(kind), 1);
}

}  // namespace
}  // namespace garner::client
