// Numbers in network order, as VOTable's streams and FITS tables hold them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace garner::table {

template <class Unsigned>
Unsigned load_big_endian(const std::byte* bytes) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    value = static_cast<Unsigned>(static_cast<std::uint64_t>(value) << 8 | std::to_integer<std::uint64_t>(bytes[i]));
  }
  return value;
}

template <class Unsigned>
void store_big_endian(std::byte* to, Unsigned value) {
  for (std::size_t i = sizeof(Unsigned); i-- > 0;) {
    to[i] = static_cast<std::byte>(value);
    if constexpr (sizeof(Unsigned) > 1) value = static_cast<Unsigned>(value >> 8);
  }
}

inline double load_float(const std::byte* bytes) {
  return std::bit_cast<float>(load_big_endian<std::uint32_t>(bytes));
}
inline double load_double(const std::byte* bytes) {
  return std::bit_cast<double>(load_big_endian<std::uint64_t>(bytes));
}

}  // namespace garner::table
