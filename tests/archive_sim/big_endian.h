// Numbers in network byte order, as FITS and VOTable's BINARY2 hold them.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

namespace garner::archive_sim {

template <class Unsigned>
void append_big_endian(std::string& out, Unsigned value) {
  char bytes[sizeof(Unsigned)];
  for (std::size_t i = sizeof(Unsigned); i-- > 0; value = static_cast<Unsigned>(static_cast<std::uint64_t>(value) >> 8))
    bytes[i] = static_cast<char>(value & 0xff);
  out.append(bytes, sizeof bytes);
}

inline void append_float(std::string& out, double value) {
  append_big_endian(out, std::bit_cast<std::uint32_t>(static_cast<float>(value)));
}
inline void append_double(std::string& out, double value) {
  append_big_endian(out, std::bit_cast<std::uint64_t>(value));
}

}  // namespace garner::archive_sim
