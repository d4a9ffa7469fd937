// Whole nights in virtual time, each drawn from a seed: weather, full disks, power cuts at any durable step, restarts,
// operators, windows and caps; afterwards the account is held against the truth and what lies on disk.
//
//   test_nights                      2,000 nights, 100 under a sanitizer (GARNER_NIGHTS: so many)
//   test_nights --shard 1/2          every other one of them
//   test_nights --seed 17            this one alone, with its log (so does GARNER_NIGHT_SEED)
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "account.h"
#include "base/log.h"
#include "play.h"

namespace garner::testing::nights {
namespace {

constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);

struct Options {
  std::uint64_t nights = kSanitized ? 100 : 2'000, first = 1, step = 1;
};
Options options;

void play(std::uint64_t seed, Tally& tally) {
  Scene scene(seed);
  if (::testing::Test::HasFailure()) return;
  Play play(scene, tally);
  play.night();
  play.morning();
  expect_true_account(scene);
}

TEST(Nights, EndWithATrueAccountWhateverTheWeather) {
  Tally tally;
  for (std::uint64_t seed = options.first; seed <= options.nights; seed += options.step) {
    play(seed, tally);
    if (HasFailure()) FAIL() << "seed " << seed << "; alone: test_nights --seed " << seed;
  }
  fmt::print(
      "{} nights, {} of them with the real ledger on a disk that forgets: {} sources and parts, {} requests, {} "
      "jobs; {} kills, {} restarts, {} verbs, {} reloads, {} times the clock was set\n",
      tally.nights, tally.real_ledgers, tally.sources, tally.requests, tally.jobs, tally.kills, tally.restarts,
      tally.verbs, tally.reloads, tally.clocks_set);
}

bool parse(int argc, char** argv) {
  if (const char* nights = std::getenv("GARNER_NIGHTS")) options.nights = std::strtoull(nights, nullptr, 10);
  const char* seed = std::getenv("GARNER_NIGHT_SEED");
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--seed") == 0)
      seed = argv[i + 1];
    else if (std::strcmp(argv[i], "--nights") == 0)
      options.nights = std::strtoull(argv[i + 1], nullptr, 10);
    else if (std::strcmp(argv[i], "--shard") != 0 ||
             std::sscanf(argv[i + 1], "%lu/%lu", &options.first, &options.step) != 2)
      return false;
  }
  if (seed != nullptr) options = {std::strtoull(seed, nullptr, 10), std::strtoull(seed, nullptr, 10), 1};
  if (seed == nullptr) log::set_level(log::Level::Error);
  return argc % 2 == 1 && options.first > 0 && options.step > 0;
}

}  // namespace
}  // namespace garner::testing::nights

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (!garner::testing::nights::parse(argc, argv)) {
    std::fputs("usage: test_nights [--nights N] [--shard I/N] [--seed N]\n", stderr);
    return 2;
  }
  return RUN_ALL_TESTS();
}
