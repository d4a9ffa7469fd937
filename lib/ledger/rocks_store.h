// The RocksDB directory below the ledger: opening it (one process, schema version), and keeping it open. It knows rows
// only as bytes.
//
// A database that failed to write is closed and opened anew, never resumed: the end of its log file is not known, and
// RocksDB 7.8 built with assertions (Debian's) stops the process when it appends to a file after a failed append
// (WritableFileWriter::seen_error_). The next write does it, once the directory takes writes again. Meanwhile reading
// goes on; writes say what is wrong. The write that failed is undone then, whatever reached the disk of it: who was
// told that it failed was told the truth.
// Threads: any for reading; one at a time for writing (GroupCommit's turns). For lib/ledger only.
#pragma once

#include <rocksdb/file_system.h>

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>

#include "ledger/directory_lock.h"
#include "ledger/rocks_database.h"
#include "ledger/rows.h"
#include "ledger/table_keeper.h"

namespace garner::ledger {

class RocksStore {
 public:
  // files: a file system to use instead of the default one (tests). Errors as open_rocks_ledger.
  static Result<std::unique_ptr<RocksStore>> open(const std::filesystem::path& directory,
                                                  std::shared_ptr<rocksdb::FileSystem> files);

  const std::filesystem::path& directory() const { return directory_; }

  // While one lives the database stays open; not across a write by the same thread.
  class Lease {
   public:
    Lease(Lease&& other) noexcept : store_(std::exchange(other.store_, nullptr)), database_(other.database_) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (store_ != nullptr) store_->give_back();
    }
    rocksdb::DB& db() const { return database_->db(); }
    rocksdb::ColumnFamilyHandle* family(Family which) const { return database_->family(which); }

   private:
    friend class RocksStore;
    Lease(RocksStore* store, Database* database) : store_(store), database_(database) {}
    RocksStore* store_;
    Database* database_;
  };
  // An error while it is being opened anew, or can't be. Where it takes no writes it may be read, and nothing else.
  Result<Lease> lease();
  // For what changes anything, other than by write(): opened anew first where it takes no writes.
  Result<Lease> writable();

  // Synced when it returns.
  Result<void> write(const Batch& batch, std::string_view doing);
  // NotFound if there is no such row.
  Result<std::string> get(Family which, std::string_view key, std::string_view doing);
  // Deletes every row of a number that is no harvest, then its `erase/` row.
  Result<void> erase(HarvestNo harvest);
  // Holds a lease. Where there is none to have it is not valid, and its status says why.
  std::unique_ptr<rocksdb::Iterator> walk(Family which, const Range& range);
  std::filesystem::path intake_directory(HarvestNo harvest) const;
  Result<void> make_intake_directory(const std::filesystem::path& path);
  void remove_intake_directory(const std::filesystem::path& path);
  // For SstFileWriter.
  rocksdb::Options table_options(Family which) const;

 private:
  RocksStore(std::filesystem::path directory, DirectoryLock lock, std::shared_ptr<rocksdb::FileSystem> files);

  Result<void> check_schema();
  Result<void> finish_erasing();
  void remove_intakes();
  void give_back();
  Result<void> recover();
  Result<void> open_anew(std::unique_lock<std::mutex>& lock);
  rocksdb::Status undo(Database& database);
  Result<void> probe();
  void remember_what_stood(Database& database, const Batch& batch);

  std::filesystem::path directory_;
  DirectoryLock lock_;
  std::shared_ptr<rocksdb::FileSystem> files_;
  std::unique_ptr<rocksdb::Env> env_;
  std::shared_ptr<rocksdb::Cache> cache_;

  std::mutex mutex_;
  std::condition_variable returned_;
  std::unique_ptr<Database> database_;  // null: it could not be opened again so far
  std::size_t leases_ = 0;
  bool recovering_ = false, closed_to_all_ = false;
  Batch undo_;  // what stood where the failed write was to write
  Error trouble_;
};

}  // namespace garner::ledger
