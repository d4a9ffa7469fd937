#include "policy/own_trouble.h"

#include <gtest/gtest.h>

namespace garner::policy {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kNow{1h};

TEST(OwnTrouble, AsksForOneChunkOnlyAfterTheDiskWasTried) {
  OwnTrouble trouble;
  EXPECT_TRUE(trouble.may_claim(5));
  EXPECT_FALSE(trouble.wants_trial(kNow));
  EXPECT_EQ(trouble.fault(kNow), kNow + 1min);
  EXPECT_FALSE(trouble.may_claim(0));
  EXPECT_FALSE(trouble.wants_trial(kNow + 59s));
  ASSERT_TRUE(trouble.wants_trial(kNow + 1min));
  trouble.trial_begins();
  EXPECT_FALSE(trouble.wants_trial(kNow + 1min)) << "somebody is at it";
  EXPECT_FALSE(trouble.may_claim(0));
  trouble.trial_went_well();
  EXPECT_TRUE(trouble.may_claim(0));
  EXPECT_FALSE(trouble.may_claim(1));
  trouble.kept();
  EXPECT_TRUE(trouble.may_claim(5));
}

TEST(OwnTrouble, RestsLongerEachTimeUpToAQuarterOfAnHour) {
  OwnTrouble trouble;
  SteadyTime now = kNow;
  for (const auto rest : {1min, 2min, 4min, 8min, 15min, 15min, 15min}) {
    EXPECT_EQ(trouble.fault(now), now + rest);
    now += rest;
    trouble.trial_begins();
    trouble.trial_went_well();  // but the chunk could not be kept
  }
}

TEST(OwnTrouble, TriesTheDiskEveryMinuteSinceThatCostsNoArchiveAnything) {
  OwnTrouble trouble;
  SteadyTime now = trouble.fault(kNow);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(trouble.wants_trial(now));
    trouble.trial_begins();
    EXPECT_EQ(trouble.trial_failed(now), now + 1min);
    EXPECT_FALSE(trouble.may_claim(0));
    now += 1min;
  }
  trouble.trial_begins();
  trouble.trial_went_well();
  EXPECT_EQ(trouble.fault(now), now + 2min);
}

TEST(OwnTrouble, CountsWhatFailsTogetherOnce) {
  OwnTrouble trouble;
  const auto until = trouble.fault(kNow);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(trouble.fault(kNow + 10s), until);
  EXPECT_EQ(trouble.due(), until);
  EXPECT_EQ(trouble.fault(until), until + 2min) << "later it is another one";
}

TEST(OwnTrouble, BeginsAnewOnceSomethingWasKept) {
  OwnTrouble trouble;
  for (int i = 0; i < 5; ++i) {
    (void)trouble.fault(kNow + i * 1h);
    trouble.trial_begins();
    trouble.trial_went_well();
  }
  trouble.kept();
  EXPECT_EQ(trouble.fault(kNow), kNow + 1min);
  trouble.kept();
  EXPECT_FALSE(trouble.may_claim(0)) << "what was under way proves nothing";
}

TEST(OwnTrouble, AnOperatorNeedNotWait) {
  OwnTrouble trouble;
  (void)trouble.fault(kNow);
  EXPECT_FALSE(trouble.wants_trial(kNow));
  trouble.hurry();
  EXPECT_TRUE(trouble.wants_trial(kNow));
}

}  // namespace
}  // namespace garner::policy
