#include "ledger/rocks_intake.h"

#include "base/log.h"

namespace garner::ledger {
namespace {

constexpr std::uint64_t kTableFileBytes = 128 << 20;

}  // namespace

Result<void> TableFiles::put(std::string_view key, std::string_view value) {
  if (!writer_) {
    rocksdb::EnvOptions files;
    files.bytes_per_sync = 4 << 20;  // so that the last sync is short
    writer_ = std::make_unique<rocksdb::SstFileWriter>(files, store_.table_options(family_));
    const char* name = kFamilyNames[static_cast<std::size_t>(family_)];
    paths_.push_back(directory_ / fmt::format("{}-{}.sst", name, paths_.size()));
    if (const auto status = writer_->Open(paths_.back()); !status.ok()) return store_error(status, "intake");
  }
  if (const auto status = writer_->Put(key, value); !status.ok()) return store_error(status, "intake");
  return writer_->FileSize() >= kTableFileBytes ? finish() : Result<void>{};
}

Result<void> TableFiles::finish() {
  if (!writer_) return {};
  const auto status = writer_->Finish();  // syncs
  writer_.reset();
  if (!status.ok()) return store_error(status, "intake");
  return {};
}

rocksdb::IngestExternalFileArg TableFiles::ingestion(const RocksStore::Lease& store) const {
  rocksdb::IngestExternalFileArg argument;
  argument.column_family = store.family(family_);
  argument.external_files = paths_;
  argument.options.move_files = true;
  argument.options.failed_move_fall_back_to_copy = true;
  argument.options.write_global_seqno = false;
  return argument;
}

RocksIntake::RocksIntake(RocksStore& store, GroupCommit& commits, HarvestNo harvest, std::uint32_t chunk_size)
    : store_(store),
      commits_(commits),
      harvest_(harvest),
      chunk_size_(chunk_size),
      directory_(store.intake_directory(harvest)),
      ids_(store, Family::Ids, directory_),
      refused_(store, Family::Refused, directory_) {
  pending_.reserve(chunk_size);
}

RocksIntake::~RocksIntake() {
  static_cast<void>(ids_.finish());  // closes the files
  static_cast<void>(refused_.finish());
  if (committed_) return;
  {
    GroupCommit::Turn turn(commits_);
    if (auto erased = store_.erase(harvest_); !erased)
      log::warning("{}; the next start tries again", erased.error().detail);
  }
  store_.remove_intake_directory(directory_);
}

Result<void> RocksIntake::remember(Result<void> done) {
  if (!done) failure_ = done.error();
  return done;
}

Result<void> RocksIntake::add(std::span<const SourceId> rising_ids) {
  if (failure_) return std::unexpected(*failure_);
  if (spent_) return fail(Kind::Internal, "intake: ids after its commit");
  for (const SourceId id : rising_ids) {
    if (id <= last_ || id.value > kMaxSourceId) {
      return remember(fail(Kind::Internal, "intake: {} after {}: ids must rise strictly", id.value, last_.value));
    }
    last_ = id;
  }
  sources_ += rising_ids.size();
  return remember(cut(rising_ids));
}

// Into blocks of chunk_size; what is left over waits for the next ids.
Result<void> RocksIntake::cut(std::span<const SourceId> ids) {
  while (!ids.empty()) {
    if (pending_.empty() && ids.size() >= chunk_size_) {
      if (auto written = write_block(ids.first(chunk_size_)); !written) return written;
      ids = ids.subspan(chunk_size_);
      continue;
    }
    const auto part = ids.first(std::min(ids.size(), chunk_size_ - pending_.size()));
    pending_.insert(pending_.end(), part.begin(), part.end());
    ids = ids.subspan(part.size());
    if (pending_.size() < chunk_size_) continue;
    if (auto written = write_block(pending_); !written) return written;
    pending_.clear();
  }
  return {};
}

Result<void> RocksIntake::write_block(std::span<const SourceId> ids) {
  if (blocks_ == UINT32_MAX)
    return fail(Kind::TooLarge, "a harvest holds at most {} chunks of ids; use a larger chunk_size", UINT32_MAX);
  return ids_.put(block_key(harvest_, blocks_++), encode_ids(ids));
}

Result<void> RocksIntake::add_refused(const RefusedRow& row) {
  if (failure_) return std::unexpected(*failure_);
  if (spent_) return fail(Kind::Internal, "intake: refused rows after its commit");
  return remember(refused_.put(refused_key(harvest_, refused_rows_++), encode_refused(row)));
}

Result<void> RocksIntake::check(const HarvestRecord& record) const {
  if (failure_) return std::unexpected(*failure_);
  if (spent_) return fail(Kind::Internal, "intake: committed twice");
  if (sources_ == 0) return fail(Kind::Invalid, "harvest {}: its id list holds no source", printable(record.name, 100));
  if (record.name.empty()) return fail(Kind::Invalid, "a harvest needs a name");
  if (record.retrieval_types.empty() || record.retrieval_types.size() > UINT16_MAX) {
    return fail(Kind::Invalid, "harvest {}: {} retrieval_types; expected 1 to {}", printable(record.name, 100),
                record.retrieval_types.size(), UINT16_MAX);
  }
  return {};
}

Result<HarvestRecord> RocksIntake::commit(HarvestRecord record) {
  if (auto good = check(record); !good) return std::unexpected(good.error());
  spent_ = true;
  if (!pending_.empty()) {
    if (auto written = write_block(pending_); !written) return std::unexpected(written.error());
  }
  for (TableFiles* files : {&ids_, &refused_}) {
    if (auto finished = files->finish(); !finished) return std::unexpected(finished.error());
  }
  const HarvestNo announced = std::exchange(record.no, harvest_);
  record.chunk_size = chunk_size_;
  record.blocks = blocks_;
  record.sources = sources_;

  GroupCommit::Turn turn(commits_);
  if (announced != 0) {
    if (auto shape = commits_.shape(announced); !shape) return std::unexpected(shape.error());
  } else if (commits_.name_taken(record.name)) {
    return fail(Kind::Conflict, "there is a harvest named {} already; choose another name, or remove the old one first",
                printable(record.name, 100));
  }
  Journal journal;
  if (announced != 0) {
    if (auto known = commits_.journal(announced); known) journal = std::move(*known);
  }
  if (auto taken = ingest(); !taken) return std::unexpected(taken.error());
  if (auto written = write_record(record, announced); !written) return std::unexpected(written.error());
  committed_ = true;
  store_.remove_intake_directory(directory_);
  if (announced != 0) {
    commits_.dismiss(announced);
    if (auto erased = store_.erase(announced); !erased)
      log::warning("{}; the next start tries again", erased.error().detail);
  }
  Counters counters;
  counters.requested = sources_;
  commits_.admit(harvest_, Shape(record), std::vector<Counters>(record.retrieval_types.size(), counters),
                 std::move(journal));
  return record;
}

Result<void> RocksIntake::ingest() {
  const auto store = store_.writable();
  if (!store) return std::unexpected(store.error());
  std::vector<rocksdb::IngestExternalFileArg> arguments{ids_.ingestion(*store)};
  if (!refused_.empty()) arguments.push_back(refused_.ingestion(*store));
  const TableKeeper::Keep keep;
  if (const auto status = store->db().IngestExternalFiles(arguments); !status.ok())
    return store_error(status, "taking over an id list");
  return {};
}

// What happened while the sources were asked for stays the harvest's.
Result<void> RocksIntake::move_journal(HarvestNo announced, Batch& batch) {
  const Range range(harvest_prefix(announced), harvest_prefix_end(announced));
  const auto rows = store_.walk(Family::Journal, range);
  for (; rows->Valid(); rows->Next()) {
    const auto key = view(rows->key());
    batch.put(Family::Journal, harvest_prefix(harvest_).append(key.substr(harvest_prefix(announced).size())),
              view(rows->value()));
  }
  if (!rows->status().ok()) return store_error(rows->status(), "reading the journal");
  return {};
}

Result<void> RocksIntake::write_record(const HarvestRecord& record, HarvestNo announced) {
  const auto json = encode_harvest(record);
  if (!json) return std::unexpected(json.error());
  Batch batch;
  batch.put(Family::Harvests, record_key(harvest_), *json);
  batch.put(Family::Harvests, manifest_key(harvest_), record.manifest);
  Counters counters;
  counters.requested = record.sources;
  for (std::size_t type = 0; type < record.retrieval_types.size(); ++type) {
    batch.put(Family::Counters, counters_key(harvest_, static_cast<std::uint16_t>(type)), encode_counters(counters));
  }
  batch.remove(Family::Meta, erase_key(harvest_));
  if (announced != 0) {
    batch.remove(Family::Harvests, record_key(announced));
    batch.remove(Family::Harvests, manifest_key(announced));
    batch.put(Family::Meta, erase_key(announced), "");
    if (auto moved = move_journal(announced, batch); !moved) return moved;
  }
  return store_.write(batch, "recording a harvest");
}

}  // namespace garner::ledger
