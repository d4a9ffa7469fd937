#include "policy/retry_policy.h"

#include <algorithm>

namespace garner::policy {

Duration back_off(std::uint32_t failures, const archive::Manners& manners, Random& random) {
  const std::uint32_t doublings = std::clamp(failures, 1u, 21u) - 1;
  const auto cap = std::min<std::chrono::milliseconds>(manners.retry_first * (1ll << doublings), manners.retry_most);
  return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(0, cap.count())(random));
}

bool counts_as_attempt(Kind kind) {
  return kind == Kind::Suspect || kind == Kind::Malformed || kind == Kind::Corrupt;
}

bool is_archive_trouble(Kind kind) {
  return kind == Kind::Transient || kind == Kind::Overloaded || kind == Kind::Maintenance || kind == Kind::RateLimited;
}

bool is_answer(Kind kind) {
  return kind == Kind::TooLarge || kind == Kind::Auth || kind == Kind::Quota || kind == Kind::Unsupported ||
         kind == Kind::NotFound || kind == Kind::Invalid;
}

Verdict judge_failure(const Error& error, std::uint32_t counted_attempts, std::uint32_t archive_failures,
                      const archive::Manners& manners, Random& random) {
  if (is_archive_trouble(error.kind)) {
    Duration wait = back_off(archive_failures, manners, random);
    if (error.retry_after) wait = std::max<Duration>(wait, *error.retry_after);
    return {Next::RetryChunk, false, true, wait};
  }
  if (counts_as_attempt(error.kind)) {
    if (counted_attempts >= manners.attempts_most) return {Next::BlockChunk, true, false, {}};
    return {Next::RetryChunk, true, false, back_off(counted_attempts, manners, random)};
  }
  switch (error.kind) {
    case Kind::TooLarge:
      return {Next::BlockChunk, false, false, {}};
    case Kind::Auth:
    case Kind::Quota:
    case Kind::Unsupported:
    case Kind::NotFound:
    case Kind::Invalid:
      return {Next::BlockType, false, false, {}};
    case Kind::Cancelled:
      return {Next::Stop, false, false, {}};
    default:
      return {Next::HoldHarvest, false, false, {}};
  }
}

}  // namespace garner::policy
