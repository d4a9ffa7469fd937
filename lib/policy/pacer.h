// Rate caps: when the next request may leave. Requests are spread evenly, a minute's worth never at once; bytes are
// paid for after they came, so that a cap holds on average and a reply comes as fast as the line allows. Pure.
#pragma once

#include <algorithm>

#include "base/executor.h"
#include "base/rate_limits.h"

namespace garner::policy {

class Pacer {
 public:
  // What is owed stays owed, at the new rate.
  void set(const RateLimits& limits, SteadyTime now) {
    if (limits == limits_) return;
    const Duration owed = paid_for_ > now ? paid_for_ - now : Duration{};
    paid_for_ =
        limits.bytes_per_s == 0 || limits_.bytes_per_s == 0
            ? SteadyTime::min()
            : now + scaled(owed, static_cast<double>(limits_.bytes_per_s) / static_cast<double>(limits.bytes_per_s));
    limits_ = limits;
    next_ = limits.requests_per_minute > 0 ? std::min(next_, now + interval()) : SteadyTime::min();
  }
  const RateLimits& limits() const { return limits_; }

  bool may_start(SteadyTime now) const { return due() <= now; }
  SteadyTime due() const { return std::max(next_, paid_for_); }
  // A request left, in its turn or not: those after it wait the longer.
  void started(SteadyTime now) {
    if (limits_.requests_per_minute > 0) next_ = std::max(next_, now) + interval();
  }
  void received(SteadyTime now, std::uint64_t bytes) {
    if (limits_.bytes_per_s > 0)
      paid_for_ =
          std::max(paid_for_, now) +
          scaled(std::chrono::seconds(1), static_cast<double>(bytes) / static_cast<double>(limits_.bytes_per_s));
  }

  // Of the cap that holds the next request back: "30 requests/min", "20 MB/s"; empty: none does.
  std::string holds(SteadyTime now) const;

 private:
  static Duration scaled(Duration duration, double factor) {
    constexpr double kMost = 1e17;  // nanoseconds: three years
    return Duration(static_cast<Duration::rep>(std::min(static_cast<double>(duration.count()) * factor, kMost)));
  }
  Duration interval() const { return scaled(std::chrono::minutes(1), 1 / limits_.requests_per_minute); }

  RateLimits limits_;
  SteadyTime next_ = SteadyTime::min(), paid_for_ = SteadyTime::min();
};

// What so many requests and bytes take at least under these caps; 0: they set none.
inline double seconds_for(const RateLimits& limits, double requests, double bytes) {
  const double by_requests = limits.requests_per_minute > 0 ? requests * 60 / limits.requests_per_minute : 0;
  const double by_bytes = limits.bytes_per_s > 0 ? bytes / static_cast<double>(limits.bytes_per_s) : 0;
  return std::max(by_requests, by_bytes);
}

inline std::string Pacer::holds(SteadyTime now) const {
  if (may_start(now)) return {};
  const double requests = limits_.requests_per_minute;
  if (next_ >= paid_for_) return fmt::format("{:g} {}/min", requests, requests == 1 ? "request" : "requests");
  const auto rate = static_cast<double>(limits_.bytes_per_s);
  return rate < 1e6 ? fmt::format("{:g} kB/s", rate / 1e3) : fmt::format("{:g} MB/s", rate / 1e6);
}

}  // namespace garner::policy
