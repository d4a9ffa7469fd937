// Private to lib/http. Whether a reply has stalled: fewer than rate × period bytes in the last `period`. libcurl's own
// low-speed limit is of no use here, since it also counts while the archive is still thinking, before the first byte.
// A value; told the bytes so far once per interval().
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace garner::http {

class StallWatch {
 public:
  StallWatch(std::chrono::seconds period, std::uint32_t bytes_per_s)
      : period_(period), least_(static_cast<std::uint64_t>(period.count()) * bytes_per_s) {}

  std::chrono::milliseconds interval() const { return std::chrono::milliseconds(period_) / static_cast<int>(kTicks); }

  // True once a whole period has passed with too few bytes.
  bool stalled(std::uint64_t bytes_so_far) {
    auto& a_period_ago = counts_[next_];
    const bool too_few = ticks_ >= kTicks - 1 && bytes_so_far - a_period_ago < least_;
    // counts_ holds the state at the last kTicks ticks; the watch begins with 0 bytes, one interval before the first
    // tick.
    a_period_ago = bytes_so_far;
    next_ = (next_ + 1) % kTicks;
    ++ticks_;
    return too_few;
  }

 private:
  static constexpr std::size_t kTicks = 8;
  std::chrono::seconds period_;
  std::uint64_t least_;
  std::array<std::uint64_t, kTicks> counts_{};
  std::size_t next_ = 1;
  std::size_t ticks_ = 0;
};

}  // namespace garner::http
