// What a reply's bytes must cost at the least: inflate, CRC, SHA-256 and XML well-formedness by the plain libraries, on
// one thread, in CPU seconds; and zstd -3 where the layout compresses. The yardstick for the daemon's own CPU.
#pragma once

#include <filesystem>
#include <vector>

namespace garner::bench {

struct PrimitiveCosts {
  double inflate_s = 0, crc_s = 0, sha256_s = 0, expat_s = 0;  // SHA-256 over what layout `zip` stores, the replies
  double zstd_s = 0, sha256_of_zstd_s = 0;                     // each product a frame; SHA-256 over the frames
  double product_bytes = 0, reply_bytes = 0, frame_bytes = 0;
  std::size_t products = 0;

  double zip_s() const { return inflate_s + crc_s + sha256_s + expat_s; }
  double tar_zst_s() const { return inflate_s + crc_s + expat_s + zstd_s + sha256_of_zstd_s; }
};

PrimitiveCosts measure_primitives(const std::vector<std::filesystem::path>& replies);

}  // namespace garner::bench
