// FITS headers (FITS standard 4.0 §3, §4): 36 cards a block of 2880 bytes until END, and what they say about the HDU's
// size. Strict where a wrong size would follow (mandatory keywords and their order, §4.4.1), patient elsewhere
// (repeated keywords: the last one counts). Values. Errors: Malformed, TooLarge for a header past the bound.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace garner::table {

inline constexpr std::size_t kFitsBlock = 2880;

struct FitsHeader {
  std::map<std::string, std::string> cards;  // strings without quotes; no COMMENT, HISTORY or blank ones
  std::string extension;                     // XTENSION's value; empty for the primary HDU
  std::vector<std::uint64_t> axes;
  std::uint64_t pcount = 0;
  std::uint64_t data_bytes = 0;  // without padding

  std::uint64_t padding() const { return (kFitsBlock - data_bytes % kFitsBlock) % kFitsBlock; }
  std::optional<std::string_view> find(const std::string& keyword) const;
  // Malformed if the card is there and holds no integer.
  Result<std::optional<std::int64_t>> integer(const std::string& keyword) const;
};

class FitsHeaderParser {
 public:
  explicit FitsHeaderParser(bool primary, std::uint64_t max_bytes) : primary_(primary), max_bytes_(max_bytes) {}

  // The next block; true when it held END.
  Result<bool> add(std::span<const std::byte, kFitsBlock> block);
  // After END: the header with its size worked out.
  Result<FitsHeader> finish();

 private:
  Result<void> add_card(std::string_view card);
  Result<void> check_order() const;
  Result<void> measure();

  bool primary_;
  std::uint64_t max_bytes_, bytes_ = 0;
  std::vector<std::string> first_keywords_;  // as many as have a place of their own
  std::string continued_;                    // keyword of a string that ends in '&' (§4.2.1.2)
  FitsHeader header_;
};

}  // namespace garner::table
