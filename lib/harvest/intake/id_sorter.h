// Sorts and dedupes a stream of ids in bounded memory: HEALPix order is numeric order. Runs are sorted in memory,
// spilled one behind the other to an unnamed file in the given directory, as far as there is room, and merged; a list
// that comes sorted costs no comparison beyond one pass. Memory: about 32 MiB while ids come, 16 MiB while they are
// merged, and one descriptor, whatever their number. One thread. Errors: DiskFull, Internal.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/source_id.h"
#include "harvest/intake/spill_room.h"

namespace garner::harvest {

class IdSorter {
 public:
  static constexpr std::size_t kRunIds = 4u << 20;

  IdSorter(std::filesystem::path spill_directory, SpillRoom room, std::size_t run_ids = kRunIds);
  ~IdSorter();
  IdSorter(const IdSorter&) = delete;
  IdSorter& operator=(const IdSorter&) = delete;

  Result<void> add(std::span<const SourceId> ids);
  // Hands out all distinct ids, rising, in pieces. Once. Who takes them writes to the same disk: that there is room is
  // asked for now and then.
  Result<void> finish(const std::function<Result<void>(std::span<const SourceId>)>& take);

  std::uint64_t added() const { return added_; }
  std::uint64_t distinct() const { return distinct_; }  // after finish()

 private:
  struct Run;
  Result<void> ask_for_room(std::uint64_t bytes);
  Result<void> spill();
  void sort_buffer();

  const std::filesystem::path directory_;
  const SpillRoom room_;
  const std::size_t run_ids_;
  std::vector<SourceId> buffer_;
  int file_ = -1;              // of all runs
  std::uint64_t spilled_ = 0;  // ids
  std::vector<Run> runs_;
  std::uint64_t added_ = 0, distinct_ = 0;
};

}  // namespace garner::harvest
