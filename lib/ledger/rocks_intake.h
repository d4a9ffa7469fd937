// An id list becoming a harvest: blocks are written straight into RocksDB table files in <ledger>/intake-<number>/,
// which the store takes over by rename at commit. Until the harvest's record is written its number stands in an
// `erase/` row, so that whatever a crash leaves goes at the next open. One thread at a time. It must go before its
// ledger. For lib/ledger only.
#pragma once

#include <rocksdb/sst_file_writer.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/group_commit.h"

namespace garner::ledger {

// Rows of one family in rising order, cut into table files.
class TableFiles {
 public:
  TableFiles(RocksStore& store, Family family, std::filesystem::path directory)
      : store_(store), family_(family), directory_(std::move(directory)) {}
  Result<void> put(std::string_view key, std::string_view value);
  Result<void> finish();
  bool empty() const { return paths_.empty(); }
  rocksdb::IngestExternalFileArg ingestion(const RocksStore::Lease& store) const;

 private:
  RocksStore& store_;
  Family family_;
  std::filesystem::path directory_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
  std::vector<std::string> paths_;
};

class RocksIntake final : public Intake {
 public:
  RocksIntake(RocksStore& store, GroupCommit& commits, HarvestNo harvest, std::uint32_t chunk_size);
  ~RocksIntake() override;

  Result<void> add(std::span<const SourceId> rising_ids) override;
  Result<void> add_refused(const RefusedRow& row) override;
  Result<HarvestRecord> commit(HarvestRecord record) override;

 private:
  Result<void> cut(std::span<const SourceId> ids);
  Result<void> write_block(std::span<const SourceId> ids);
  Result<void> remember(Result<void> done);
  Result<void> check(const HarvestRecord& record) const;
  Result<void> ingest();
  Result<void> move_journal(HarvestNo announced, Batch& batch);
  Result<void> write_record(const HarvestRecord& record, HarvestNo announced);

  RocksStore& store_;
  GroupCommit& commits_;
  const HarvestNo harvest_;
  const std::uint32_t chunk_size_;
  std::filesystem::path directory_;
  TableFiles ids_, refused_;
  std::vector<SourceId> pending_;  // of the block under way
  SourceId last_{};
  std::uint64_t sources_ = 0, refused_rows_ = 0;
  std::uint32_t blocks_ = 0;
  bool committed_ = false, spent_ = false;
  std::optional<Error> failure_;  // the first; nothing is taken after it, so that no list loses a block
};

}  // namespace garner::ledger
