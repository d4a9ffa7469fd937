// What `garner submit --plan` says.
#include <gtest/gtest.h>

#include "harvest/service/plan.h"

namespace garner::harvest {
namespace {

TEST(Plan, CountsRequestsByTheTypeAndTimeByTheArchivesRate) {
  manifest::Manifest manifest;
  manifest.release = "Gaia DR3";
  manifest.layout = LayoutKind::Zip;
  archive::Profile profile;
  profile.releases = {{"Gaia DR3", {{"RVS", 1000, 0}, {"XP_SAMPLED", 500, 0}}}};
  profile.manners.sources_per_s_slow = 10;
  profile.manners.sources_per_s_fast = 100;
  const auto plan = make_plan({manifest, profile, {"RVS", "XP_SAMPLED"}, 500, 36'001, 7, 2, 1});
  EXPECT_EQ(plan.products, 72'002u);
  EXPECT_EQ(plan.requests, 146u) << "a last chunk of one source is a request too";
  EXPECT_EQ(plan.bytes_received, 36'001u * 1500);
  EXPECT_EQ(plan.bytes_stored, plan.bytes_received) << "layout zip stores what was received";
  EXPECT_NEAR(plan.hours_least, 0.2, 1e-4);
  EXPECT_NEAR(plan.hours_most, 2.0, 1e-3);
}

}  // namespace
}  // namespace garner::harvest
