// soak --minutes N [--seed S]: exits 0 when nothing was lost, doubled or wrong.
#include <gtest/gtest.h>

#include <charconv>
#include <cstring>

#include "soak.h"

namespace garner::soak {

namespace {

TEST_F(Soak, EveryHarvestEndsInTheTruth) {
  storm();
  if (!HasFatalFailure()) settle();
  print_figures();
  EXPECT_EQ(tally_.lost, 0u);
  EXPECT_EQ(tally_.doubled, 0u);
  EXPECT_EQ(tally_.wrong, 0u);
}

std::optional<std::uint64_t> number(const char* text) {
  std::uint64_t value = 0;
  const char* end = text + std::strlen(text);
  const auto [stopped, error] = std::from_chars(text, end, value);
  return error == std::errc() && stopped == end ? std::optional(value) : std::nullopt;
}

int usage(const char* why) {
  std::fprintf(stderr, "soak: %s\nexpected: soak --minutes N [--seed S]\n", why);
  return 2;
}

}  // namespace

void set_options(Options options) {
  Soak::options = options;
}

int run(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  Options options{.seed = std::random_device{}()};
  for (int i = 1; i < argc; i += 2) {
    const auto value = i + 1 < argc ? number(argv[i + 1]) : std::nullopt;
    if (!value) return usage("a number is missing");
    if (std::string_view(argv[i]) == "--minutes")
      options.time = std::chrono::minutes(*value);
    else if (std::string_view(argv[i]) == "--seed")
      options.seed = *value;
    else
      return usage("unknown option");
  }
  set_options(options);
  return RUN_ALL_TESTS();
}

}  // namespace garner::soak

int main(int argc, char** argv) {
  return garner::soak::run(argc, argv);
}
