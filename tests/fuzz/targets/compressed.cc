// gzip and zstd streams: what comes out is the same, whatever the size of the pieces.
#include <algorithm>

#include "table/byte_source.h"
#include "target.h"

namespace garner::fuzz {
namespace {

constexpr std::size_t kMostInflated = 4u << 20;  // of what a bomb holds, that much is looked at

struct Inflated {
  std::uint64_t hash = 0;
  std::size_t size = 0;
  bool good = false;
};

Inflated inflate(Bytes bytes, std::size_t piece) {
  Inflated out;
  auto source = table::decompressed(table::from_memory(bytes));
  if (!source) return out;
  std::vector<std::byte> block(piece);
  while (out.size < kMostInflated) {
    const auto got = (*source)->read(std::span(block).first(std::min(piece, kMostInflated - out.size)));
    if (!got) return out;
    require(*got <= piece, "no more comes than there is room for");
    out.good = *got == 0;
    if (out.good) return out;
    for (const auto byte : std::span(block).first(*got))
      out.hash = out.hash * 31 + std::to_integer<std::uint64_t>(byte);
    out.size += *got;
  }
  return out;
}

void run(Bytes bytes) {
  const auto whole = inflate(bytes, 64u << 10);
  const auto pieces = inflate(bytes, 1 + hash_of(bytes) % 5000);
  require(whole.good == pieces.good, "a stream is good or not");
  if (!whole.good) return;  // before damage more or less may come out
  require(whole.size == pieces.size && whole.hash == pieces.hash, "the bytes are the same");
  if (!table::is_compressed(bytes)) require(whole.size == bytes.size(), "other bytes pass through");
}

const Target kTarget("compressed", run);

}  // namespace
}  // namespace garner::fuzz
