// The archive's identifier of one source. Gaia: a positive 64-bit integer whose bits 35.. are the source's HEALPix
// level-12 nested pixel (Gaia DR3 documentation, gaia_source.source_id), so that a source's pixel at a level is a shift
// and neighbours on the sky are neighbours in number.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace garner {

struct SourceId {
  std::uint64_t value = 0;
  auto operator<=>(const SourceId&) const = default;
};

inline constexpr int kSourceIdPixelLevel = 12;
inline constexpr int kSourceIdPixelShift = 35;
inline constexpr std::uint64_t kMaxSourceId = INT64_MAX;  // archives store it as a signed 64-bit integer

// The HEALPix nested pixel at `level` (0 to 12) in which the source lies.
constexpr std::uint64_t healpix_pixel(SourceId id, int level) {
  return id.value >> (kSourceIdPixelShift + 2 * (kSourceIdPixelLevel - level));
}

// Decimal digits only, 1 to kMaxSourceId, no sign, no exponent, no leading or trailing blanks.
Result<SourceId> parse_source_id(std::string_view digits);

inline std::string to_string(SourceId id) {
  return std::to_string(id.value);
}

}  // namespace garner

template <>
struct std::hash<garner::SourceId> {
  std::size_t operator()(garner::SourceId id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
