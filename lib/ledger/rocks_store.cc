#include "ledger/rocks_store.h"

#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>

#include <algorithm>
#include <charconv>
#include <mutex>

#include "base/durable_directory.h"
#include "base/log.h"

namespace garner::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSchemaFile = "SCHEMA";
constexpr std::string_view kAdvice =
    "restore the directory from a backup, or move it away and submit the harvests again (what was delivered stays in "
    "their output directories)";

std::optional<std::uint32_t> number_in(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<void> refuse_newer(std::uint32_t version, const fs::path& directory) {
  if (version <= kSchemaVersion) return {};
  return fail(Kind::Unsupported,
              "the ledger {} has schema version {}, this garnerd knows versions up to {}; install the newer garner "
              "again, or use another state directory",
              directory.string(), version, kSchemaVersion);
}

// Durably, so that it is never found empty.
rocksdb::IOStatus write_schema_file(rocksdb::FileSystem& files, const fs::path& directory) {
  const rocksdb::IOOptions plain;
  const std::string scratch = directory / "SCHEMA.new";
  auto status = rocksdb::WriteStringToFile(&files, fmt::format("{}\n", kSchemaVersion), scratch, true);
  if (status.ok()) status = files.RenameFile(scratch, directory / kSchemaFile, plain, nullptr);
  std::unique_ptr<rocksdb::FSDirectory> folder;
  if (status.ok()) status = files.NewDirectory(directory, plain, &folder, nullptr);
  if (status.ok()) status = folder->Fsync(plain, nullptr);
  return status;
}

// The version is also in a file, so that a newer store is refused before RocksDB changes anything in it. For the same
// reason an older one is raised here first: opening makes the families that it lacks.
Result<void> check_schema_file(rocksdb::FileSystem& files, const fs::path& directory) {
  const std::string path = directory / kSchemaFile;
  std::uint64_t size = 0;
  if (!files.GetFileSize(path, {}, &size, nullptr).ok() || size == 0)
    return {};  // the store itself has the version too
  constexpr std::uint64_t kMost = 32;
  std::string text;
  if (size <= kMost) {
    if (const auto status = rocksdb::ReadFileToString(&files, path, &text); !status.ok())
      return store_error(status, path);
  }
  const auto version = number_in(text);
  if (!version)
    return fail(Kind::Corrupt, "the ledger {}: its file {} holds no number; {}", directory.string(), kSchemaFile,
                kAdvice);
  if (auto good = refuse_newer(*version, directory); !good || *version == kSchemaVersion) return good;
  if (const auto status = write_schema_file(files, directory); !status.ok()) return store_error(status, path);
  return {};
}

// Without CURRENT, RocksDB writes a new one, of an empty store, over what is there (and only then complains of old log
// files).
Result<void> refuse_lost_current(rocksdb::FileSystem& files, const fs::path& directory) {
  std::vector<std::string> names;
  if (!files.GetChildren(directory, {}, &names, nullptr).ok() || std::ranges::find(names, "CURRENT") != names.end())
    return {};
  const bool used =
      std::ranges::any_of(names, [](const auto& name) { return name == kSchemaFile || name.ends_with(".sst"); });
  if (!used) return {};
  return fail(Kind::Corrupt, "the ledger {} has lost its file CURRENT; {}", directory.string(), kAdvice);
}

rocksdb::IOStatus remove_folder(rocksdb::FileSystem& files, const std::string& folder) {
  std::vector<std::string> names;
  files.GetChildren(folder, {}, &names, nullptr).PermitUncheckedError();
  for (const auto& name : names) {
    if (name == "." || name == "..") continue;
    if (auto status = files.DeleteFile(folder + "/" + name, {}, nullptr); !status.ok()) return status;
  }
  return files.DeleteDir(folder, {}, nullptr);
}

}  // namespace

std::unexpected<Error> store_error(const rocksdb::Status& status, std::string_view doing) {
  const Kind kind = status.IsNoSpace()      ? Kind::DiskFull
                    : status.IsCorruption() ? Kind::Corrupt
                    : status.IsNotFound()   ? Kind::NotFound
                                            : Kind::Internal;
  return fail(kind, "ledger: {}: {}", doing, printable(status.ToString()));
}

// Background errors make the store read-only until Resume(). RocksDB's own recovery is declined: it looks every few
// seconds and refuses ours meanwhile, whereas the next write can try at once.
class RocksStore::Listener : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    {
      std::lock_guard lock(mutex_);
      error_ = *status;
    }
    log::error("ledger: it takes no writes now: {}", printable(status->ToString()));
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }

  // The error so far, which is forgotten; one that comes later is not.
  rocksdb::Status take() {
    std::lock_guard lock(mutex_);
    return std::exchange(error_, rocksdb::Status::OK());
  }
  void put_back(const rocksdb::Status& error) {
    std::lock_guard lock(mutex_);
    if (error_.ok()) error_ = error;
  }

 private:
  std::mutex mutex_;
  rocksdb::Status error_;
};

Result<std::unique_ptr<RocksStore>> RocksStore::open(const fs::path& directory,
                                                     std::shared_ptr<rocksdb::FileSystem> files) {
  if (auto made = make_directories_durably(directory); !made)
    return with_context(made.error(), "the ledger's directory");
  auto lock = DirectoryLock::take(directory);
  if (!lock) return std::unexpected(lock.error());
  if (!files) files = rocksdb::FileSystem::Default();
  std::unique_ptr<RocksStore> store(new RocksStore(directory, std::move(*lock), files));
  if (auto good = check_schema_file(*files, directory); !good) return std::unexpected(good.error());
  if (auto good = refuse_lost_current(*files, directory); !good) return std::unexpected(good.error());
  if (auto good = store->open_database(); !good) return std::unexpected(good.error());
  if (auto good = store->check_schema(); !good) return std::unexpected(good.error());
  if (auto good = store->finish_erasing(); !good) return std::unexpected(good.error());
  store->remove_intakes();
  return store;
}

RocksStore::~RocksStore() {
  if (!db_) return;
  for (auto* handle : families_) db_->DestroyColumnFamilyHandle(handle);
  if (const auto status = db_->Close(); !status.ok()) log::warning("ledger: closing: {}", printable(status.ToString()));
}

// Of a crashed process.
void RocksStore::remove_intakes() {
  std::vector<std::string> names;
  files_->GetChildren(directory_, {}, &names, nullptr).PermitUncheckedError();
  for (const auto& name : names) {
    if (name.starts_with("intake-")) remove_intake_directory(directory_ / name);
  }
}

void RocksStore::remove_intake_directory(const fs::path& path) {
  if (const auto status = remove_folder(*files_, path);
      !status.ok() && !status.IsNotFound() && !status.IsPathNotFound())
    log::warning("ledger: {} can't be removed: {}; the next start tries again", path.string(),
                 printable(status.ToString()));
}

Result<void> RocksStore::make_intake_directory(const fs::path& path) {
  if (const auto status = files_->CreateDir(path, {}, nullptr); !status.ok()) return store_error(status, path.string());
  return {};
}

Result<void> RocksStore::open_database() {
  auto options = store_options();
  cache_ = make_cache();
  listener_ = std::make_shared<Listener>();
  charge_memtables(options, cache_);
  options.listeners.push_back(listener_);
  env_ = rocksdb::NewCompositeEnv(files_);
  options.env = env_.get();
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < kFamilyNames.size(); ++i)
    families.emplace_back(kFamilyNames[i], family_options(Family{i}, cache_));
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(options, directory_.string(), families, &families_, &db);
  db_.reset(db);
  if (status.ok()) return {};
  if (status.IsNoSpace()) return store_error(status, "opening");
  if (const int pid = foreign_lock_holder(directory_ / "LOCK"); pid != 0) {
    return fail(Kind::Conflict, "process {} is using the ledger {}; stop it first", pid, directory_.string());
  }
  const bool damaged =
      status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() || status.IsInvalidArgument();
  if (!damaged) return store_error(status, fmt::format("opening {}", directory_.string()));
  return fail(Kind::Corrupt, "the ledger {} is damaged: {}; {}", directory_.string(), printable(status.ToString()),
              kAdvice);
}

Result<void> RocksStore::check_schema() {
  auto text = get(Family::Meta, kSchemaKey, "schema version");
  if (!text && text.error().kind != Kind::NotFound) return std::unexpected(text.error());
  std::optional<std::uint32_t> version;
  if (text) {
    version = number_in(*text);
    if (!version)
      return fail(Kind::Corrupt, "the ledger {}: its schema version is no number; {}", directory_.string(), kAdvice);
    if (auto good = refuse_newer(*version, directory_); !good) return good;
  }
  if (version != kSchemaVersion) {  // none, or an older one: whose rows all are rows of this one, too
    rocksdb::WriteBatch batch;
    batch.Put(family(Family::Meta), kSchemaKey, std::to_string(kSchemaVersion));
    if (auto written = write(batch, "schema version"); !written) return written;
  }
  const fs::path path = directory_ / kSchemaFile;
  std::uint64_t size = 0;
  if (files_->GetFileSize(path, {}, &size, nullptr).ok() && size > 0) return {};
  if (const auto status = write_schema_file(*files_, directory_); !status.ok())
    return store_error(status, path.string());
  return {};
}

Result<void> RocksStore::resume() {
  const auto error = listener_->take();
  if (error.ok()) return {};
  if (const auto status = db_->Resume(); !status.ok()) {
    listener_->put_back(error);
    return store_error(error, "it takes no writes");
  }
  log::notice("ledger: it takes writes again");
  return {};
}

Result<void> RocksStore::write(rocksdb::WriteBatch& batch, std::string_view doing) {
  if (auto resumed = resume(); !resumed) return resumed;
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (const auto status = db_->Write(synced, &batch); !status.ok()) return store_error(status, doing);
  return {};
}

Result<std::string> RocksStore::get(Family which, std::string_view key, std::string_view doing) {
  std::string value;
  const auto status = db_->Get(rocksdb::ReadOptions(), family(which), key, &value);
  if (!status.ok()) return store_error(status, doing);
  return value;
}

std::unique_ptr<rocksdb::Iterator> RocksStore::walk(Family which, const Range& range) {
  std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(range.options(), family(which)));
  rows->Seek(range.begin());
  return rows;
}

Result<void> RocksStore::erase(HarvestNo harvest) {
  const std::string begin = harvest_prefix(harvest);
  const std::string end = harvest_prefix_end(harvest);
  const rocksdb::Slice first(begin), last(end);
  rocksdb::WriteBatch batch;
  std::vector<rocksdb::ColumnFamilyHandle*> touched;
  for (const Family which : {Family::Ids, Family::Chunks, Family::Refused, Family::Counters, Family::Harvests,
                             Family::Tiles, Family::Jobs}) {
    auto* rows = family(which);
    Range range(begin, end);
    if (!walk(which, range)->Valid()) continue;
    // Whole files go at once, and give their space back; the range deletion takes the rest.
    if (const auto status = rocksdb::DeleteFilesInRange(db_.get(), rows, &first, &last, false); !status.ok())
      return store_error(status, "erasing a harvest");
    batch.DeleteRange(rows, begin, end);
    touched.push_back(rows);
  }
  batch.Delete(family(Family::Meta), erase_key(harvest));
  if (auto written = write(batch, "erasing a harvest"); !written) return written;
  if (touched.empty()) return {};
  // Range deletions slow every iterator down while they are in a memtable (RocksDB #10662).
  rocksdb::FlushOptions flush;
  if (const auto status = db_->Flush(flush, touched); !status.ok()) return store_error(status, "erasing a harvest");
  return {};
}

Result<void> RocksStore::finish_erasing() {
  std::vector<HarvestNo> numbers;
  {
    std::string end(kErasePrefix);
    end.back() = static_cast<char>(end.back() + 1);
    Range range{std::string(kErasePrefix), end};
    auto rows = walk(Family::Meta, range);
    for (; rows->Valid(); rows->Next()) {
      const auto number = number_in(view(rows->key()).substr(kErasePrefix.size()));
      if (!number)
        return fail(Kind::Corrupt, "the ledger {}: an erase row names no number; {}", directory_.string(), kAdvice);
      numbers.push_back(*number);
    }
    if (!rows->status().ok()) return store_error(rows->status(), "looking for half-made harvests");
  }
  for (const HarvestNo number : numbers) {
    if (auto erased = erase(number); !erased) return erased;
  }
  return {};
}

fs::path RocksStore::intake_directory(HarvestNo harvest) const {
  return directory_ / fmt::format("intake-{}", harvest);
}

rocksdb::Options RocksStore::table_options(Family which) const {
  return rocksdb::Options(db_->GetDBOptions(), family_options(which, cache_));
}

}  // namespace garner::ledger
