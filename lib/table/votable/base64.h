// Base64 (RFC 4648 §4) as it stands in a VOTable STREAM: in pieces, with white space anywhere, padded at the end only.
// Base64Counter only validates and counts, at a fraction of a nanosecond a character; Base64Decoder keeps the bytes.
// One thread at a time; own nothing. Errors: Malformed for a character that is not base64, Corrupt for a stream that is
// cut.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace garner::table {

class Base64Counter {
 public:
  Result<void> add(std::string_view text);
  Result<void> finish() const;
  // Valid after finish().
  std::uint64_t decoded_bytes() const { return characters_ / 4 * 3 - padding_; }

 private:
  // Counts from the front and returns how many characters are base64 or white space.
  std::size_t take(std::string_view text);

  std::uint64_t characters_ = 0;  // padding included, white space not
  unsigned padding_ = 0;
};

class Base64Decoder {
 public:
  // Appends what is decoded.
  Result<void> add(std::string_view text, std::vector<std::byte>& out);
  Result<void> finish() const;

 private:
  Result<void> add_slowly(unsigned char character, std::byte*& to);

  std::uint32_t bits_ = 0;
  unsigned pending_ = 0;  // characters of the quantum begun, padding included
  unsigned padding_ = 0;
};

}  // namespace garner::table
