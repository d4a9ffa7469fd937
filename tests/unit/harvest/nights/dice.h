// What a night draws from its seed.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace garner::testing::nights {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  double uniform() { return std::uniform_real_distribution<>(0, 1)(random_); }
  bool chance(double likelihood) { return uniform() < likelihood; }
  std::uint64_t pick(std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(least, most)(random_);
  }
  // As often between 1 and 10 as between 10 and 100.
  std::uint64_t magnitude(std::uint64_t least, std::uint64_t most) {
    const double low = std::log(static_cast<double>(least)), high = std::log(static_cast<double>(most));
    return static_cast<std::uint64_t>(std::exp(low + uniform() * (high - low)));
  }
  template <class Choices>
  auto of(const Choices& choices) {
    return choices[pick(0, std::size(choices) - 1)];
  }
  std::mt19937_64& source() { return random_; }

 private:
  std::mt19937_64 random_;
};

}  // namespace garner::testing::nights
