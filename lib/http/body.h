// A reply's bytes: in memory while they fit the budget that all replies share, else in an unnamed spool file on the
// file system of the output (O_TMPFILE: nothing is visible, nothing stays after a crash), mapped for reading. Either
// way bytes() is one span.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"

namespace garner::http {

// What all replies, and what is made of them, may hold in memory together. Any thread.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : limit_(bytes) {}
  // Takes the bytes if they fit.
  bool try_take(std::uint64_t bytes);
  void give_back(std::uint64_t bytes);
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_; }

 private:
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

// Move-only. Gives its share of the budget back when destroyed, on any thread; the budget outlives it.
class Body {
 public:
  Body();
  Body(Body&&) noexcept;
  Body& operator=(Body&&) noexcept;
  ~Body();

  // For the transport, and for tests. DiskFull or Internal where the spool can't be written; TooLarge beyond max_bytes.
  Body(std::shared_ptr<MemoryBudget> budget, std::string spool_directory, std::uint64_t max_bytes);
  Result<void> append(std::span<const std::byte> more);
  // No append after this. Maps the spool file, if there is one.
  Result<void> finish();

  std::span<const std::byte> bytes() const;
  // The same, when all of what is spilled has been read from its disk once: a page that did not come would end the
  // process. Blocking; Internal with the reason.
  Result<std::span<const std::byte>> readable() const;
  std::string_view text() const;
  std::uint64_t size() const;
  bool spilled() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace garner::http
