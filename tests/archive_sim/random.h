// Numbers that look random and are a pure function of a seed: every product, fault and delay of the simulator comes
// from here, so that a run can be repeated. Not for secrets. Values; no state shared between threads.
#pragma once

#include <cstdint>
#include <string_view>

namespace garner::archive_sim {

// The finaliser of SplitMix64: a bijection that spreads every input bit over the result.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return mix(mix(a) ^ b);
}

// FNV-1a, then mixed.
constexpr std::uint64_t hash_text(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return mix(h);
}

// [0, 1), 53 bits.
constexpr double unit_interval(std::uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

class Random {
 public:
  constexpr explicit Random(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15U); }
  constexpr double uniform() { return unit_interval(next()); }
  constexpr double uniform(double low, double high) { return low + (high - low) * uniform(); }
  constexpr std::uint64_t below(std::uint64_t n) { return next() % n; }

  // Mean 0, deviation 1, from four 16-bit uniforms: near enough to a Gaussian for noise, and cheap.
  constexpr double normal() {
    const std::uint64_t bits = next();
    const auto sum = (bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48);
    return (static_cast<double>(sum) / 65536.0 - 2.0) * 1.7320508;
  }

 private:
  std::uint64_t state_;
};

}  // namespace garner::archive_sim
