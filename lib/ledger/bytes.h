// The small pieces from which the ledger's keys and values are put together: varints (7 bits a byte, low ones first, as
// in LEB128), big-endian numbers, and a reader that never leaves its bytes. docs/ledger-format.md says where they
// stand. Values; no I/O.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace garner::ledger {

inline void put_byte(std::string& out, std::uint8_t value) {
  out.push_back(static_cast<char>(value));
}

inline void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    put_byte(out, static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  put_byte(out, static_cast<std::uint8_t>(value));
}

inline void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out.append(text);
}

template <class Unsigned>
void put_big_endian(std::string& out, Unsigned value) {
  for (int shift = 8 * (static_cast<int>(sizeof(Unsigned)) - 1); shift >= 0; shift -= 8) {
    put_byte(out, static_cast<std::uint8_t>(value >> shift));
  }
}

// Reads what the put functions wrote. The first read that does not fit turns ok() false for good; it and all later ones
// give 0 or nothing.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool finished() const { return ok_ && rest_.empty(); }
  std::string_view rest() const { return rest_; }

  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) return fail();
    const auto taken = rest_.substr(0, static_cast<std::size_t>(count));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::uint8_t byte() {
    const auto taken = take(1);
    return taken.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(taken[0]);
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      if (shift == 63 && next > 1) break;  // more than 64 bits
      value |= static_cast<std::uint64_t>(next & 0x7F) << shift;
      if (next < 0x80) return ok_ ? value : 0;
    }
    fail();
    return 0;
  }
  std::uint32_t varint32() {
    const std::uint64_t value = varint();
    if (value > UINT32_MAX) fail();
    return ok_ ? static_cast<std::uint32_t>(value) : 0;
  }
  std::string_view text() { return take(varint()); }
  template <class Unsigned>
  Unsigned big_endian() {
    std::uint64_t value = 0;
    for (const char c : take(sizeof(Unsigned))) value = value << 8 | static_cast<std::uint8_t>(c);
    return static_cast<Unsigned>(value);
  }

 private:
  std::string_view fail() {
    ok_ = false;
    rest_ = {};
    return {};
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace garner::ledger
