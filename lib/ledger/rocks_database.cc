#include "ledger/rocks_database.h"

#include <rocksdb/listener.h>

#include <mutex>

#include "base/log.h"
#include "ledger/directory_lock.h"

namespace garner::ledger {

std::unexpected<Error> store_error(const rocksdb::Status& status, std::string_view doing) {
  const Kind kind = status.IsNoSpace()      ? Kind::DiskFull
                    : status.IsCorruption() ? Kind::Corrupt
                    : status.IsNotFound()   ? Kind::NotFound
                                            : Kind::Internal;
  return fail(kind, "ledger: {}: {}", doing, printable(status.ToString()));
}

// Keeps the first error that made the database read-only. RocksDB's own recovery is declined: it would go on with a log
// file whose last write failed.
class Database::Listener : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override { note(*status); }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }
  void note(const rocksdb::Status& status) {
    const std::lock_guard lock(mutex_);
    if (!error_.ok()) return;
    error_ = status;
    log::error("ledger: it takes no writes now: {}", printable(status.ToString()));
  }
  rocksdb::Status error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  mutable std::mutex mutex_;
  rocksdb::Status error_;
};

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& directory, rocksdb::Env* env,
                                                 const std::shared_ptr<rocksdb::Cache>& cache) {
  std::unique_ptr<Database> database(new Database);
  database->listener_ = std::make_shared<Listener>();
  auto options = store_options();
  charge_memtables(options, cache);
  options.listeners.push_back(database->listener_);
  options.env = env;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < kFamilyNames.size(); ++i)
    families.emplace_back(kFamilyNames[i], family_options(Family{i}, cache));
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(options, directory.string(), families, &database->families_, &db);
  database->db_.reset(db);
  if (status.ok()) return database;
  if (status.IsNoSpace()) return store_error(status, "opening");
  if (const int pid = foreign_lock_holder(directory / "LOCK"); pid != 0) {
    return fail(Kind::Conflict, "process {} is using the ledger {}; stop it first", pid, directory.string());
  }
  const bool damaged =
      status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() || status.IsInvalidArgument();
  if (!damaged) return store_error(status, fmt::format("opening {}", directory.string()));
  return fail(Kind::Corrupt, "the ledger {} is damaged: {}; {}", directory.string(), printable(status.ToString()),
              kDamageAdvice);
}

Database::~Database() {
  if (!db_) return;
  for (auto* handle : families_) db_->DestroyColumnFamilyHandle(handle);
  // What a failed log file says at its end is known already.
  if (const auto status = db_->Close(); !status.ok() && trouble().ok())
    log::warning("ledger: closing: {}", printable(status.ToString()));
}

rocksdb::Status Database::write(const Batch& batch) {
  rocksdb::WriteBatch rows;
  for (const Batch::Change& change : batch.changes()) {
    auto* family = this->family(change.family);
    if (change.value)
      rows.Put(family, change.key, *change.value);
    else if (change.range_end.empty())
      rows.Delete(family, change.key);
    else
      rows.DeleteRange(family, change.key, change.range_end);
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  auto status = db_->Write(synced, &rows);
  if (!status.ok()) listener_->note(status);
  return status;
}

rocksdb::Status Database::trouble() const {
  return listener_->error();
}

}  // namespace garner::ledger
