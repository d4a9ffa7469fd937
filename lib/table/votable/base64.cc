#include "table/votable/base64.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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

constexpr std::size_t kBlock = 64;

// How many of a block's characters are of the alphabet; kBlock + 1 if one of them is neither that nor white space.
// Written so that the compiler can do many characters at once: no branch, no table.
[[gnu::always_inline]] inline std::size_t count_block(const char* text) {
  unsigned char count = 0, bad = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool letter = static_cast<unsigned char>((c | 0x20) - 'a') < 26;
    const bool digit = static_cast<unsigned char>(c - '/') < 11;  // '/' comes before '0'
    const bool blank = (c == '\n') | (c == '\r') | (c == ' ') | (c == '\t');
    const bool good = letter | digit | (c == '+');
    count = static_cast<unsigned char>(count + good);
    bad = static_cast<unsigned char>(bad | !(good | blank));
  }
  return bad ? kBlock + 1 : count;
}

struct Counted {
  std::size_t passed = 0, characters = 0;  // bytes gone over, and those of the alphabet among them
};

// Whole blocks from the front, up to one that holds something else.
[[gnu::always_inline]] inline Counted count_blocks(std::string_view text) {
  Counted counted;
  while (text.size() - counted.passed >= kBlock) {
    const std::size_t count = count_block(text.data() + counted.passed);
    if (count > kBlock) break;
    counted.characters += count;
    counted.passed += kBlock;
  }
  return counted;
}

Counted count_blocks_anywhere(std::string_view text) {
  return count_blocks(text);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] Counted count_blocks_avx2(std::string_view text) {
  return count_blocks(text);
}
const auto count_blocks_here = __builtin_cpu_supports("avx2") ? count_blocks_avx2 : count_blocks_anywhere;
#else
const auto count_blocks_here = count_blocks_anywhere;
#endif

// Whole blocks of 32 characters of the alphabet from the front, 24 bytes each, up to one that holds something else.
// Returns how many blocks; writes up to kSlack bytes behind what it decodes.
std::size_t decode_blocks_anywhere(std::string_view, std::byte*) {
  return 0;
}

constexpr std::size_t kDecodedBlock = 32, kDecodedBytes = 24, kSlack = 8;

#if defined(__x86_64__)
// After W. Muła and D. Lemire, "Faster Base64 Encoding and Decoding Using AVX2 Instructions" (arXiv:1704.00605): tables
// of 16 entries, one by a character's upper and one by its lower half, have a bit in common for what is not of the
// alphabet; a third one, by the upper half, holds what lies between the character and its value.
[[gnu::target("avx2")]] std::size_t decode_blocks_avx2(std::string_view text, std::byte* to) {
  const auto twice = [](__m128i table) __attribute__((target("avx2"))) { return _mm256_broadcastsi128_si256(table); };
  const __m256i by_upper = twice(_mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08,  //
                                               0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10));
  const __m256i by_lower = twice(_mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,  //
                                               0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a));
  // '/' has the upper half of '+', and takes the entry before it.
  const __m256i distances = twice(_mm_setr_epi8(0, 63 - '/', 62 - '+', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a',  //
                                                0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i in_order = twice(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
  const __m256i slashes = _mm256_set1_epi8('/');
  std::size_t blocks = 0;
  for (; text.size() - blocks * kDecodedBlock >= kDecodedBlock; ++blocks) {
    const void* from = text.data() + blocks * kDecodedBlock;
    const __m256i characters = _mm256_loadu_si256(static_cast<const __m256i*>(from));
    const __m256i upper = _mm256_and_si256(_mm256_srli_epi32(characters, 4), _mm256_set1_epi8(0x0f));
    const __m256i lower = _mm256_and_si256(characters, _mm256_set1_epi8(0x0f));
    if (!_mm256_testz_si256(_mm256_shuffle_epi8(by_upper, upper), _mm256_shuffle_epi8(by_lower, lower))) break;
    const __m256i entry = _mm256_add_epi8(upper, _mm256_cmpeq_epi8(characters, slashes));
    const __m256i values = _mm256_add_epi8(characters, _mm256_shuffle_epi8(distances, entry));
    // Four values of 6 bits become two of 12, one of 24; then their bytes are put in order, and both halves together.
    const __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    const __m256i quanta = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    const __m256i bytes = _mm256_shuffle_epi8(quanta, in_order);
    const __m256i packed = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
    void* const place = to + blocks * kDecodedBytes;
    _mm256_storeu_si256(static_cast<__m256i*>(place), packed);
  }
  return blocks;
}
const auto decode_blocks = __builtin_cpu_supports("avx2") ? decode_blocks_avx2 : decode_blocks_anywhere;
#else
const auto decode_blocks = decode_blocks_anywhere;
#endif

std::unexpected<Error> not_base64(unsigned char character) {
  return fail(Kind::Malformed, "the STREAM holds '{}' (code {}), which is not base64",
              printable(std::string_view(reinterpret_cast<const char*>(&character), 1)), character);
}

}  // namespace

std::size_t Base64Counter::take(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (padding_ == 0) {
      const Counted counted = count_blocks_here(text.substr(at));
      characters_ += counted.characters;
      at += counted.passed;
    }
    // A block with padding or a foreign character in it, or the rest.
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
  const std::size_t old_size = out.size();
  out.resize(old_size + (text.size() + pending_) / 4 * 3 + kSlack);  // once, for there may be many lines in a piece
  std::byte* to = out.data() + old_size;
  while (in != end) {
    if (pending_ == 0 && padding_ == 0) {
      const std::size_t blocks =
          decode_blocks({reinterpret_cast<const char*>(in), static_cast<std::size_t>(end - in)}, to);
      in += blocks * kDecodedBlock;
      to += blocks * kDecodedBytes;
    }
    while (pending_ == 0 && padding_ == 0 && end - in >= 4) {
      const std::uint32_t a = kValues[in[0]], b = kValues[in[1]], c = kValues[in[2]], d = kValues[in[3]];
      if ((a | b | c | d) > 63) break;
      const std::uint32_t quantum = a << 18 | b << 12 | c << 6 | d;
      to[0] = static_cast<std::byte>(quantum >> 16);
      to[1] = static_cast<std::byte>(quantum >> 8);
      to[2] = static_cast<std::byte>(quantum);
      to += 3;
      in += 4;
    }
    if (in == end) break;
    if (auto added = add_slowly(*in++, to); !added) return added;
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return {};
}

Result<void> Base64Decoder::add_slowly(unsigned char character, std::byte*& to) {
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
  for (unsigned i = 0; i < 3 - padding_; ++i) *to++ = static_cast<std::byte>(bits_ >> (16 - 8 * i));
  bits_ = 0;
  pending_ = 0;
  return {};
}

Result<void> Base64Decoder::finish() const {
  if (pending_ != 0) return fail(Kind::Corrupt, "the base64 STREAM is cut inside a group of four characters");
  return {};
}

}  // namespace garner::table
