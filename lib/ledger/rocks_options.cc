#include "ledger/rocks_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <cstdarg>
#include <cstdio>

#include "base/error.h"
#include "base/log.h"

namespace garner::ledger {
namespace {

constexpr std::size_t kMiB = 1 << 20;
constexpr std::size_t kCacheBytes = 64 * kMiB;
constexpr std::size_t kMemtableBytes = 16 * kMiB;
constexpr std::size_t kWalBytes =
    2 * kMiB;  // some 15,000 settled chunks; what a restart replays, and at rest it is dead weight

// What RocksDB has to say goes to our own log. Its LOG file would lie on the disk that fails, and RocksDB 7.8 built
// with assertions (Debian's) stops the process at the first line after one that could not be written.
class InfoLog final : public rocksdb::Logger {
 public:
  InfoLog() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char line[1024];
    if (std::vsnprintf(line, sizeof line, format, arguments) > 0) log::debug("ledger: RocksDB: {}", printable(line));
  }
};

}  // namespace

std::shared_ptr<rocksdb::Cache> make_cache() {
  return rocksdb::NewLRUCache(kCacheBytes);
}

void charge_memtables(rocksdb::DBOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  options.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(2 * kMemtableBytes, cache);
}

rocksdb::DBOptions store_options() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.max_total_wal_size = kWalBytes;  // the families share it: without a limit an idle family keeps old files
  options.max_open_files = 512;
  options.max_file_opening_threads = 1;  // its 16 threads a family cost more than they save on some dozens of files
  options.max_background_jobs = 2;
  options.max_bgerror_resume_count = 0;            // RocksStore recovers, and knows when not to
  options.manifest_preallocation_size = 64 << 10;  // 4 MiB would be more than a small ledger
  options.max_manifest_file_size = 4 * kMiB;
  options.info_log = std::make_shared<InfoLog>();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions family_options(Family family, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = kMemtableBytes;
  options.max_write_buffer_number = 2;
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kZSTD;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.block_size = 16 << 10;
  if (family == Family::Ids) {
    options.compression = rocksdb::kNoCompression;  // near their entropy already
    options.bottommost_compression = rocksdb::kNoCompression;
    table.block_size = 32 << 10;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace garner::ledger
