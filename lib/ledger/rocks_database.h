// RocksDB itself, opened: its families' handles, rows written together, and what its errors mean to us. One database is
// never mended: once it takes no writes it is closed and opened anew (rocks_store.h says why). Threads: any, once open;
// nothing of it may be in use when it goes. For lib/ledger only.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ledger/rocks_options.h"

namespace garner::ledger {

// NoSpace is DiskFull, Corruption is Corrupt, the rest Internal.
std::unexpected<Error> store_error(const rocksdb::Status& status, std::string_view doing);

// Rows that are written together. It knows families, not handles: so it outlives the database that was open when it
// was begun.
class Batch {
 public:
  struct Change {
    Family family = Family::Meta;
    std::string key;
    std::optional<std::string> value;  // none: the row goes
    std::string range_end = {};        // every row from key to here goes
  };
  void put(Family family, std::string key, std::string_view value) {
    changes_.push_back({family, std::move(key), std::string(value)});
  }
  void remove(Family family, std::string key) { changes_.push_back({family, std::move(key), {}}); }
  void remove_range(Family family, std::string begin, std::string end) {
    changes_.push_back({family, std::move(begin), {}, std::move(end)});
  }
  bool empty() const { return changes_.empty(); }
  const std::vector<Change>& changes() const { return changes_; }

 private:
  std::vector<Change> changes_;
};

class Database {
 public:
  // Corrupt says what to do about it; Conflict names another process.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& directory, rocksdb::Env* env,
                                                const std::shared_ptr<rocksdb::Cache>& cache);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Family which) const { return families_[static_cast<std::size_t>(which)]; }

  // Synced when it returns.
  rocksdb::Status write(const Batch& batch);
  // Why it takes no writes any more; OK while it does.
  rocksdb::Status trouble() const;

 private:
  class Listener;
  Database() = default;

  std::shared_ptr<Listener> listener_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

// What an operator can do about a damaged ledger.
inline constexpr std::string_view kDamageAdvice =
    "restore the directory from a backup, or move it away and submit the harvests again (what was delivered stays in "
    "their output directories)";

}  // namespace garner::ledger
