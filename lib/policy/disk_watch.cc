#include "policy/disk_watch.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/number_text.h"

namespace garner::policy {

namespace {

// What is in flight when the mark is met must still find its place: at most some hundred MB.
constexpr std::uint64_t kLowBytes = 2ull << 30, kLowFiles = 20'000;
constexpr double kLowPercent = 10, kResumeOverLow = 1.5;

std::uint64_t share(std::uint64_t total, double percent) {
  return static_cast<std::uint64_t>(static_cast<double>(total) * percent / 100);
}

std::uint64_t bytes_of(const DiskMark& mark, std::uint64_t total) {
  return mark.percent > 0 ? share(total, mark.percent) : mark.bytes;
}

struct Level {
  std::uint64_t low = 0, resume = 0;
  // With hysteresis: what was below `low` is short until it is at `resume`.
  bool is_short(std::uint64_t free, bool before) const { return free < (before ? resume : low); }
};

Level level_of_bytes(const Watermarks& marks, std::uint64_t total) {
  Level level;
  level.low = marks.low ? bytes_of(*marks.low, total) : std::min(kLowBytes, share(total, kLowPercent));
  level.resume = marks.resume ? bytes_of(*marks.resume, total)
                              : static_cast<std::uint64_t>(static_cast<double>(level.low) * kResumeOverLow);
  level.resume = std::max(level.resume, level.low);
  return level;
}

Level level_of_files(const Watermarks& marks, std::uint64_t total) {
  if (total == 0 || (marks.low && marks.low->percent == 0 && marks.low->bytes == 0)) return {};
  const bool shares = marks.low && marks.low->percent > 0;
  const std::uint64_t low = std::min(kLowFiles, share(total, shares ? marks.low->percent : kLowPercent));
  return {low, static_cast<std::uint64_t>(static_cast<double>(low) * kResumeOverLow)};
}

}  // namespace

std::string disk_trouble(const std::string& before, const std::string& directory, DiskUse use,
                         const Result<output::DiskSpace>& seen, const Watermarks& marks) {
  if (!seen) return fmt::format("disk trouble: {}", seen.error().detail);
  if (use == DiskUse::Output && !seen->ours)
    return fmt::format(
        "disk trouble: {} does not hold what was written there (its folder .garner): is its disk mounted?", directory);
  const bool low_before = !before.empty();
  const Level bytes = level_of_bytes(marks, seen->bytes_total);
  if (bytes.is_short(seen->bytes_free, low_before)) {
    return fmt::format("disk low on {}: {} free, goes on at {}", directory, bytes_text(seen->bytes_free),
                       bytes_text(bytes.resume));
  }
  const Level files = level_of_files(marks, seen->files_total);
  if (files.is_short(seen->files_free, low_before)) {
    return fmt::format("disk low on {}: room for {} files, goes on at {}", directory, seen->files_free, files.resume);
  }
  return {};
}

}  // namespace garner::policy
