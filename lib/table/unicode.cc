#include "table/unicode.h"

#include <algorithm>

#include "table/big_endian.h"

namespace garner::table {

namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

void append_utf8(std::string& out, std::uint32_t c) {
  const auto tail = [c](unsigned shift) { return static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xc0 | c >> 6), tail(0)};
  } else if (c < 0x10000) {
    out += {static_cast<char>(0xe0 | c >> 12), tail(6), tail(0)};
  } else {
    out += {static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0)};
  }
}

struct Decoded {
  std::uint32_t code_point = 0;
  std::size_t length = 0;  // 0: no UTF-8 (RFC 3629 §4)
};

Decoded decode_utf8(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  std::uint32_t c = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    c = c << 6 | (byte(i) & 0x3fu);
  }
  const std::uint32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return {};
  return {c, length};
}

std::size_t ascii_length(std::string_view text) {
  const auto* end = std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  return static_cast<std::size_t>(end - text.begin());
}

std::size_t utf8_length(std::string_view text) {
  std::size_t at = ascii_length(text);
  while (at < text.size()) {
    const auto decoded = decode_utf8(text.substr(at));
    if (decoded.length == 0) break;
    at += decoded.length;
  }
  return at;
}

}  // namespace

void append_utf8_of_utf16(std::string& out, std::span<const std::byte> units) {
  const auto is_high = [](std::uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; };
  const auto is_low = [](std::uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; };
  const std::size_t count = units.size() / 2;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t c = load_big_endian<std::uint16_t>(units.data() + 2 * i);
    if (c == 0) return;
    const std::uint32_t next = i + 1 < count ? load_big_endian<std::uint16_t>(units.data() + 2 * i + 2) : 0;
    if (is_high(c) && is_low(next)) {
      c = 0x10000 + ((c - 0xd800) << 10 | (next - 0xdc00));
      ++i;
    } else if (is_high(c) || is_low(c)) {
      c = kReplacement;
    }
    append_utf8(out, c);
  }
}

void append_utf16_big_endian(std::string& out, std::string_view utf8) {
  const auto put = [&out](std::uint32_t unit) { out += {static_cast<char>(unit >> 8), static_cast<char>(unit)}; };
  while (!utf8.empty()) {
    const auto decoded = decode_utf8(utf8);
    const std::uint32_t c = decoded.length == 0 ? kReplacement : decoded.code_point;
    utf8.remove_prefix(std::max<std::size_t>(decoded.length, 1));
    if (c < 0x10000) {
      put(c);
    } else {
      put(0xd800 + ((c - 0x10000) >> 10));
      put(0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  }
}

std::string_view as_utf8(std::string_view text, std::string& scratch) {
  std::size_t good = utf8_length(text);
  if (good == text.size()) return text;
  scratch.clear();
  for (;;) {
    scratch += text.substr(0, good);
    if (good == text.size()) return scratch;
    append_utf8(scratch, static_cast<unsigned char>(text[good]));
    text.remove_prefix(good + 1);
    good = utf8_length(text);
  }
}

}  // namespace garner::table
