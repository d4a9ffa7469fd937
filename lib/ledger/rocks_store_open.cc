// Opening the directory: whose it is, which schema it has, what a crashed process left in it.
#include <algorithm>
#include <charconv>

#include "base/durable_directory.h"
#include "base/log.h"
#include "ledger/rocks_store.h"

namespace garner::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSchemaFile = "SCHEMA";

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
                kDamageAdvice);
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
  return fail(Kind::Corrupt, "the ledger {} has lost its file CURRENT; {}", directory.string(), kDamageAdvice);
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
  auto database = Database::open(directory, store->env_.get(), store->cache_);
  if (!database) return std::unexpected(database.error());
  store->database_ = std::move(*database);
  if (auto good = store->check_schema(); !good) return std::unexpected(good.error());
  if (auto good = store->finish_erasing(); !good) return std::unexpected(good.error());
  store->remove_intakes();
  return store;
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

Result<void> RocksStore::check_schema() {
  auto text = get(Family::Meta, kSchemaKey, "schema version");
  if (!text && text.error().kind != Kind::NotFound) return std::unexpected(text.error());
  std::optional<std::uint32_t> version;
  if (text) {
    version = number_in(*text);
    if (!version)
      return fail(Kind::Corrupt, "the ledger {}: its schema version is no number; {}", directory_.string(),
                  kDamageAdvice);
    if (auto good = refuse_newer(*version, directory_); !good) return good;
  }
  if (version != kSchemaVersion) {  // none, or an older one: whose rows all are rows of this one, too
    Batch batch;
    batch.put(Family::Meta, std::string(kSchemaKey), std::to_string(kSchemaVersion));
    if (auto written = write(batch, "schema version"); !written) return written;
  }
  const fs::path path = directory_ / kSchemaFile;
  std::uint64_t size = 0;
  if (files_->GetFileSize(path, {}, &size, nullptr).ok() && size > 0) return {};
  if (const auto status = write_schema_file(*files_, directory_); !status.ok())
    return store_error(status, path.string());
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
        return fail(Kind::Corrupt, "the ledger {}: an erase row names no number; {}", directory_.string(),
                    kDamageAdvice);
      numbers.push_back(*number);
    }
    if (!rows->status().ok()) return store_error(rows->status(), "looking for half-made harvests");
  }
  for (const HarvestNo number : numbers) {
    if (auto erased = erase(number); !erased) return erased;
  }
  return {};
}

}  // namespace garner::ledger
