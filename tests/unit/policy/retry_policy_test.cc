// What a failed attempt means for its chunk, its type, its harvest and the archive.
#include <gtest/gtest.h>

#include "policy/retry_policy.h"

namespace garner::policy {
namespace {

using namespace std::chrono_literals;

Error error_of(Kind kind, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
  return {kind, "words", retry_after};
}

Verdict judge(Kind kind, std::uint32_t attempts = 1, std::uint32_t failures = 1) {
  Random random(1);
  return judge_failure(error_of(kind), attempts, failures, archive::Manners{}, random);
}

TEST(RetryPolicy, GivesEachKindItsMeaning) {
  struct Row {
    Kind kind;
    Next next;
    bool counted, trouble;
  };
  const Row rows[] = {
      {Kind::Transient, Next::RetryChunk, false, true},   {Kind::Overloaded, Next::RetryChunk, false, true},
      {Kind::Maintenance, Next::RetryChunk, false, true}, {Kind::RateLimited, Next::RetryChunk, false, true},
      {Kind::Suspect, Next::RetryChunk, true, false},     {Kind::Malformed, Next::RetryChunk, true, false},
      {Kind::Corrupt, Next::RetryChunk, true, false},     {Kind::TooLarge, Next::BlockChunk, false, false},
      {Kind::Auth, Next::BlockType, false, false},        {Kind::Quota, Next::BlockType, false, false},
      {Kind::Unsupported, Next::BlockType, false, false}, {Kind::DiskFull, Next::HoldHarvest, false, false},
      {Kind::Internal, Next::HoldHarvest, false, false},  {Kind::Cancelled, Next::Stop, false, false},
  };
  for (const Row& row : rows) {
    const Verdict verdict = judge(row.kind);
    EXPECT_EQ(verdict.next, row.next) << kind_name(row.kind);
    EXPECT_EQ(verdict.counted, row.counted) << kind_name(row.kind);
    EXPECT_EQ(verdict.archive_trouble, row.trouble) << kind_name(row.kind);
  }
}

TEST(RetryPolicy, BlocksAChunkAtItsLastCountedAttempt) {
  EXPECT_EQ(judge(Kind::Suspect, 5).next, Next::RetryChunk);
  EXPECT_EQ(judge(Kind::Suspect, 6).next, Next::BlockChunk);
}

TEST(RetryPolicy, NeverGivesUpOverAnOutage) {
  EXPECT_EQ(judge(Kind::Overloaded, 1000, 100'000).next, Next::RetryChunk);
}

TEST(RetryPolicy, BacksOffExponentiallyWithFullJitterUpToItsCap) {
  archive::Manners manners;
  manners.retry_first = 1000ms;
  manners.retry_most = 60'000ms;
  Random random(7);
  for (const auto& [failures, cap] :
       {std::pair{1u, 1000ms}, {2u, 2000ms}, {5u, 16'000ms}, {7u, 60'000ms}, {500u, 60'000ms}}) {
    Duration least = 1h, most = 0s;
    for (int i = 0; i < 2000; ++i) {
      const Duration wait = back_off(failures, manners, random);
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    EXPECT_LE(most, cap) << failures;
    EXPECT_GE(most, cap * 9 / 10) << failures;
    EXPECT_LE(least, cap / 10) << failures;
  }
}

TEST(RetryPolicy, WaitsAtLeastAsLongAsTheArchiveAsks) {
  Random random(3);
  const Verdict verdict = judge_failure(error_of(Kind::RateLimited, 3600s), 0, 1, archive::Manners{}, random);
  EXPECT_GE(verdict.wait, 3600s);
}

}  // namespace
}  // namespace garner::policy
