// A ledger in a folder of its own, a file system whose disk can be full and which counts syncs of the write-ahead log,
// and recounts.
#pragma once

#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>

#include "ledger/rocks_ledger.h"
#include "ledger/rocks_ledger_on.h"
#include "samples.h"

namespace garner::ledger {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "garner-ledger-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct DiskState {
  std::atomic<bool> full = false;
  std::atomic<int> wal_syncs = 0;

  std::mutex mutex;
  std::map<std::string, std::uint64_t>
      synced;  // file name -> bytes that a power cut leaves, for those that grow while the ledger is open
};

class WatchedFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::shared_ptr<DiskState> state, std::string name)
      : rocksdb::FSWritableFileOwnerWrapper(std::move(file)), state_(std::move(state)), name_(std::move(name)) {
    note(0);
  }
  using rocksdb::FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
    if (state_->full) return rocksdb::IOStatus::NoSpace("No space left on device");
    written_ += data.size();
    return rocksdb::FSWritableFileOwnerWrapper::Append(data, options, context);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override {
    if (name_.ends_with(".log")) ++state_->wal_syncs;
    auto status = rocksdb::FSWritableFileOwnerWrapper::Sync(options, context);
    if (status.ok()) note(written_);
    return status;
  }

 private:
  void note(std::uint64_t bytes) {
    std::lock_guard lock(state_->mutex);
    if (name_.ends_with(".log") || name_.starts_with("MANIFEST-")) state_->synced[name_] = bytes;
  }

  std::shared_ptr<DiskState> state_;
  std::string name_;
  std::uint64_t written_ = 0;
};

class WatchedFiles : public rocksdb::FileSystemWrapper {
 public:
  explicit WatchedFiles(std::shared_ptr<DiskState> state)
      : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), state_(std::move(state)) {}
  const char* Name() const override { return "WatchedFiles"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* context) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    auto status = rocksdb::FileSystemWrapper::NewWritableFile(name, options, &file, context);
    if (status.ok())
      *result = std::make_unique<WatchedFile>(std::move(file), state_, std::filesystem::path(name).filename().string());
    return status;
  }

 private:
  std::shared_ptr<DiskState> state_;
};

inline HarvestRecord record_named(std::string name) {
  HarvestRecord record;
  record.name = std::move(name);
  record.manifest = "harvest: x\n# as \xFF submitted\n";
  record.manifest_hash = std::string(64, 'a');
  record.output_directory = "/srv/data/x";
  record.retrieval_types = {"RVS", "XP_SAMPLED"};
  record.duplicates = 3;
  record.refused = 2;
  record.submitter_uid = 1000;
  record.submitter_gid = 100;
  record.submitted_s = 1'700'000'000;
  record.data_structure = "INDIVIDUAL";
  return record;
}

inline HarvestRecord must_take(Result<HarvestRecord> record) {
  if (!record) ADD_FAILURE() << record.error().detail;
  return record ? *record : HarvestRecord{};
}

inline HarvestRecord add_harvest(Ledger& ledger, const std::string& name, const std::vector<SourceId>& ids,
                                 std::uint32_t chunk_size = 100) {
  auto intake = ledger.begin_intake(chunk_size);
  EXPECT_TRUE(intake) << intake.error().detail;
  EXPECT_TRUE((*intake)->add(ids));
  return must_take((*intake)->commit(record_named(name)));
}

inline std::uint32_t ids_in(const HarvestRecord& harvest, std::uint32_t block) {
  return block + 1 < harvest.blocks
             ? harvest.chunk_size
             : static_cast<std::uint32_t>(harvest.sources - std::uint64_t{block} * harvest.chunk_size);
}

// Moves the chunk to `after` as the engine does.
inline Result<void> move_chunk(Ledger& ledger, const HarvestRecord& harvest, ChunkKey key, const ChunkRecord& after) {
  const auto before = ledger.chunk(key);
  if (!before) return std::unexpected(before.error());
  auto delta = delta_between(*before, after, ids_in(harvest, key.block));
  return ledger.settle(key, after, delta);
}

// Counters from the chunks themselves; bytes_received stands in no chunk.
inline Counters recount(Ledger& ledger, const HarvestRecord& harvest, std::uint16_t type) {
  Counters total;
  total.requested = harvest.sources;
  const ChunkRecord nothing;
  EXPECT_TRUE(ledger.scan(harvest.no, type, 0, [&](std::uint32_t block, const ChunkRecord& record) {
    const auto delta = delta_between(nothing, record, ids_in(harvest, block));
    total.delivered += static_cast<std::uint64_t>(delta.delivered);
    total.absent += static_cast<std::uint64_t>(delta.absent);
    total.failed += static_cast<std::uint64_t>(delta.failed);
    total.bytes_stored += static_cast<std::uint64_t>(delta.bytes_stored);
    total.chunks_done += static_cast<std::uint64_t>(delta.chunks_done);
    total.attempts += static_cast<std::uint64_t>(delta.attempts);
    total.empty += static_cast<std::uint64_t>(delta.empty);
    total.found_again += static_cast<std::uint64_t>(delta.found_again);
    return true;
  }));
  return total;
}

class LedgerTest : public ::testing::Test {
 protected:
  void open() {
    auto opened = open_rocks_ledger(folder.path());
    ASSERT_TRUE(opened) << opened.error().detail;
    ledger = std::move(*opened);
  }
  void reopen() {
    ledger.reset();
    open();
  }
  void SetUp() override { open(); }

  TemporaryFolder folder;
  std::unique_ptr<Ledger> ledger;
};

}  // namespace garner::ledger
