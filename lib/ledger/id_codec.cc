// A block's ids in bits. Two forms: `shaped` for ids as Gaia gives them (low 35 bits = running number << 7,
// docs/ledger-format.md), `raw` for any other. Pixel gaps are Rice-coded in both: a random sky sample has geometric
// gaps, for which Rice codes are near the entropy. A running number is log-uniform in practice, therefore its width
// takes few bits and what follows its leading 1 is stored as it is.
#include <bit>
#include <cassert>
#include <cstring>

#include "ledger/bytes.h"
#include "ledger/chunk_record.h"
#include "ledger/rows.h"

namespace garner::ledger {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the bit streams are read and written a little-endian word at a time");

constexpr std::uint8_t kShaped = 1;
constexpr std::uint8_t kRaw = 2;
constexpr unsigned kLowBits = kSourceIdPixelShift;  // what stands below the pixel
constexpr unsigned kRunningShift = 7;
constexpr unsigned kRunningBits = 25;
constexpr unsigned kPixelBits = 28;     // ids have 63 bits
constexpr std::uint32_t kLongGap = 24;  // so many ones say that the gap follows in kPixelBits plain bits
constexpr std::uint64_t kLowMask = (std::uint64_t{1} << kLowBits) - 1;

// Both classes handle at most 56 bits a call: a word shifted by up to 7.
class BitWriter {
 public:
  explicit BitWriter(char* out) : out_(out) {}
  void put(std::uint64_t value, unsigned bits) {
    word_ |= value << used_;
    used_ += bits;
    std::memcpy(out_, &word_, sizeof word_);
    out_ += used_ >> 3;
    word_ >>= used_ & ~7u;
    used_ &= 7;
  }

 private:
  char* out_;  // 8 bytes beyond the stream's end must be writable
  std::uint64_t word_ = 0;
  unsigned used_ = 0;  // below 8 between calls, so that word_ is never shifted by 64
};

class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  // The next bits, zeros beyond the end.
  std::uint64_t peek() const {
    const std::size_t at = position_ >> 3;
    std::uint64_t word = 0;
    if (at + sizeof word <= bytes_.size()) {
      std::memcpy(&word, bytes_.data() + at, sizeof word);
    } else if (at < bytes_.size()) {
      std::memcpy(&word, bytes_.data() + at, bytes_.size() - at);
    }
    return word >> (position_ & 7);
  }
  void skip(unsigned bits) { position_ += bits; }
  // Whether exactly these bytes were used.
  bool at_end() const { return (position_ + 7) >> 3 == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
};

constexpr std::uint64_t low_bits(std::uint64_t word, unsigned bits) {
  return word & ((std::uint64_t{1} << bits) - 1);
}

std::uint64_t rice_cost(std::span<const std::uint32_t> gaps, unsigned k) {
  std::uint64_t bits = 0;
  for (const std::uint32_t gap : gaps) {
    const std::uint32_t quotient = gap >> k;
    bits += quotient < kLongGap ? quotient + 1 + k : kLongGap + kPixelBits;
  }
  return bits;
}

// The cheapest parameter; larger ones than the mean's width only add bits.
unsigned best_rice_parameter(std::span<const std::uint32_t> gaps, std::uint64_t sum, std::uint64_t& cost) {
  const auto highest = static_cast<unsigned>(std::bit_width(sum / gaps.size()));
  unsigned best = 0;
  cost = rice_cost(gaps, 0);
  for (unsigned k = 1; k <= highest; ++k) {
    const std::uint64_t bits = rice_cost(gaps, k);
    if (bits >= cost) continue;
    cost = bits;
    best = k;
  }
  return best;
}

struct Survey {  // of the ids after the first
  std::vector<std::uint32_t> gaps;
  bool shaped = true;
  unsigned narrowest = 64, widest = 0;  // running numbers
  std::uint64_t mantissa_bits = 0;
};

constexpr std::uint32_t running_number(SourceId id) {
  return static_cast<std::uint32_t>(id.value & kLowMask) >> kRunningShift;
}
constexpr unsigned mantissa_width(unsigned width) {
  return width == 0 ? 0 : width - 1;
}

Survey survey(std::span<const SourceId> ids) {
  Survey found;
  found.gaps.resize(ids.size() - 1);
  std::uint64_t low = 0;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    assert(ids[i - 1] < ids[i] && ids[i].value <= kMaxSourceId);
    found.gaps[i - 1] = static_cast<std::uint32_t>((ids[i].value >> kLowBits) - (ids[i - 1].value >> kLowBits));
    low |= ids[i].value & kLowMask;
    const auto width = static_cast<unsigned>(std::bit_width(running_number(ids[i])));
    found.narrowest = std::min(found.narrowest, width);
    found.widest = std::max(found.widest, width);
    found.mantissa_bits += mantissa_width(width);
  }
  constexpr std::uint64_t kRunningMask = ((std::uint64_t{1} << kRunningBits) - 1) << kRunningShift;
  found.shaped = (low & ~kRunningMask) == 0;
  return found;
}

void put_gap(BitWriter& bits, std::uint32_t gap, unsigned k) {
  const std::uint32_t quotient = gap >> k;
  const std::uint64_t ones = (std::uint64_t{1} << std::min(quotient, kLongGap)) - 1;
  if (quotient < kLongGap) {
    bits.put(ones | low_bits(gap, k) << (quotient + 1), quotient + 1 + k);
  } else {
    bits.put(ones | static_cast<std::uint64_t>(gap) << kLongGap, kLongGap + kPixelBits);
  }
}

std::uint32_t take_gap(BitReader& bits, unsigned k) {
  const std::uint64_t word = bits.peek();
  const auto quotient = static_cast<unsigned>(std::countr_one(word));
  if (quotient < kLongGap) {
    bits.skip(quotient + 1 + k);
    return static_cast<std::uint32_t>(std::uint64_t{quotient} << k | low_bits(word >> (quotient + 1), k));
  }
  bits.skip(kLongGap + kPixelBits);
  return static_cast<std::uint32_t>(low_bits(word >> kLongGap, kPixelBits));
}

struct Shape {
  std::uint64_t count = 0;
  unsigned rice = 0, narrowest = 0, class_bits = 0;
};

Result<std::vector<SourceId>> broken(std::string_view what) {
  return fail(Kind::Corrupt, "block of ids: {}", what);
}

// The ids after the first, which is in `ids` already.
template <bool kIsShaped>
const char* take_ids(std::string_view stream, const Shape& shape, std::vector<SourceId>& ids) {
  BitReader bits(stream);
  std::uint64_t previous = ids[0].value;
  for (std::uint64_t i = 1; i < shape.count; ++i) {
    const std::uint64_t pixel = (previous >> kLowBits) + take_gap(bits, shape.rice);
    const std::uint64_t word = bits.peek();
    std::uint64_t low = 0;
    if constexpr (kIsShaped) {
      const unsigned width = shape.narrowest + static_cast<unsigned>(low_bits(word, shape.class_bits));
      if (width > kRunningBits) return "a running number is too wide";
      const unsigned mantissa = mantissa_width(width);
      low = ((std::uint64_t{1} << width) >> 1 | low_bits(word >> shape.class_bits, mantissa)) << kRunningShift;
      bits.skip(shape.class_bits + mantissa);
    } else {
      low = low_bits(word, kLowBits);
      bits.skip(kLowBits);
    }
    const std::uint64_t id = pixel << kLowBits | low;
    if (id <= previous || pixel >> kPixelBits != 0) return "ids do not rise";
    ids.push_back({id});
    previous = id;
  }
  return bits.at_end() ? nullptr : "its length does not match its ids";
}

}  // namespace

std::string encode_ids(std::span<const SourceId> rising_ids) {
  std::string out;
  if (rising_ids.empty()) {
    put_byte(out, kShaped);
    put_varint(out, 0);
    return out;
  }
  const Survey found = survey(rising_ids);
  put_byte(out, found.shaped ? kShaped : kRaw);
  put_varint(out, rising_ids.size());
  put_big_endian(out, rising_ids[0].value);
  if (rising_ids.size() == 1) return out;

  std::uint64_t total_bits = 0;
  const std::uint64_t span = (rising_ids.back().value >> kLowBits) - (rising_ids[0].value >> kLowBits);
  const unsigned rice = best_rice_parameter(found.gaps, span, total_bits);
  put_byte(out, static_cast<std::uint8_t>(rice));
  unsigned class_bits = 0;
  if (found.shaped) {
    class_bits = static_cast<unsigned>(std::bit_width(found.widest - found.narrowest));
    put_byte(out, static_cast<std::uint8_t>(found.narrowest));
    put_byte(out, static_cast<std::uint8_t>(class_bits));
    total_bits += found.mantissa_bits + class_bits * found.gaps.size();
  } else {
    total_bits += kLowBits * found.gaps.size();
  }

  const std::size_t start = out.size();
  const std::size_t end = start + static_cast<std::size_t>((total_bits + 7) / 8);
  out.resize(end + sizeof(std::uint64_t));
  BitWriter bits(out.data() + start);
  for (std::size_t i = 1; i < rising_ids.size(); ++i) {
    put_gap(bits, found.gaps[i - 1], rice);
    if (found.shaped) {
      const std::uint32_t number = running_number(rising_ids[i]);
      const auto width = static_cast<unsigned>(std::bit_width(number));
      const unsigned mantissa = mantissa_width(width);
      bits.put((width - found.narrowest) | low_bits(number, mantissa) << class_bits, class_bits + mantissa);
    } else {
      bits.put(rising_ids[i].value & kLowMask, kLowBits);
    }
  }
  out.resize(end);
  return out;
}

Result<std::vector<SourceId>> decode_ids(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint8_t form = reader.byte();
  Shape shape{.count = reader.varint()};
  if (!reader.ok() || (form != kShaped && form != kRaw)) return broken("its header is not one");
  if (shape.count == 0)
    return reader.finished() ? Result<std::vector<SourceId>>{} : broken("bytes after an empty block");
  const std::uint64_t first = reader.big_endian<std::uint64_t>();
  if (!reader.ok() || first > kMaxSourceId) return broken("its first id is not one");
  std::vector<SourceId> ids{{first}};
  if (shape.count == 1)
    return reader.finished() ? Result<std::vector<SourceId>>(std::move(ids)) : broken("bytes after its only id");

  shape.rice = reader.byte();
  if (form == kShaped) {
    shape.narrowest = reader.byte();
    shape.class_bits = reader.byte();
  }
  if (!reader.ok() || shape.rice > kPixelBits || shape.narrowest > kRunningBits || shape.class_bits > 5) {
    return broken("its parameters are out of range");
  }
  // An id takes a bit at least, so what is reserved here stays in proportion to the input.
  if (shape.count > kMaxChunkSize || shape.count - 1 > reader.rest().size() * 8)
    return broken("it claims more ids than it can hold");
  ids.reserve(static_cast<std::size_t>(shape.count));
  const char* flaw =
      form == kShaped ? take_ids<true>(reader.rest(), shape, ids) : take_ids<false>(reader.rest(), shape, ids);
  if (flaw != nullptr) return broken(flaw);
  return ids;
}

Result<SourceId> first_id(std::string_view bytes) {
  ByteReader reader(bytes);
  reader.byte();
  const std::uint64_t count = reader.varint();
  const SourceId first{reader.big_endian<std::uint64_t>()};
  if (!reader.ok() || count == 0) return fail(Kind::Corrupt, "block of ids: its header is not one");
  return first;
}

}  // namespace garner::ledger
