// When a harvest that does not move explains itself in the log: once it has stood still for longer than its own
// back-off, and again only after it moved, or when the reason became another one. Pure; one harvest's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/executor.h"

namespace garner::policy {

class QuietWatch {
 public:
  // moves: counts up whenever the harvest moved. reason: why it does not; empty while it does. kind: the reason without
  // what changes by itself (times, counts). True: it is to be said now.
  bool look(std::uint64_t moves, const std::string& reason, const std::string& kind, SteadyTime now,
            Duration back_off) {
    if (!still_since_ || moves != moves_) {
      moves_ = moves;
      still_since_ = now;
      told_.clear();
    }
    if (reason.empty() || kind == told_ || now - *still_since_ <= back_off) return false;
    told_ = kind;
    return true;
  }

 private:
  std::uint64_t moves_ = 0;
  std::optional<SteadyTime> still_since_;
  std::string told_;
};

}  // namespace garner::policy
