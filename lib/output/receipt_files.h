// The receipt beside the data, as files. It holds the hash of SHA256SUMS, so that it is not listed there itself.
// Blocking. Errors: DiskFull, Internal, NotFound where the output directory is not there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "output/layout.h"

namespace garner::output {

// What there is to say of SHA256SUMS.
struct SumsFacts {
  std::string hash;         // its own sha256, hex
  std::uint64_t files = 0;  // so many it lists
};
// Nothing: there is none.
Result<std::optional<SumsFacts>> sums_facts(const OutputSpec& spec);

// RECEIPT.md, then RECEIPT.json, each replaced atomically.
Result<void> write_receipt(const OutputSpec& spec, std::string_view json, std::string_view markdown);

}  // namespace garner::output
