// What all products that are being read out and handed on may hold in memory together, however large they are and
// however many people ask: who does not fit waits a little, and is told then. Small ones always fit; their number is
// bounded by that of the connections. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace garner::output {

class ReadRoom {
 public:
  static constexpr std::uint64_t kSmall = 1u << 20;

  explicit ReadRoom(std::uint64_t bytes, std::chrono::milliseconds patience = std::chrono::seconds(30));

  // Taken as long as it, or a copy of it, lives; it may outlive the room.
  using Share = std::shared_ptr<const void>;
  // TooLarge where it would never fit, Overloaded where others take too long; both name the file.
  Result<Share> take(std::uint64_t bytes, std::string_view file);

  std::uint64_t used() const;

 private:
  struct State;
  const std::uint64_t limit_;
  const std::chrono::milliseconds patience_;
  std::shared_ptr<State> state_;
};

// A product's bytes, with what they take of the room.
struct ReadProduct {
  std::string bytes;
  ReadRoom::Share share;
};

}  // namespace garner::output
