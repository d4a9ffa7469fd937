// The 32-bit ones' complement sum of FITS checksums (FITS standard 4.0 appendix J), over bytes as they pass. Values;
// pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace garner::table {

class FitsSum {
 public:
  FitsSum() = default;
  // The bytes begin at this offset in the data unit: only its place in a 4-byte word matters.
  explicit FitsSum(std::uint64_t offset) : place_(static_cast<unsigned>(offset % 4)) {}

  void add(std::span<const std::byte> bytes);
  std::uint32_t value() const;

 private:
  unsigned place_ = 0;       // of the next byte in its word
  std::uint32_t begun_ = 0;  // the word that is not whole yet
  std::uint64_t sum_ = 0;    // of whole words, end-around carries still in the upper half
};

// Of two stretches of the same data unit.
std::uint32_t add_fits_sums(std::uint32_t a, std::uint32_t b);

}  // namespace garner::table
