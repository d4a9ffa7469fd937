#include "forgetful_disk.h"

#include <rocksdb/env.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace garner::testing {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

struct Node {
  bool folder = false;
  std::string data;
  std::size_t synced = 0;  // so many of its bytes stay

  Node left(std::mt19937_64* random) const {
    const std::size_t unsynced = data.size() - synced;
    const std::size_t size = synced + (random != nullptr && unsynced > 0 ? (*random)() % (unsynced + 1) : 0);
    return {folder, data.substr(0, size), size};
  }
};

std::string tidy(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

IOStatus not_there(const std::string& path) {
  return IOStatus::PathNotFound(path, "No such file or directory");
}

}  // namespace

struct DiskInMemory {
  using Names = std::map<std::string, std::shared_ptr<Node>>;  // by whole path

  std::mutex mutex;
  std::string root;
  Names now, kept;  // kept: what the folders held when they were synced
  std::uint64_t syncs = 0;
  std::function<IOStatus()> trouble;
  std::set<std::string> locked;

  // Names directly in the folder.
  static std::vector<Names::iterator> names_in(Names& names, const std::string& folder) {
    std::vector<Names::iterator> found;
    const std::string prefix = folder + "/";
    for (auto at = names.lower_bound(prefix); at != names.end() && at->first.starts_with(prefix); ++at) {
      if (at->first.find('/', prefix.size()) == std::string::npos) found.push_back(at);
    }
    return found;
  }
  void sync_folder(const std::string& folder) {
    for (const auto& at : names_in(kept, folder)) kept.erase(at);
    for (const auto& at : names_in(now, folder)) kept.insert(*at);
    ++syncs;
  }

  // What is there after a crash, as a disk of its own.
  std::shared_ptr<DiskInMemory> after_a_crash(std::mt19937_64* random) {
    const std::lock_guard lock(mutex);
    auto after = std::make_shared<DiskInMemory>();
    after->root = root;
    after->syncs = syncs;
    after->trouble = trouble;
    std::map<Node*, std::shared_ptr<Node>> copies;  // a file may have several names
    for (const auto& [path, node] : kept) {         // folders come before what is in them
      if (path != root && !after->now.contains(folder_of(path))) continue;
      auto& copy = copies[node.get()];
      if (!copy) copy = std::make_shared<Node>(node->left(random));
      after->now.emplace(path, copy);
    }
    after->kept = after->now;
    return after;
  }
};

namespace {

// The disk of one life, each step under its lock.
class Life {
 public:
  explicit Life(std::shared_ptr<DiskInMemory> disk) : disk_(std::move(disk)) {}

  template <class Step>
  IOStatus read(Step step) const {
    const std::lock_guard lock(disk_->mutex);
    return step(*disk_);
  }
  template <class Step>
  IOStatus change(Step step) const {
    return read([&](DiskInMemory& disk) {
      if (disk.trouble) {
        if (auto status = disk.trouble(); !status.ok()) return status;
      }
      return step(disk);
    });
  }

 private:
  std::shared_ptr<DiskInMemory> disk_;
};

IOStatus read_from(const Node& node, std::uint64_t offset, std::size_t n, Slice* result, char* scratch) {
  const std::size_t at = std::min<std::size_t>(offset, node.data.size());
  const std::size_t size = std::min(n, node.data.size() - at);
  std::memcpy(scratch, node.data.data() + at, size);
  *result = Slice(scratch, size);
  return IOStatus::OK();
}

class Sequential final : public rocksdb::FSSequentialFile {
 public:
  Sequential(Life life, std::shared_ptr<Node> node) : life_(std::move(life)), node_(std::move(node)) {}
  IOStatus Read(std::size_t n, const IOOptions&, Slice* result, char* scratch, IODebugContext*) override {
    return life_.read([&](DiskInMemory&) {
      auto status = read_from(*node_, at_, n, result, scratch);
      at_ += result->size();
      return status;
    });
  }
  IOStatus Skip(std::uint64_t n) override {
    at_ += n;
    return IOStatus::OK();
  }

 private:
  Life life_;
  std::shared_ptr<Node> node_;
  std::uint64_t at_ = 0;
};

class RandomAccess final : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccess(Life life, std::shared_ptr<Node> node) : life_(std::move(life)), node_(std::move(node)) {}
  IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return life_.read([&](DiskInMemory&) { return read_from(*node_, offset, n, result, scratch); });
  }

 private:
  Life life_;
  std::shared_ptr<Node> node_;
};

class Writable final : public rocksdb::FSWritableFile {
 public:
  Writable(Life life, std::shared_ptr<Node> node) : life_(std::move(life)), node_(std::move(node)) {}
  using rocksdb::FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    return life_.change([&](DiskInMemory&) {
      node_->data.append(data.data(), data.size());
      return IOStatus::OK();
    });
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
    return life_.change([&](DiskInMemory&) {
      node_->data.resize(std::min<std::size_t>(size, node_->data.size()));
      node_->synced = std::min(node_->synced, node_->data.size());
      return IOStatus::OK();
    });
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return life_.change([&](DiskInMemory& disk) {
      node_->synced = node_->data.size();
      ++disk.syncs;
      return IOStatus::OK();
    });
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    std::uint64_t size = 0;
    life_.read([&](DiskInMemory&) {
      size = node_->data.size();
      return IOStatus::OK();
    });
    return size;
  }

 private:
  Life life_;
  std::shared_ptr<Node> node_;
};

class Folder final : public rocksdb::FSDirectory {
 public:
  Folder(Life life, std::string path) : life_(std::move(life)), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return life_.change([&](DiskInMemory& disk) {
      disk.sync_folder(path_);
      return IOStatus::OK();
    });
  }

 private:
  Life life_;
  std::string path_;
};

class Silent final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  std::size_t GetLogFileSize() const override { return 0; }
};

struct Lock final : rocksdb::FileLock {
  explicit Lock(std::string p) : path(std::move(p)) {}
  std::string path;
};

class Files final : public rocksdb::FileSystem {
 public:
  explicit Files(std::shared_ptr<DiskInMemory> disk) : life_(std::move(disk)) {}
  const char* Name() const override { return "ForgetfulDisk"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext*) override {
    return open(path, [&](std::shared_ptr<Node> node) { *result = std::make_unique<Sequential>(life_, node); });
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext*) override {
    return open(path, [&](std::shared_ptr<Node> node) { *result = std::make_unique<RandomAccess>(life_, node); });
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext*) override {
    return open(path, [&](std::shared_ptr<Node> node) { *result = std::make_unique<Writable>(life_, node); });
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext*) override {
    return make(path, false, [&](std::shared_ptr<Node> node) { *result = std::make_unique<Writable>(life_, node); });
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&, std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext*) override {
    return open(path, [&](const std::shared_ptr<Node>&) { *result = std::make_unique<Folder>(life_, tidy(path)); });
  }
  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    return life_.read(
        [&](DiskInMemory& disk) { return disk.now.contains(tidy(path)) ? IOStatus::OK() : IOStatus::NotFound(path); });
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* result,
                       IODebugContext*) override {
    const std::string folder = tidy(path);
    result->clear();
    return life_.read([&](DiskInMemory& disk) {
      if (!disk.now.contains(folder)) return IOStatus::NotFound(path);
      for (const auto& at : DiskInMemory::names_in(disk.now, folder))
        result->push_back(at->first.substr(folder.size() + 1));
      return IOStatus::OK();
    });
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override { return remove(path); }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override { return remove(path); }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return make(path, true, [](const std::shared_ptr<Node>&) {});
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& options, IODebugContext* context) override {
    if (FileExists(path, options, context).ok()) return IOStatus::OK();
    return CreateDir(path, options, context);
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* size, IODebugContext*) override {
    return open(path, [&](const std::shared_ptr<Node>& node) { *size = node->data.size(); });
  }
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions&, std::uint64_t* time,
                                   IODebugContext*) override {
    return open(path, [&](const std::shared_ptr<Node>&) { *time = 0; });
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&, IODebugContext*) override {
    return life_.change([&](DiskInMemory& disk) {
      const auto found = disk.now.find(tidy(from));
      if (found == disk.now.end()) return not_there(from);
      auto node = found->second;
      disk.now.erase(found);
      disk.now.insert_or_assign(tidy(to), std::move(node));
      return IOStatus::OK();
    });
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions&, IODebugContext*) override {
    return life_.change([&](DiskInMemory& disk) {
      const auto found = disk.now.find(tidy(from));
      if (found == disk.now.end()) return not_there(from);
      disk.now.insert_or_assign(tidy(to), found->second);
      return IOStatus::OK();
    });
  }
  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock, IODebugContext*) override {
    return life_.read([&](DiskInMemory& disk) {
      if (!disk.locked.insert(tidy(path)).second) return IOStatus::IOError("lock " + path, "held already");
      disk.now.try_emplace(tidy(path), std::make_shared<Node>());
      *lock = new Lock(tidy(path));
      return IOStatus::OK();
    });
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    const std::unique_ptr<Lock> held(static_cast<Lock*>(lock));
    return life_.read([&](DiskInMemory& disk) {
      disk.locked.erase(held->path);
      return IOStatus::OK();
    });
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string*, IODebugContext*) override {
    return IOStatus::NotSupported("GetTestDirectory");
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext*) override {
    *result = std::make_shared<Silent>();
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* result, IODebugContext*) override {
    *result = path;
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_folder, IODebugContext*) override {
    return open(path, [&](const std::shared_ptr<Node>& node) { *is_folder = node->folder; });
  }

 private:
  template <class Take>
  IOStatus open(const std::string& path, Take take) const {
    return life_.read([&](DiskInMemory& disk) {
      const auto found = disk.now.find(tidy(path));
      if (found == disk.now.end()) return not_there(path);
      take(found->second);
      return IOStatus::OK();
    });
  }
  template <class Take>
  IOStatus make(const std::string& path, bool folder, Take take) const {
    return life_.change([&](DiskInMemory& disk) {
      const std::string name = tidy(path);
      if (!disk.now.contains(folder_of(name))) return not_there(path);
      auto node = std::make_shared<Node>();
      node->folder = folder;
      disk.now.insert_or_assign(name, node);
      take(std::move(node));
      return IOStatus::OK();
    });
  }
  IOStatus remove(const std::string& path) const {
    return life_.change(
        [&](DiskInMemory& disk) { return disk.now.erase(tidy(path)) > 0 ? IOStatus::OK() : not_there(path); });
  }

  Life life_;
};

}  // namespace

ForgetfulDisk::ForgetfulDisk(const std::filesystem::path& folder) : memory_(std::make_shared<DiskInMemory>()) {
  memory_->root = tidy(folder.string());
  auto node = std::make_shared<Node>();
  node->folder = true;
  memory_->now.emplace(memory_->root, node);
  memory_->kept.emplace(memory_->root, node);
}

std::shared_ptr<rocksdb::FileSystem> ForgetfulDisk::mount() {
  return std::make_shared<Files>(memory_);
}

void ForgetfulDisk::crash() {
  memory_ = memory_->after_a_crash(nullptr);
}

void ForgetfulDisk::crash(std::mt19937_64& random) {
  memory_ = memory_->after_a_crash(&random);
}

void ForgetfulDisk::set_trouble(std::function<rocksdb::IOStatus()> trouble) {
  const std::lock_guard lock(memory_->mutex);
  memory_->trouble = std::move(trouble);
}

std::uint64_t ForgetfulDisk::syncs() const {
  const std::lock_guard lock(memory_->mutex);
  return memory_->syncs;
}

}  // namespace garner::testing
