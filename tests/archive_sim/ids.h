// Plausible Gaia source_ids: HEALPix level-12 pixel uniform over the sky, running number log-uniform in 6,000 to
// 700,000, low seven bits zero; all distinct. A function of count, seed and the share of unknown sources: sorted or
// not, the same set.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace garner::archive_sim {

struct IdOptions {
  std::uint64_t count = 1000;
  std::uint64_t seed = 1;
  double unknown = 0;  // share of sources that the archive has never heard of (is_unknown_source)
};

// Ascending, in constant memory. `count` up to 1,000,000,000.
void each_sorted_id(const IdOptions& options, const std::function<void(std::uint64_t)>& each);

// Shuffled; 8 bytes of memory an id.
std::vector<std::uint64_t> shuffled_ids(const IdOptions& options);

// One id a line. Returns false when writing to the descriptor fails.
bool write_ids(int fd, const IdOptions& options, bool sorted);

// Lines of digits; blank lines and lines that begin with # are skipped. Errors name the line.
Result<std::vector<std::uint64_t>> read_id_file(const std::string& path);

}  // namespace garner::archive_sim
