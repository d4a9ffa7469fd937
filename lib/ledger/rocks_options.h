// How the store is set up: families, memory, compression, files. For lib/ledger only.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/slice.h>

#include <array>
#include <string_view>

namespace garner::ledger {

enum class Family : std::size_t { Meta, Harvests, Counters, Ids, Chunks, Refused, Tiles, Jobs, Journal };
// As RocksDB knows them, in the order of the enum; the first must be its default family.
inline constexpr std::array<const char*, 9> kFamilyNames{"default", "harvests", "counters", "ids",    "chunks",
                                                         "refused", "tiles",    "jobs",     "journal"};

rocksdb::DBOptions store_options();
rocksdb::ColumnFamilyOptions family_options(Family family, const std::shared_ptr<rocksdb::Cache>& cache);
std::shared_ptr<rocksdb::Cache> make_cache();
// All memtables together count against the cache.
void charge_memtables(rocksdb::DBOptions& options, const std::shared_ptr<rocksdb::Cache>& cache);

// Reads within [begin, end) only. An upper bound always: without it a walk runs through deleted rows of the neighbours
// (RocksDB #10300). Both must outlive the iterator.
class Range {
 public:
  Range(std::string begin, std::string end)
      : begin_(std::move(begin)), end_(std::move(end)), lower_(begin_), upper_(end_) {}
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;
  const std::string& begin() const { return begin_; }
  rocksdb::ReadOptions options() const {
    rocksdb::ReadOptions read;
    read.iterate_lower_bound = &lower_;
    read.iterate_upper_bound = &upper_;
    read.fill_cache = false;  // walks must not push out what single reads need
    read.readahead_size = 1 << 20;
    return read;
  }

 private:
  std::string begin_, end_;
  rocksdb::Slice lower_, upper_;
};

inline std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

}  // namespace garner::ledger
