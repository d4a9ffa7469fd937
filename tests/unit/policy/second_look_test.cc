// The decisions of the second look, and its state.
#include "policy/second_look.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace garner::policy {
namespace {

using namespace std::chrono_literals;
using ledger::ChunkRecord;
using ledger::Outcome;
using What = LookClaim::What;

ChunkRecord pending(std::size_t ids) {
  ChunkRecord record;
  record.outcomes.assign(ids, Outcome::Pending);
  return record;
}

TEST(CameBackEmpty, StaysPendingTheFirstTimeAndIsAbsentTheSecond) {
  auto record = pending(3);
  came_back_empty(record, 2, {});
  came_back_empty(record, 0, {});
  EXPECT_EQ(record.empties, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(record.outcomes[0], Outcome::Pending);
  came_back_empty(record, 2, {.second_time = true});
  drop_stale_marks(record);
  EXPECT_EQ(record.outcomes[2], Outcome::Absent);
  EXPECT_EQ(record.empties, (std::vector<std::uint32_t>{0}));
}

TEST(CameBackEmpty, IsAbsentAtOnceWhereNothingIsConfirmed) {
  auto record = pending(1);
  came_back_empty(record, 0, {.confirm = false});
  EXPECT_EQ(record.outcomes[0], Outcome::Absent);
  EXPECT_TRUE(record.empties.empty());
}

TEST(CameBackEmpty, NeverAbsentWhatWasSeenButFailedInTheEnd) {
  auto record = pending(1);
  came_back_empty(record, 0, {.contradictions_most = 3});
  came_after_all(record, 0);
  EXPECT_TRUE(record.empties.empty());
  for (const bool second_time : {false, true}) {
    came_back_empty(record, 0, {.second_time = second_time, .contradictions_most = 3});
    EXPECT_EQ(record.outcomes[0], Outcome::Pending);
    EXPECT_EQ(record.empties.size(), 1u);
  }
  came_after_all(record, 0);
  came_back_empty(record, 0, {.contradictions_most = 3});
  EXPECT_EQ(record.outcomes[0], Outcome::Failed);
  EXPECT_NE(record.failures.at(0).find("left it out 3 times since"), std::string::npos) << record.failures.at(0);
}

TEST(CameBackEmpty, TheRestIsAbsentButForWhatWasSeen) {
  auto record = pending(4);
  for (const std::uint32_t place : {0u, 1u, 2u}) came_back_empty(record, place, {});
  came_after_all(record, 1);
  came_back_empty(record, 1, {});
  rest_is_absent(record);
  EXPECT_EQ(record.outcomes, (std::vector{Outcome::Absent, Outcome::Pending, Outcome::Absent, Outcome::Pending}));
  EXPECT_EQ(record.empties, (std::vector<std::uint32_t>{1}));
  EXPECT_TRUE(record.sampled);
}

using Sizes = std::vector<std::size_t>;

TEST(Shares, TakeWholeBlocksAndOfNoneMoreThanHalfOfTheRequest) {
  EXPECT_EQ(shares(Sizes{40, 50, 20, 10}, 100, false), (Sizes{40, 50, 0, 10})) << "20 more would not fit";
  EXPECT_EQ(shares(Sizes{100, 100, 100}, 100, false), (Sizes{50, 50, 0}));
  EXPECT_EQ(shares(Sizes{100}, 100, false), (Sizes{100})) << "nobody else is there";
  EXPECT_EQ(shares(Sizes{3}, 1, false), (Sizes{1}));
  EXPECT_EQ(shares(Sizes{}, 100, false), Sizes{});
}

TEST(Shares, AreAboutTheSameOfAllWhereTheySpread) {
  EXPECT_EQ(shares(Sizes{100, 100, 100, 100}, 100, true), (Sizes{25, 25, 25, 25}));
  EXPECT_EQ(shares(Sizes{5, 100, 100}, 100, true), (Sizes{5, 48, 47}));
  EXPECT_EQ(shares(Sizes{5, 6}, 100, true), (Sizes{5, 6}));
}

TEST(Shares, NeverAskForMoreThanARequestHoldsAndAlwaysForSomething) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 2000; ++round) {
    Sizes empties(1 + random() % 20);
    for (auto& count : empties) count = 1 + random() % 200;
    const std::size_t most = 1 + random() % 300;
    for (const bool evenly : {false, true}) {
      const auto takes = shares(empties, most, evenly);
      const auto sum = std::accumulate(takes.begin(), takes.end(), std::size_t{0});
      EXPECT_LE(sum, most);
      EXPECT_GT(sum, 0u);
      for (std::size_t i = 0; i < takes.size(); ++i) EXPECT_LE(takes[i], empties[i]);
    }
  }
}

TEST(Spread, TakesPlacesFromEndToEnd) {
  const std::vector<std::uint32_t> places{1, 3, 5, 7, 9, 11};
  EXPECT_EQ(spread(places, 3, 0), (std::vector<std::uint32_t>{1, 5, 9}));
  std::set<std::uint32_t> seen;
  for (std::uint32_t block = 0; block < 20; ++block) {
    const auto two = spread(places, 2, block);
    ASSERT_EQ(two.size(), 2u);
    EXPECT_EQ(two[1] - two[0], 6u);
    seen.insert(two.begin(), two.end());
    EXPECT_EQ(spread(places, 6, block), places);
  }
  EXPECT_EQ(seen.size(), 6u) << "of other blocks others";
  EXPECT_TRUE(spread(places, 0, 0).empty());
}

TEST(Sample, IsOneInAHundredButARequestAtLeast) {
  EXPECT_EQ(sample_size(1'000'000, 500), 10'000u);
  EXPECT_EQ(sample_size(20'001, 500), 500u);
  EXPECT_EQ(sample_size(50'001, 500), 501u);
  EXPECT_EQ(sample_size(30, 500), 30u);
  EXPECT_TRUE(mostly_empty(51, 49));
  EXPECT_FALSE(mostly_empty(50, 50));
}

constexpr SteadyTime kNow{};

SecondLook::Facts facts(std::uint64_t empty, std::uint64_t came, std::uint32_t chunk_size = 100) {
  return {.first_asking_over = true, .empty = empty, .came = came, .chunk_size = chunk_size};
}

LookEnd all_done(const LookClaim& claim, std::uint64_t asked, std::uint64_t found = 0) {
  LookEnd end;
  end.how = LookEnd::How::Settled;
  end.asked = asked;
  end.found = found;
  for (const auto block : claim.blocks) end.blocks[block] = LookEnd::Block::Done;
  return end;
}

TEST(SecondLook, BeginsWhenNothingElseIsLeftToBeAsked) {
  SecondLook look(std::vector<bool>(10, true));
  auto before = facts(50, 950);
  before.first_asking_over = false;
  EXPECT_FALSE(look.claim(before, kNow));
  const auto claim = look.claim(facts(50, 950), kNow);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->what, What::Ask);
  // Once begun it goes on beside chunks that are asked anew.
  look.end(*claim, all_done(*claim, 50), kNow);
  look.enter(3);
  EXPECT_TRUE(look.claim(before, kNow));
}

TEST(SecondLook, HandsEachBlockToOneGroupAtATime) {
  SecondLook look(std::vector<bool>(100, true));
  std::set<std::uint32_t> taken;
  while (const auto claim = look.claim(facts(1000, 9000), kNow)) {
    EXPECT_EQ(claim->what, What::Ask);
    EXPECT_EQ(claim->blocks.size(), 10u) << "a hundred at ten a block";
    for (const auto block : claim->blocks) EXPECT_TRUE(taken.insert(block).second) << block;
  }
  EXPECT_EQ(taken.size(), 100u);
}

TEST(SecondLook, AsksASampleOfATypeThatIsMostlyEmptyAndWritesTheRestWhereItFindsNothing) {
  SecondLook look(std::vector<bool>(1000, true));
  const auto mostly = facts(90'000, 10'000);
  std::vector<LookClaim> groups;
  while (auto claim = look.claim(mostly, kNow)) groups.push_back(std::move(*claim));
  ASSERT_EQ(groups.size(), 9u) << "900 of 90,000, a hundred a request";
  for (const auto& group : groups) {
    EXPECT_EQ(group.what, What::Sample);
    EXPECT_LT(group.blocks.front(), 100u) << "spread over the type";
    EXPECT_GT(group.blocks.back(), 900u);
  }
  for (const auto& group : groups) {
    EXPECT_FALSE(look.claim(mostly, kNow)) << "before the sample is in";
    LookEnd end;
    end.how = LookEnd::How::Settled;
    end.asked = 100;
    for (const auto block : group.blocks) end.blocks[block] = LookEnd::Block::OnlyEmpties;
    look.end(group, end, kNow);
  }
  std::size_t written = 0;
  while (const auto claim = look.claim(mostly, kNow)) {
    EXPECT_EQ(claim->what, What::Write);
    written += claim->blocks.size();
    look.end(*claim, all_done(*claim, 0), kNow);
  }
  EXPECT_EQ(written, 1000u);
  EXPECT_EQ(look.blocks(), 0u);
}

TEST(SecondLook, AsksForAllOnceASampleFindsSomething) {
  SecondLook look(std::vector<bool>(1000, true));
  const auto mostly = facts(90'000, 10'000);
  const auto first = look.claim(mostly, kNow);
  ASSERT_TRUE(first);
  LookEnd end;
  end.how = LookEnd::How::Settled;
  end.asked = 100;
  end.found = 1;
  end.blocks[first->blocks[0]] = LookEnd::Block::Open;
  look.end(*first, end, kNow);
  const auto next = look.claim(mostly, kNow);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->what, What::Ask);
}

// What was settled before our disk said no is not asked for, nor told, a second time.
TEST(SecondLook, KeepsOfAGroupThatIsHeldOnlyWhatStillHoldsOnlyEmpties) {
  for (const auto how : {LookEnd::How::HoldHarvest, LookEnd::How::Retry, LookEnd::How::Stopped}) {
    SecondLook look(std::vector<bool>(50, true));
    const auto mostly = facts(5000, 0);
    const auto claim = look.claim(mostly, kNow);
    ASSERT_TRUE(claim);
    ASSERT_EQ(claim->what, What::Sample);
    ASSERT_GT(claim->blocks.size(), 4u);
    const auto &blocks = claim->blocks, kept = std::vector(blocks.begin() + 3, blocks.end());
    LookEnd end;
    end.how = how;
    end.blocks = {{blocks[0], LookEnd::Block::Done},
                  {blocks[1], LookEnd::Block::Open},
                  {blocks[2], LookEnd::Block::Done},
                  {blocks[3], LookEnd::Block::OnlyEmpties}};
    look.end(*claim, end, kNow);
    EXPECT_EQ(look.blocks(), 47u);
    const auto again = look.claim(mostly, kNow);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->what, What::Sample);
    EXPECT_EQ(again->blocks, kept);
    look.end(*again, all_done(*again, 100), kNow);
    EXPECT_EQ(look.blocks(), 50u - 3 - kept.size());
  }
}

TEST(SecondLook, ForgetsAGroupOfWhichNothingIsLeft) {
  SecondLook look(std::vector<bool>(3, true));
  const auto mostly = facts(3, 0);
  const auto claim = look.claim(mostly, kNow);
  ASSERT_TRUE(claim);
  auto end = all_done(*claim, 3);
  end.how = LookEnd::How::HoldHarvest;
  look.end(*claim, end, kNow);
  EXPECT_EQ(look.blocks(), 0u);
  EXPECT_FALSE(look.next_due());
  EXPECT_FALSE(look.claim(mostly, kNow));
}

TEST(SecondLook, SaysNothingByASampleThatCouldNotBeAsked) {
  SecondLook look(std::vector<bool>(1, true));
  const auto mostly = facts(100, 0);
  auto claim = look.claim(mostly, kNow);
  ASSERT_TRUE(claim);
  LookEnd end;
  end.how = LookEnd::How::Split;
  look.end(*claim, end, kNow);
  EXPECT_FALSE(look.claim(mostly, kNow));
  const auto alone = look.claim_alone();
  ASSERT_TRUE(alone);
  EXPECT_FALSE(look.claim(mostly, kNow)) << "it is asked alone meanwhile";
  look.end_alone(*alone, 0, 0, false);
  claim = look.claim(mostly, kNow);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->what, What::Ask);
}

TEST(SecondLook, GoesOnWithTheSampleWhereRequestsHoldLess) {
  SecondLook look(std::vector<bool>(100, true));
  const auto mostly = facts(10'000, 0);
  std::uint64_t asked = 0;
  int groups = 0;
  auto claim = look.claim(mostly, kNow);
  for (; claim && claim->what == What::Sample; claim = look.claim(mostly, kNow), ++groups) {
    LookEnd end;
    end.how = LookEnd::How::Settled;
    end.asked = 30;
    asked += end.asked;
    look.end(*claim, end, kNow);
  }
  EXPECT_EQ(groups, 4);
  EXPECT_GE(asked, 100u);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->what, What::Write);
}

TEST(SecondLook, SplitsAGroupWhoseAnswersAreBadUntilABlockIsAlone) {
  SecondLook look(std::vector<bool>(8, true));
  LookEnd bad;
  bad.how = LookEnd::How::Split;
  std::set<std::uint32_t> alone;
  for (int round = 0; round < 20; ++round) {
    const auto claim = look.claim(facts(80, 1000), kNow);
    if (!claim) break;
    look.end(*claim, bad, kNow);
    while (const auto block = look.claim_alone()) {
      EXPECT_TRUE(alone.insert(*block).second);
    }
  }
  EXPECT_EQ(alone.size(), 8u);
  EXPECT_FALSE(look.claim(facts(80, 1000), kNow)) << "they are in hand";
  for (const auto block : alone) {
    look.leave(block);
    look.end_alone(block, 10, 0, false);
  }
  EXPECT_EQ(look.blocks(), 0u);
  EXPECT_FALSE(look.claim_alone());
}

TEST(SecondLook, TriesAGroupAgainWhenItsWaitIsOver) {
  SecondLook look(std::vector<bool>(8, true));
  const auto claim = look.claim(facts(80, 1000), kNow);
  ASSERT_TRUE(claim);
  LookEnd retry;
  retry.how = LookEnd::How::Retry;
  retry.counted = true;
  retry.wait = 30s;
  retry.reason = "500 \"null\"";
  look.end(*claim, retry, kNow);
  EXPECT_FALSE(look.claim(facts(80, 1000), kNow + 29s));
  EXPECT_EQ(look.next_due(), kNow + 30s);
  EXPECT_EQ(look.why_waiting(), "500 \"null\"");
  const auto again = look.claim(facts(80, 1000), kNow + 30s);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->blocks, claim->blocks);
  EXPECT_EQ(again->attempts, 1u);
}

// Whatever happens, a block is never in two hands, and in the end none is left.
TEST(SecondLook, ComesToItsEndInAnyOrderOfEvents) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    std::mt19937_64 random(seed);
    const auto pick = [&](std::uint64_t most) { return random() % (most + 1); };
    const auto blocks = static_cast<std::uint32_t>(1 + pick(200));
    std::vector<bool> only_empties(blocks);
    for (std::uint32_t i = 0; i < blocks; ++i) only_empties[i] = pick(2) > 0;
    SecondLook look(only_empties);
    SteadyTime now{};
    std::vector<LookClaim> groups;
    std::set<std::uint32_t> alone, open;
    const std::uint64_t came = pick(1) * 10'000;
    int steps = 0;
    while (look.blocks() > 0 || !open.empty()) {
      ASSERT_LT(++steps, 20'000) << "seed " << seed;
      const bool calm = steps > 2000;
      if (!open.empty() && pick(2) == 0) {  // what was found is asked anew, and came or not
        const auto block = *open.begin();
        open.erase(open.begin());
        if (!calm && pick(3) == 0) look.enter(block);
      }
      if (groups.size() < 4) {
        if (auto claim = look.claim(facts(look.blocks() * 10, came), now)) groups.push_back(std::move(*claim));
      }
      if (const auto block = look.claim_alone()) alone.insert(*block);
      std::set<std::uint32_t> held = alone;
      for (const auto& group : groups) {
        for (const auto block : group.blocks) EXPECT_TRUE(held.insert(block).second) << "seed " << seed;
      }
      if (!groups.empty() && pick(1) == 0) {
        const auto at = groups.begin() + static_cast<std::ptrdiff_t>(pick(groups.size() - 1));
        const LookClaim claim = std::move(*at);
        groups.erase(at);
        LookEnd end;
        end.how = calm ? LookEnd::How::Settled : static_cast<LookEnd::How>(pick(5));
        end.wait = 10s;
        if (end.how == LookEnd::How::Settled) {
          for (const auto block : claim.blocks) {
            const auto fate = pick(calm ? 1 : 3);
            if (fate == 0) continue;
            end.asked += 10;
            end.blocks[block] = fate == 2 ? LookEnd::Block::Open : LookEnd::Block::Done;
            if (fate == 2) ++end.found;
            if (fate == 2) open.insert(block);
          }
        }
        look.end(claim, end, now);
      }
      if (!alone.empty() && pick(2) == 0) {
        const auto block = *alone.begin();
        alone.erase(alone.begin());
        const bool over = calm || pick(1) == 0;
        if (over) look.leave(block);
        look.end_alone(block, 10, 0, !over);
      }
      now += 5s;
    }
  }
}

}  // namespace
}  // namespace garner::policy
