#include "ledger/rocks_store.h"

#include <rocksdb/convenience.h>

#include "base/log.h"

namespace garner::ledger {
namespace {

namespace fs = std::filesystem;

// How long whoever reads may keep the database from being opened anew.
constexpr std::chrono::seconds kReadersMost{5};
// Opening writes a new log, a new manifest and what the old log held (rocks_options.cc bounds it).
constexpr std::size_t kProbeBytes = 4 << 20;

}  // namespace

RocksStore::RocksStore(fs::path directory, DirectoryLock lock, std::shared_ptr<rocksdb::FileSystem> files)
    : directory_(std::move(directory)),
      lock_(std::move(lock)),
      files_(std::move(files)),
      env_(rocksdb::NewCompositeEnv(std::make_shared<TableKeeper>(files_, directory_))),
      cache_(make_cache()) {}

Result<RocksStore::Lease> RocksStore::lease() {
  std::unique_lock lock(mutex_);
  if (!database_ && !recovering_) {
    lock.unlock();
    if (auto recovered = recover(); !recovered) return std::unexpected(recovered.error());
    lock.lock();
  }
  if (!database_ || closed_to_all_)
    return fail(trouble_.kind, "ledger: it is being opened anew after {}", trouble_.detail);
  ++leases_;
  return Lease(this, database_.get());
}

Result<RocksStore::Lease> RocksStore::writable() {
  if (auto good = recover(); !good) return std::unexpected(good.error());
  return lease();
}

void RocksStore::give_back() {
  const std::lock_guard lock(mutex_);
  if (--leases_ == 0) returned_.notify_all();
}

// Where the database takes no writes.
Result<void> RocksStore::recover() {
  std::unique_lock lock(mutex_);
  if (database_ && database_->trouble().ok()) return {};
  if (recovering_) return fail(trouble_.kind, "ledger: it is being opened anew after {}", trouble_.detail);
  recovering_ = true;
  if (database_) trouble_ = store_error(database_->trouble(), "it takes no writes").error();
  lock.unlock();
  auto good = probe();
  lock.lock();
  if (good) good = open_anew(lock);
  recovering_ = closed_to_all_ = false;
  if (good) log::notice("ledger: it takes writes again");
  return good;
}

// Whether the directory would take what opening writes: as long as it does not, reading goes on.
Result<void> RocksStore::probe() {
  const std::string path = directory_ / "PROBE";
  auto status = rocksdb::WriteStringToFile(files_.get(), std::string(kProbeBytes, '\0'), path, true);
  if (const auto removed = files_->DeleteFile(path, {}, nullptr); status.ok()) status = removed;
  if (!status.ok()) return store_error(status, "it takes no writes");
  return {};
}

Result<void> RocksStore::open_anew(std::unique_lock<std::mutex>& lock) {
  closed_to_all_ = true;
  if (!returned_.wait_for(lock, kReadersMost, [this] { return leases_ == 0; }))
    return fail(trouble_.kind, "{}; it waits for those who read in it", trouble_.detail);
  auto old = std::move(database_);
  lock.unlock();
  old.reset();
  auto database = Database::open(directory_, env_.get(), cache_);
  if (database) {
    if (const auto status = undo(**database); !status.ok())
      database = store_error(status, "undoing what failed to be written");
  }
  lock.lock();
  if (!database) {
    trouble_ = database.error();
    return std::unexpected(trouble_);
  }
  database_ = std::move(*database);
  return {};
}

rocksdb::Status RocksStore::undo(Database& database) {
  if (undo_.empty()) return rocksdb::Status::OK();
  auto status = database.write(undo_);
  if (status.ok()) undo_ = {};
  return status;
}

// Part of a failed write may be in the log, and count when that is read again.
void RocksStore::remember_what_stood(Database& database, const Batch& batch) {
  for (const Batch::Change& change : batch.changes()) {
    if (!change.range_end.empty()) continue;  // of a harvest that is none: it may as well be gone
    std::string value;
    const auto status = database.db().Get({}, database.family(change.family), change.key, &value);
    if (status.ok())
      undo_.put(change.family, change.key, value);
    else if (status.IsNotFound())
      undo_.remove(change.family, change.key);
    else
      log::error("ledger: what stood before a failed write can't be read: {}", printable(status.ToString()));
  }
}

Result<void> RocksStore::write(const Batch& batch, std::string_view doing) {
  const auto open = writable();
  if (!open) return std::unexpected(open.error());
  const auto status = open->database_->write(batch);
  if (status.ok()) return {};
  remember_what_stood(*open->database_, batch);
  return store_error(status, doing);
}

Result<std::string> RocksStore::get(Family which, std::string_view key, std::string_view doing) {
  const auto open = lease();
  if (!open) return std::unexpected(open.error());
  std::string value;
  const auto status = open->db().Get(rocksdb::ReadOptions(), open->family(which), key, &value);
  if (!status.ok()) return store_error(status, doing);
  return value;
}

std::unique_ptr<rocksdb::Iterator> RocksStore::walk(Family which, const Range& range) {
  auto open = lease();
  if (!open) {
    const auto status = open.error().kind == Kind::DiskFull ? rocksdb::Status::NoSpace(open.error().detail)
                                                            : rocksdb::Status::IOError(open.error().detail);
    return std::unique_ptr<rocksdb::Iterator>(rocksdb::NewErrorIterator(status));
  }
  std::unique_ptr<rocksdb::Iterator> rows(open->db().NewIterator(range.options(), open->family(which)));
  rows->RegisterCleanup([](void* held, void*) { delete static_cast<Lease*>(held); }, new Lease(std::move(*open)),
                        nullptr);  // when the iterator itself has gone
  rows->Seek(range.begin());
  return rows;
}

Result<void> RocksStore::erase(HarvestNo harvest) {
  const std::string begin = harvest_prefix(harvest);
  const std::string end = harvest_prefix_end(harvest);
  const rocksdb::Slice first(begin), last(end);
  Batch batch;
  std::vector<Family> touched;
  for (const Family which : {Family::Ids, Family::Chunks, Family::Refused, Family::Counters, Family::Harvests,
                             Family::Tiles, Family::Jobs, Family::Journal}) {
    Range range(begin, end);
    if (!walk(which, range)->Valid()) continue;
    const auto open = writable();
    if (!open) return std::unexpected(open.error());
    // Whole files go at once, and give their space back; the range deletion takes the rest.
    if (const auto status = rocksdb::DeleteFilesInRange(&open->db(), open->family(which), &first, &last, false);
        !status.ok())
      return store_error(status, "erasing a harvest");
    batch.remove_range(which, begin, end);
    touched.push_back(which);
  }
  batch.remove(Family::Meta, erase_key(harvest));
  if (auto written = write(batch, "erasing a harvest"); !written) return written;
  if (touched.empty()) return {};
  const auto open = writable();
  if (!open) return std::unexpected(open.error());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  for (const Family which : touched) handles.push_back(open->family(which));
  // Range deletions slow every iterator down while they are in a memtable (RocksDB #10662).
  if (const auto status = open->db().Flush(rocksdb::FlushOptions(), handles); !status.ok())
    return store_error(status, "erasing a harvest");
  return {};
}

fs::path RocksStore::intake_directory(HarvestNo harvest) const {
  return directory_ / fmt::format("intake-{}", harvest);
}

rocksdb::Options RocksStore::table_options(Family which) const {
  rocksdb::Options options(store_options(), family_options(which, cache_));
  options.env = env_.get();
  return options;
}

}  // namespace garner::ledger
