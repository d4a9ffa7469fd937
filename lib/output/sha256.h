// SHA-256 (FIPS 180-4) over bytes as they pass, and its hexadecimal spelling. OpenSSL does the work, with the CPU's own
// instructions. One object belongs to one thread. A failure of the library is a broken invariant and aborts.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ledger/chunk_record.h"

namespace garner::output {

class Sha256Stream {
 public:
  Sha256Stream();
  void add(std::span<const std::byte> bytes);
  ledger::Sha256 finish();  // once

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

ledger::Sha256 sha256(std::span<const std::byte> bytes);

std::string to_hex(const ledger::Sha256& hash);                    // 64 lower-case digits
std::optional<ledger::Sha256> parse_hex(std::string_view digits);  // as written by to_hex

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace garner::output
