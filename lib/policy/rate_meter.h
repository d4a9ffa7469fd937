// How fast something goes, over the last minute. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include "base/executor.h"

namespace garner::policy {

class RateMeter {
 public:
  static constexpr std::chrono::seconds kWindow{60};

  void add(SteadyTime now, std::uint64_t sources, std::uint64_t bytes) {
    if (!first_) first_ = now;
    entries_.push_back({now, sources, bytes});
    sources_ += sources;
    bytes_ += bytes;
    forget(now);
  }
  // Work began: rates are measured from here on if it is less than a window ago.
  void start(SteadyTime now) {
    if (!first_) first_ = now;
  }
  double sources_per_s(SteadyTime now) { return forget(now), static_cast<double>(sources_) / span_s(now); }
  double bytes_per_s(SteadyTime now) { return forget(now), static_cast<double>(bytes_) / span_s(now); }

 private:
  struct Entry {
    SteadyTime at;
    std::uint64_t sources, bytes;
  };
  void forget(SteadyTime now) {
    while (!entries_.empty() && entries_.front().at + kWindow < now) {
      sources_ -= entries_.front().sources;
      bytes_ -= entries_.front().bytes;
      entries_.pop_front();
    }
  }
  double span_s(SteadyTime now) const {
    const Duration since = first_ ? now - *first_ : Duration{};
    return std::max(std::chrono::duration<double>(std::min<Duration>(since, kWindow)).count(), 0.1);
  }

  std::deque<Entry> entries_;
  std::optional<SteadyTime> first_;
  std::uint64_t sources_ = 0, bytes_ = 0;
};

}  // namespace garner::policy
