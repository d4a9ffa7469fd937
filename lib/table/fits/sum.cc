#include "table/fits/sum.h"

#include <algorithm>

#include "table/big_endian.h"

namespace garner::table {

namespace {

std::uint64_t fold_once(std::uint64_t sum) {
  return (sum & 0xffffffff) + (sum >> 32);
}

}  // namespace

void FitsSum::add(std::span<const std::byte> bytes) {
  const auto take_byte = [&] {
    begun_ |= std::to_integer<std::uint32_t>(bytes.front()) << (24 - 8 * place_);
    bytes = bytes.subspan(1);
    if (++place_ < 4) return;
    sum_ += begun_;
    place_ = 0;
    begun_ = 0;
  };
  while (place_ != 0 && !bytes.empty()) take_byte();
  constexpr std::size_t kStretch = std::size_t{4} << 20;  // 2^20 words can't overflow 64 bits
  while (bytes.size() >= 4) {
    const auto words = bytes.first(std::min(bytes.size(), kStretch) & ~std::size_t{3});
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < words.size(); at += 4) sum += load_big_endian<std::uint32_t>(words.data() + at);
    sum_ = fold_once(sum_) + fold_once(sum);
    bytes = bytes.subspan(words.size());
  }
  while (!bytes.empty()) take_byte();
}

std::uint32_t FitsSum::value() const {
  return static_cast<std::uint32_t>(fold_once(fold_once(fold_once(sum_) + begun_)));
}

std::uint32_t add_fits_sums(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>(fold_once(std::uint64_t{a} + b));
}

}  // namespace garner::table
