#include <gtest/gtest.h>

#include "policy/rate_meter.h"

namespace garner::policy {
namespace {

using namespace std::chrono_literals;

TEST(RateMeter, MeasuresOverTheLastMinuteOnly) {
  RateMeter meter;
  const SteadyTime start{1h};
  meter.add(start, 600, 6000);
  EXPECT_DOUBLE_EQ(meter.sources_per_s(start + 60s), 10);
  EXPECT_DOUBLE_EQ(meter.sources_per_s(start + 61s), 0);
  meter.add(start + 100s, 120, 0);
  EXPECT_DOUBLE_EQ(meter.sources_per_s(start + 100s), 2);
}

}  // namespace
}  // namespace garner::policy
