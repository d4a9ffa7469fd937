#include "table/base64.h"

#include <array>

namespace garner::table {

namespace {

constexpr std::uint8_t kBad = 0xff, kSpace = 0xfe, kPad = 0xfd;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = kBad;
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  for (const char blank : {' ', '\t', '\r', '\n'}) values[static_cast<unsigned char>(blank)] = kSpace;
  values['='] = kPad;
  return values;
}

constexpr auto kValues = make_values();

// Written so that the compiler can do sixteen characters at once: no branch, no table.
bool all_in_alphabet(const char* text, std::size_t count) {
  unsigned char bad = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto letter = static_cast<unsigned char>(static_cast<unsigned char>((c | 0x20) - 'a') < 26);
    const auto digit = static_cast<unsigned char>(static_cast<unsigned char>(c - '/') < 11);  // '/' comes before '0'
    const auto plus = static_cast<unsigned char>(c == '+');
    bad |= static_cast<unsigned char>((letter | digit | plus) ^ 1);
  }
  return bad == 0;
}

std::unexpected<Error> not_base64(unsigned char character) {
  return fail(Kind::Malformed, "the STREAM holds '{}' (code {}), which is not base64",
              printable(std::string_view(reinterpret_cast<const char*>(&character), 1)), character);
}

}  // namespace

std::size_t Base64Counter::take(std::string_view text) {
  constexpr std::size_t kBlock = 32;
  std::size_t at = 0;
  while (at < text.size()) {
    if (padding_ == 0) {
      const std::size_t start = at;
      while (text.size() - at >= kBlock && all_in_alphabet(text.data() + at, kBlock)) at += kBlock;
      characters_ += at - start;
    }
    // A block with a line break or the end in it, one character at a time.
    const std::size_t stop = std::min(text.size(), at + kBlock);
    for (; at < stop; ++at) {
      const std::uint8_t value = kValues[static_cast<unsigned char>(text[at])];
      if (value == kSpace) continue;
      if (value == kPad) {
        if (++padding_ > 2) return at;
      } else if (value == kBad || padding_ != 0) {
        return at;
      }
      ++characters_;
    }
  }
  return at;
}

Result<void> Base64Counter::add(std::string_view text) {
  const std::size_t good = take(text);
  if (good < text.size()) return not_base64(static_cast<unsigned char>(text[good]));
  return {};
}

Result<void> Base64Counter::finish() const {
  if (characters_ % 4 != 0) {
    return fail(Kind::Corrupt, "the base64 STREAM is cut: {} characters are not a multiple of four", characters_);
  }
  return {};
}

Result<void> Base64Decoder::add(std::string_view text, std::vector<std::byte>& out) {
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = in + text.size();
  while (in != end) {
    if (pending_ == 0 && padding_ == 0 && end - in >= 4) {
      const std::size_t old_size = out.size();
      out.resize(old_size + static_cast<std::size_t>(end - in) / 4 * 3);
      std::byte* to = out.data() + old_size;
      while (end - in >= 4) {
        const std::uint32_t a = kValues[in[0]], b = kValues[in[1]], c = kValues[in[2]], d = kValues[in[3]];
        if ((a | b | c | d) > 63) break;
        const std::uint32_t quantum = a << 18 | b << 12 | c << 6 | d;
        to[0] = static_cast<std::byte>(quantum >> 16);
        to[1] = static_cast<std::byte>(quantum >> 8);
        to[2] = static_cast<std::byte>(quantum);
        to += 3;
        in += 4;
      }
      out.resize(static_cast<std::size_t>(to - out.data()));
      if (in == end) break;
    }
    if (auto added = add_slowly(*in++, out); !added) return added;
  }
  return {};
}

Result<void> Base64Decoder::add_slowly(unsigned char character, std::vector<std::byte>& out) {
  const std::uint8_t value = kValues[character];
  if (value == kSpace) return {};
  if (value == kBad) return not_base64(character);
  if (value == kPad) {
    // "=" stands third or fourth in the last quantum.
    if (++padding_ > 2 || pending_ < 2) return not_base64(character);
    bits_ <<= 6;
  } else {
    if (padding_ != 0) return not_base64(character);
    bits_ = bits_ << 6 | value;
  }
  if (++pending_ < 4) return {};
  for (unsigned i = 0; i < 3 - padding_; ++i) out.push_back(static_cast<std::byte>(bits_ >> (16 - 8 * i)));
  bits_ = 0;
  pending_ = 0;
  return {};
}

Result<void> Base64Decoder::finish() const {
  if (pending_ != 0) return fail(Kind::Corrupt, "the base64 STREAM is cut inside a group of four characters");
  return {};
}

}  // namespace garner::table
