// The breaker as a state machine: what opens it, what goes out meanwhile, what closes it.
#include "policy/breaker.h"

#include <gtest/gtest.h>

#include <vector>

namespace garner::policy {
namespace {

using namespace std::chrono_literals;
using State = Breaker::State;
using Change = Breaker::Change;

class OpenOrNot : public ::testing::Test {
 protected:
  Change trouble(bool at_once = false, std::optional<SteadyTime> named = std::nullopt, Breaker::ProbeNo probe = 0) {
    return breaker.trouble({"pool empty", at_once, named}, probe, now, pace, random);
  }
  // Waits for the next probe's time and sends it.
  Breaker::ProbeNo probe() {
    now = std::max(now, breaker.next_probe());
    EXPECT_TRUE(breaker.may_ask(now));
    return breaker.asked();
  }
  void open() { EXPECT_EQ(trouble(true), Change::Opened); }

  Breaker breaker;
  BreakerPace pace{30s, 600s};
  Random random{1};
  SteadyTime now{1h};
};

TEST_F(OpenOrNot, OpensAtTheThirdTroubleInARow) {
  EXPECT_EQ(trouble(), Change::None);
  EXPECT_EQ(trouble(), Change::None);
  EXPECT_TRUE(breaker.may_ask(now));
  EXPECT_EQ(trouble(), Change::Opened);
  EXPECT_FALSE(breaker.may_ask(now));
  EXPECT_EQ(breaker.because(), "pool empty");
  EXPECT_EQ(breaker.since(), now);
}

TEST_F(OpenOrNot, StaysClosedWhileGoodAnswersComeInBetween) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(trouble(), Change::None);
    EXPECT_EQ(trouble(), Change::None);
    EXPECT_EQ(breaker.good(breaker.asked()), Change::None);
  }
  EXPECT_TRUE(breaker.closed());
}

TEST_F(OpenOrNot, OpensAtOnceOnAMaintenancePageAndWhenTheArchiveNamesATime) {
  open();
  Breaker other;
  EXPECT_EQ(other.trouble({"come again", false, now + 24h}, 0, now, pace, random), Change::Opened);
  EXPECT_EQ(other.next_probe(), now + 24h);
  EXPECT_FALSE(other.may_ask(now + 24h - 1ms));
  EXPECT_TRUE(other.may_ask(now + 24h));
}

TEST_F(OpenOrNot, ProbesAtGrowingIntervalsWithJitterUpToItsMost) {
  open();
  std::vector<Duration> waits;
  for (int i = 0; i < 200; ++i) {
    const Duration longest = std::min<Duration>(30s * (1 << std::min(i, 10)), 600s);
    const Duration wait = breaker.next_probe() - now;
    EXPECT_GE(wait, longest / 2) << i;
    EXPECT_LE(wait, longest) << i;
    waits.push_back(wait);
    EXPECT_EQ(trouble(false, {}, probe()), Change::None);
  }
  const auto [least, most] = std::minmax_element(waits.begin() + 10, waits.end());
  EXPECT_LT(*least, 330s) << "never all clients at the same moment";
  EXPECT_GT(*most, 570s);
  EXPECT_EQ(breaker.probes_failed(), 200u);
}

TEST_F(OpenOrNot, SendsOneProbeAtATime) {
  open();
  const auto first = probe();
  EXPECT_EQ(breaker.state(), State::Probing);
  EXPECT_FALSE(breaker.may_ask(now + 24h));
  EXPECT_EQ(trouble(false, {}, first), Change::None);
  EXPECT_EQ(breaker.state(), State::Open);
}

TEST_F(OpenOrNot, ClosesWithAGoodProbeAndStartsItsIntervalsAnew) {
  open();
  for (int i = 0; i < 5; ++i) (void)trouble(false, {}, probe());
  EXPECT_EQ(breaker.good(probe()), Change::Closed);
  EXPECT_TRUE(breaker.may_ask(now));
  EXPECT_EQ(breaker.troubles_in_row(), 0u);
  open();
  EXPECT_LE(breaker.next_probe() - now, 30s);
}

TEST_F(OpenOrNot, IsNotClosedNorHurriedByAnswersToWhatWasAskedBefore) {
  open();
  const SteadyTime next = breaker.next_probe();
  EXPECT_EQ(breaker.good(0), Change::None);
  EXPECT_EQ(trouble(), Change::None);
  EXPECT_EQ(breaker.state(), State::Open);
  EXPECT_EQ(breaker.next_probe(), next);
  EXPECT_EQ(breaker.probes_failed(), 0u);
  (void)trouble(false, now + 2h);
  EXPECT_EQ(breaker.next_probe(), now + 2h) << "but a time that the archive names holds";
}

TEST_F(OpenOrNot, BeginsOpenWhereItWasLeftSo) {
  breaker.take_up_open("it said so", now, now + 1h);
  EXPECT_FALSE(breaker.may_ask(now + 59min));
  EXPECT_EQ(breaker.named(), now + 1h);
  EXPECT_TRUE(breaker.may_ask(now + 1h));
  breaker = {};
  breaker.take_up_open("it was down", now, {});
  EXPECT_EQ(breaker.because(), "it was down");
  EXPECT_TRUE(breaker.may_ask(now)) << "a probe, at once";
  const auto first = breaker.asked();
  EXPECT_NE(first, 0u);
  EXPECT_FALSE(breaker.may_ask(now)) << "but one only";
  EXPECT_EQ(breaker.good(first), Change::Closed);
  EXPECT_FALSE(breaker.named());
}

TEST_F(OpenOrNot, RemembersTheTimeThatWasNamedUntilItCloses) {
  (void)trouble(false, now + 2h);
  EXPECT_EQ(breaker.named(), now + 2h);
  (void)trouble(false, now + 1h);
  EXPECT_EQ(breaker.named(), now + 2h);
  now += 2h;
  EXPECT_EQ(breaker.good(breaker.asked()), Change::Closed);
  EXPECT_FALSE(breaker.named());
}

TEST_F(OpenOrNot, TakesNoAnswerToAnEarlierOpeningsProbeForThisOnes) {
  open();
  const auto old = probe();
  breaker.no_news(old);
  const auto young = probe();
  EXPECT_EQ(breaker.good(old), Change::None);
  EXPECT_EQ(breaker.state(), State::Probing);
  EXPECT_EQ(breaker.good(young), Change::Closed);
}

TEST_F(OpenOrNot, LetsTheNextProbeGoWhereOneWasStopped) {
  open();
  breaker.no_news(probe());
  EXPECT_TRUE(breaker.may_ask(now));
}

// Where nobody can tell the archive's fault from the request's, the request is judged in the end.
TEST_F(OpenOrNot, ClosesAtTheSixthProbeInARowThatIsAnsweredBadly) {
  open();
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(breaker.bad("null", probe(), now, pace, random), Change::None) << i;
  (void)trouble(false, {}, probe());
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(breaker.bad("null", probe(), now, pace, random), Change::None) << i;
  EXPECT_EQ(breaker.bad("null", probe(), now, pace, random), Change::Closed);
}

}  // namespace
}  // namespace garner::policy
