// The RocksDB directory below the ledger: opening it (one process, schema version, damage), its families, and what its
// errors mean to us. It knows rows only as bytes. Threads: any, once open. For lib/ledger only.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/file_system.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "ledger/directory_lock.h"
#include "ledger/rocks_options.h"
#include "ledger/rows.h"

namespace garner::ledger {

// NoSpace is DiskFull, Corruption is Corrupt, the rest Internal.
std::unexpected<Error> store_error(const rocksdb::Status& status, std::string_view doing);

class RocksStore {
 public:
  // files: a file system to use instead of the default one (tests). Errors as open_rocks_ledger.
  static Result<std::unique_ptr<RocksStore>> open(const std::filesystem::path& directory,
                                                  std::shared_ptr<rocksdb::FileSystem> files);
  ~RocksStore();

  const std::filesystem::path& directory() const { return directory_; }
  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Family which) const { return families_[static_cast<std::size_t>(which)]; }

  // Synced when it returns. After a background error (full disk) it tries to resume first.
  Result<void> write(rocksdb::WriteBatch& batch, std::string_view doing);
  // NotFound if there is no such row.
  Result<std::string> get(Family which, std::string_view key, std::string_view doing);
  // Deletes every row of a number that is no harvest, then its `erase/` row.
  Result<void> erase(HarvestNo harvest);
  std::unique_ptr<rocksdb::Iterator> walk(Family which, const Range& range);
  std::filesystem::path intake_directory(HarvestNo harvest) const;
  Result<void> make_intake_directory(const std::filesystem::path& path);
  void remove_intake_directory(const std::filesystem::path& path);
  // For SstFileWriter.
  rocksdb::Options table_options(Family which) const;

 private:
  class Listener;
  RocksStore(std::filesystem::path directory, DirectoryLock lock, std::shared_ptr<rocksdb::FileSystem> files)
      : directory_(std::move(directory)), lock_(std::move(lock)), files_(std::move(files)) {}

  Result<void> open_database();
  void remove_intakes();
  Result<void> check_schema();
  Result<void> finish_erasing();
  Result<void> resume();

  std::filesystem::path directory_;
  DirectoryLock lock_;
  std::shared_ptr<rocksdb::FileSystem> files_;
  std::unique_ptr<rocksdb::Env> env_;
  std::shared_ptr<rocksdb::Cache> cache_;
  std::shared_ptr<Listener> listener_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace garner::ledger
