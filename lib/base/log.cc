#include "base/log.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace garner::log {

namespace {

std::atomic<Level> threshold{Level::Info};

// Syslog severities (RFC 5424 §6.2.1) and the words people read.
struct LevelRow {
  int priority;
  std::string_view word;
};
constexpr LevelRow kLevels[] = {{7, "debug"}, {6, "info"}, {5, "notice"}, {4, "warning"}, {3, "error"}};

std::string prefix(const LevelRow& row) {
  static const bool in_journal = std::getenv("JOURNAL_STREAM") != nullptr;
  if (in_journal) return fmt::format("<{}>", row.priority);
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z {:<7} ", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, millis, row.word);
}

}  // namespace

void set_level(Level level) {
  threshold = level;
}

void write(Level level, std::string_view line) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  const std::string whole = prefix(kLevels[static_cast<std::size_t>(level)]) + std::string(line) + "\n";
  std::fwrite(whole.data(), 1, whole.size(), stderr);  // one call a line: stdio locks the stream
}

}  // namespace garner::log
