#include "ledger/rocks_ledger.h"

#include <charconv>

#include "base/log.h"
#include "ledger/bytes.h"
#include "ledger/group_commit.h"
#include "ledger/rocks_intake.h"
#include "ledger/rocks_ledger_on.h"
#include "ledger/rocks_store.h"

namespace garner::ledger {
namespace {

template <class Unsigned>
Unsigned last_number(const rocksdb::Slice& key) {
  ByteReader reader(view(key).substr(key.size() - std::min(key.size(), sizeof(Unsigned))));
  return reader.big_endian<Unsigned>();
}

class RocksLedger final : public Ledger {
 public:
  explicit RocksLedger(std::unique_ptr<RocksStore> store) : store_(std::move(store)), commits_(*store_) {}
  Result<void> load();

  Result<std::unique_ptr<Intake>> begin_intake(std::uint32_t chunk_size) override;
  Result<HarvestRecord> announce(HarvestRecord record) override;
  Result<std::vector<HarvestRecord>> harvests() override;
  Result<void> update(const HarvestRecord& record) override;
  Result<void> remove(HarvestNo harvest) override;
  Result<std::vector<SourceId>> ids(HarvestNo harvest, std::uint32_t block) override;
  Result<std::optional<std::uint32_t>> find_block(HarvestNo harvest, SourceId id) override;
  Result<ChunkRecord> chunk(ChunkKey key) override;
  Result<void> settle(ChunkKey key, const ChunkRecord& record, const CounterDelta& delta, std::string_view job_left,
                      const JournalEntry* entry) override {
    return commits_.settle(key, record, delta, job_left, entry);
  }
  Result<std::vector<std::string>> jobs_left(HarvestNo harvest, std::size_t most) override;
  Result<void> job_forgotten(HarvestNo harvest, const std::string& job) override;
  Result<std::vector<Counters>> counters(HarvestNo harvest) override { return commits_.counters(harvest); }
  Result<void> scan(HarvestNo harvest, std::uint16_t type, std::uint32_t from,
                    const std::function<bool(std::uint32_t block, const ChunkRecord&)>& visit) override;
  Result<BlockStates> block_states(HarvestNo harvest, std::uint16_t type, std::uint32_t blocks) override;
  Result<std::optional<TileRecord>> tile(TileKey key) override;
  Result<void> settle_together(std::span<const ChunkChange> chunks, std::span<const TileChange> tiles) override {
    return commits_.settle_together(chunks, tiles);
  }
  Result<void> scan_tiles(HarvestNo harvest, std::uint16_t type, std::uint64_t from,
                          const std::function<bool(std::uint64_t tile, const TileRecord&)>& visit) override;
  Result<std::vector<ArchiveRest>> rests() override;
  Result<void> keep_rest(const ArchiveRest& rest) override;
  Result<void> refused(HarvestNo harvest, std::uint64_t from,
                       const std::function<bool(const RefusedRow&)>& visit) override;

  Result<void> note(HarvestNo harvest, const JournalEntry& entry) override { return commits_.note(harvest, entry); }
  Result<std::vector<JournalEntry>> journal(HarvestNo harvest, const JournalWanted& wanted) override;
  Result<std::vector<Reason>> reasons(HarvestNo harvest) override { return commits_.reasons(harvest); }

 private:
  Result<Journal> load_journal(HarvestNo harvest);
  Result<void> last_entries(HarvestNo harvest, Journal::Part part, const JournalWanted& wanted,
                            std::vector<JournalEntry>& out);
  Result<std::string> block_bytes(HarvestNo harvest, std::uint32_t block);
  Result<HarvestNo> reserve_number();

  std::unique_ptr<RocksStore> store_;
  GroupCommit commits_;
  HarvestNo next_ = 1;
};

// Reads what is kept in memory: the shape and counters of every harvest.
Result<void> RocksLedger::load() {
  if (auto text = store_->get(Family::Meta, kNextHarvestKey, "next harvest number")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), next_);
    if (error != std::errc{} || end != text->data() + text->size())
      return fail(Kind::Corrupt, "ledger: its next harvest number is no number");
  } else if (text.error().kind != Kind::NotFound) {
    return std::unexpected(text.error());
  }
  auto all = harvests();
  if (!all) return std::unexpected(all.error());
  for (const HarvestRecord& record : *all) {
    std::vector<Counters> counters;
    for (std::size_t type = 0; type < record.retrieval_types.size(); ++type) {
      const auto bytes =
          store_->get(Family::Counters, counters_key(record.no, static_cast<std::uint16_t>(type)), "counters");
      if (!bytes) return with_context(bytes.error(), "harvest {}", record.name);
      const auto decoded = decode_counters(*bytes);
      if (!decoded) return with_context(decoded.error(), "harvest {}", record.name);
      counters.push_back(*decoded);
    }
    auto journal = load_journal(record.no);
    if (!journal) return with_context(journal.error(), "harvest {}", record.name);
    commits_.admit(record.no, Shape(record), std::move(counters), std::move(*journal));
  }
  return {};
}

Result<Journal> RocksLedger::load_journal(HarvestNo harvest) {
  Journal journal;
  for (const auto part : {Journal::Part::Attempts, Journal::Part::Events, Journal::Part::Reasons}) {
    const Range range(journal_key(harvest, part, 0), journal_key(harvest, part, UINT64_MAX));
    const auto rows = store_->walk(Family::Journal, range);
    if (part != Journal::Part::Reasons && rows->Valid()) rows->SeekToLast();
    for (; rows->Valid(); rows->Next()) {
      auto taken = journal.take_up(part, last_number<std::uint64_t>(rows->key()), view(rows->value()));
      if (!taken) return std::unexpected(taken.error());
    }
    if (!rows->status().ok()) return store_error(rows->status(), "reading the journal");
  }
  return journal;
}

Result<HarvestNo> RocksLedger::reserve_number() {
  GroupCommit::Turn turn(commits_);
  if (next_ == UINT32_MAX) return fail(Kind::Internal, "ledger: all harvest numbers are used");
  Batch batch;
  batch.put(Family::Meta, std::string(kNextHarvestKey), std::to_string(next_ + 1));
  batch.put(Family::Meta, erase_key(next_), "");
  if (auto written = store_->write(batch, "beginning an intake"); !written) return std::unexpected(written.error());
  return next_++;
}

Result<std::unique_ptr<Intake>> RocksLedger::begin_intake(std::uint32_t chunk_size) {
  if (chunk_size == 0 || chunk_size > kMaxChunkSize)
    return fail(Kind::Invalid, "chunk_size {}: expected 1 to {}", chunk_size, kMaxChunkSize);
  const auto harvest = reserve_number();
  if (!harvest) return std::unexpected(harvest.error());
  auto intake = std::make_unique<RocksIntake>(*store_, commits_, *harvest, chunk_size);
  if (auto made = store_->make_intake_directory(store_->intake_directory(*harvest)); !made)
    return std::unexpected(made.error());
  return intake;
}

Result<HarvestRecord> RocksLedger::announce(HarvestRecord record) {
  if (record.name.empty() || record.retrieval_types.empty() || record.retrieval_types.size() > UINT16_MAX ||
      record.chunk_size == 0 || record.chunk_size > kMaxChunkSize || record.blocks != 0 || record.sources != 0)
    return fail(Kind::Invalid, "harvest {}: it can't be announced", printable(record.name, 100));
  const auto harvest = reserve_number();
  if (!harvest) return std::unexpected(harvest.error());
  record.no = *harvest;
  const auto json = encode_harvest(record);
  if (!json) return std::unexpected(json.error());
  GroupCommit::Turn turn(commits_);
  if (commits_.name_taken(record.name))
    return fail(Kind::Conflict, "there is a harvest named {} already; choose another name, or remove the old one first",
                printable(record.name, 100));
  Batch batch;
  batch.put(Family::Harvests, record_key(record.no), *json);
  batch.put(Family::Harvests, manifest_key(record.no), record.manifest);
  for (std::size_t type = 0; type < record.retrieval_types.size(); ++type)
    batch.put(Family::Counters, counters_key(record.no, static_cast<std::uint16_t>(type)), encode_counters({}));
  batch.remove(Family::Meta, erase_key(record.no));
  if (auto written = store_->write(batch, "announcing a harvest"); !written) return std::unexpected(written.error());
  commits_.admit(record.no, Shape(record), std::vector<Counters>(record.retrieval_types.size()));
  return record;
}

Result<std::vector<HarvestRecord>> RocksLedger::harvests() {
  std::vector<HarvestRecord> records;
  const Range range(harvest_prefix(0), harvest_prefix_end(UINT32_MAX));
  const auto rows = store_->walk(Family::Harvests, range);
  while (rows->Valid()) {
    const std::string json = rows->value().ToString();
    const std::string key = rows->key().ToString();
    const auto harvest = ByteReader(key).big_endian<HarvestNo>();
    rows->Next();
    if (!rows->status().ok()) break;
    if (!rows->Valid() || key != record_key(harvest) || rows->key() != manifest_key(harvest)) {
      return fail(Kind::Corrupt, "ledger: harvest number {} has lost its record or its manifest", harvest);
    }
    auto record = decode_harvest(json, view(rows->value()));
    if (!record) return std::unexpected(record.error());
    records.push_back(std::move(*record));
    rows->Next();
  }
  if (!rows->status().ok()) return store_error(rows->status(), "reading harvests");
  return records;
}

Result<void> RocksLedger::update(const HarvestRecord& record) {
  const auto json = encode_harvest(record);
  if (!json) return std::unexpected(json.error());
  GroupCommit::Turn turn(commits_);
  const auto shape = commits_.shape(record.no);
  if (!shape) return std::unexpected(shape.error());
  if (*shape != Shape(record))
    return fail(Kind::Internal, "ledger: harvest {}: its name, types and ids are fixed", shape->name);
  Batch batch;
  batch.put(Family::Harvests, record_key(record.no), *json);
  return store_->write(batch, "updating a harvest");
}

Result<void> RocksLedger::remove(HarvestNo harvest) {
  GroupCommit::Turn turn(commits_);
  if (auto shape = commits_.shape(harvest); !shape) return std::unexpected(shape.error());
  Batch batch;
  batch.remove(Family::Harvests, record_key(harvest));
  batch.remove(Family::Harvests, manifest_key(harvest));
  batch.put(Family::Meta, erase_key(harvest), "");
  if (auto written = store_->write(batch, "removing a harvest"); !written) return written;
  commits_.dismiss(harvest);  // gone, whatever becomes of its rows
  if (auto erased = store_->erase(harvest); !erased)
    log::warning("{}; the next start tries again", erased.error().detail);
  return {};
}

Result<std::string> RocksLedger::block_bytes(HarvestNo harvest, std::uint32_t block) {
  auto bytes = store_->get(Family::Ids, block_key(harvest, block), "ids of a block");
  if (bytes || bytes.error().kind != Kind::NotFound) return bytes;
  if (auto shape = commits_.shape(harvest); !shape) return std::unexpected(shape.error());  // removed in between
  return fail(Kind::Corrupt, "ledger: harvest number {} has lost block {} of its ids", harvest, block);
}

Result<std::vector<SourceId>> RocksLedger::ids(HarvestNo harvest, std::uint32_t block) {
  const auto shape = commits_.shape(harvest);
  if (!shape) return std::unexpected(shape.error());
  if (block >= shape->blocks)
    return fail(Kind::NotFound, "harvest {}: it has no block {}, only {}", shape->name, block, shape->blocks);
  const auto bytes = block_bytes(harvest, block);
  if (!bytes) return std::unexpected(bytes.error());
  auto decoded = decode_ids(*bytes);
  if (!decoded) return with_context(decoded.error(), "harvest {}, block {}", shape->name, block);
  if (decoded->size() != shape->ids_in(block)) {
    return fail(Kind::Corrupt, "harvest {}, block {}: {} ids, expected {}", shape->name, block, decoded->size(),
                shape->ids_in(block));
  }
  return decoded;
}

Result<std::optional<std::uint32_t>> RocksLedger::find_block(HarvestNo harvest, SourceId id) {
  const auto shape = commits_.shape(harvest);
  if (!shape) return std::unexpected(shape.error());
  std::uint32_t low = 0, high = shape->blocks;  // the first block that begins after the id lies in [low, high]
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const auto bytes = block_bytes(harvest, middle);
    if (!bytes) return std::unexpected(bytes.error());
    const auto first = first_id(*bytes);
    if (!first) return with_context(first.error(), "harvest {}, block {}", shape->name, middle);
    if (*first <= id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return std::nullopt;
  const auto members = ids(harvest, low - 1);
  if (!members) return std::unexpected(members.error());
  if (!std::ranges::binary_search(*members, id)) return std::nullopt;
  return low - 1;
}

Result<ChunkRecord> RocksLedger::chunk(ChunkKey key) {
  const auto shape = commits_.shape(key.harvest);
  if (!shape) return std::unexpected(shape.error());
  if (key.type >= shape->types.size() || key.block >= shape->blocks) {
    return fail(Kind::NotFound, "harvest {}: it has no chunk {} of type {}", shape->name, key.block, key.type);
  }
  const auto bytes = store_->get(Family::Chunks, chunk_key(key), "a chunk");
  if (!bytes && bytes.error().kind == Kind::NotFound) return ChunkRecord{};
  if (!bytes) return std::unexpected(bytes.error());
  auto record = decode_chunk(*bytes);
  if (!record)
    return with_context(record.error(), "harvest {}, {} chunk {}", shape->name, shape->types[key.type], key.block);
  return record;
}

Result<std::vector<std::string>> RocksLedger::jobs_left(HarvestNo harvest, std::size_t most) {
  if (auto shape = commits_.shape(harvest); !shape) return std::unexpected(shape.error());
  std::vector<std::string> jobs;
  const Range range(harvest_prefix(harvest), harvest_prefix_end(harvest));
  const auto rows = store_->walk(Family::Jobs, range);
  for (; rows->Valid() && jobs.size() < most; rows->Next())
    jobs.emplace_back(view(rows->key()).substr(harvest_prefix(harvest).size()));
  if (!rows->status().ok()) return store_error(rows->status(), "reading jobs");
  return jobs;
}

Result<void> RocksLedger::job_forgotten(HarvestNo harvest, const std::string& job) {
  GroupCommit::Turn turn(commits_);
  const auto store = store_->writable();
  if (!store) return std::unexpected(store.error());
  const auto status = store->db().Delete(rocksdb::WriteOptions(), store->family(Family::Jobs), job_key(harvest, job));
  if (!status.ok()) return store_error(status, "forgetting a job");
  return {};
}

Result<void> RocksLedger::scan(HarvestNo harvest, std::uint16_t type, std::uint32_t from,
                               const std::function<bool(std::uint32_t block, const ChunkRecord&)>& visit) {
  const auto shape = commits_.shape(harvest);
  if (!shape) return std::unexpected(shape.error());
  const Range range(chunk_key({harvest, type, from}), chunk_key({harvest, type, shape->blocks}));
  const auto rows = store_->walk(Family::Chunks, range);
  for (; rows->Valid(); rows->Next()) {
    const auto block = last_number<std::uint32_t>(rows->key());
    const auto record = decode_chunk(view(rows->value()));
    if (!record) return with_context(record.error(), "harvest {}, type {}, chunk {}", shape->name, type, block);
    if (!visit(block, *record)) return {};
  }
  if (!rows->status().ok()) return store_error(rows->status(), "reading chunks");
  return {};
}

Result<BlockStates> RocksLedger::block_states(HarvestNo harvest, std::uint16_t type, std::uint32_t blocks) {
  if (auto shape = commits_.shape(harvest); !shape) return std::unexpected(shape.error());
  BlockStates states{std::vector<bool>(blocks), std::vector<bool>(blocks)};
  const Range range(chunk_key({harvest, type, 0}), chunk_key({harvest, type, blocks}));
  const auto rows = store_->walk(Family::Chunks, range);
  for (; rows->Valid(); rows->Next()) {
    if (is_done(view(rows->value()))) states.done[last_number<std::uint32_t>(rows->key())] = true;
    if (holds_only_empties(view(rows->value()))) states.only_empties[last_number<std::uint32_t>(rows->key())] = true;
  }
  if (!rows->status().ok()) return store_error(rows->status(), "reading chunks");
  return states;
}

Result<std::optional<TileRecord>> RocksLedger::tile(TileKey key) {
  const auto shape = commits_.shape(key.harvest);
  if (!shape) return std::unexpected(shape.error());
  const auto bytes = store_->get(Family::Tiles, tile_key(key), "a tile");
  if (!bytes && bytes.error().kind == Kind::NotFound) return std::nullopt;
  if (!bytes) return std::unexpected(bytes.error());
  auto record = decode_tile(*bytes);
  if (!record) return with_context(record.error(), "harvest {}, type {}, tile {}", shape->name, key.type, key.tile);
  return *record;
}

Result<void> RocksLedger::scan_tiles(HarvestNo harvest, std::uint16_t type, std::uint64_t from,
                                     const std::function<bool(std::uint64_t tile, const TileRecord&)>& visit) {
  const auto shape = commits_.shape(harvest);
  if (!shape) return std::unexpected(shape.error());
  const Range range(tile_key({harvest, type, from}), tile_key({harvest, type, UINT64_MAX}));
  const auto rows = store_->walk(Family::Tiles, range);
  for (; rows->Valid(); rows->Next()) {
    const auto tile = last_number<std::uint64_t>(rows->key());
    const auto record = decode_tile(view(rows->value()));
    if (!record) return with_context(record.error(), "harvest {}, type {}, tile {}", shape->name, type, tile);
    if (!visit(tile, *record)) return {};
  }
  if (!rows->status().ok()) return store_error(rows->status(), "reading tiles");
  return {};
}

// The newest first, behind what `out` holds.
Result<void> RocksLedger::last_entries(HarvestNo harvest, Journal::Part part, const JournalWanted& wanted,
                                       std::vector<JournalEntry>& out) {
  const Range range(journal_key(harvest, part, 0), journal_key(harvest, part, UINT64_MAX));
  const auto rows = store_->walk(Family::Journal, range);
  if (rows->Valid()) rows->SeekToLast();
  for (std::size_t found = 0; rows->Valid() && found < wanted.most; rows->Prev()) {
    auto entry = decode_entry(view(rows->value()));
    if (!entry) return with_context(entry.error(), "harvest number {}", harvest);
    if (entry->order <= wanted.after) break;
    if (!fits(*entry, wanted)) continue;
    out.push_back(std::move(*entry));
    ++found;
  }
  if (!rows->status().ok()) return store_error(rows->status(), "reading the journal");
  return {};
}

Result<std::vector<JournalEntry>> RocksLedger::journal(HarvestNo harvest, const JournalWanted& wanted) {
  if (auto shape = commits_.shape(harvest); !shape) return std::unexpected(shape.error());
  std::vector<JournalEntry> entries;
  for (const auto part : {Journal::Part::Attempts, Journal::Part::Events}) {
    if (auto read = last_entries(harvest, part, wanted, entries); !read) return std::unexpected(read.error());
  }
  std::ranges::sort(entries, {}, &JournalEntry::order);
  if (entries.size() > wanted.most)
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(wanted.most));
  return entries;
}

// One that can't be read costs a request or two: no reason not to start.
Result<std::vector<ArchiveRest>> RocksLedger::rests() {
  std::vector<ArchiveRest> out;
  std::string end(kRestPrefix);
  end.back() = static_cast<char>(end.back() + 1);
  const Range range{std::string(kRestPrefix), end};
  const auto rows = store_->walk(Family::Meta, range);
  for (; rows->Valid(); rows->Next()) {
    auto rest = decode_rest(view(rows->key()).substr(kRestPrefix.size()), view(rows->value()));
    if (rest)
      out.push_back(std::move(*rest));
    else
      log::warning("ledger: {}", rest.error().detail);
  }
  if (!rows->status().ok()) return store_error(rows->status(), "reading which archives rest");
  return out;
}

Result<void> RocksLedger::keep_rest(const ArchiveRest& rest) {
  const auto json = encode_rest(rest);
  if (!json) return std::unexpected(json.error());
  GroupCommit::Turn turn(commits_);
  Batch batch;
  if (rest.since_s > 0)
    batch.put(Family::Meta, rest_key(rest.archive), *json);
  else
    batch.remove(Family::Meta, rest_key(rest.archive));
  return store_->write(batch, "keeping that an archive rests");
}

Result<void> RocksLedger::refused(HarvestNo harvest, std::uint64_t from,
                                  const std::function<bool(const RefusedRow&)>& visit) {
  const auto shape = commits_.shape(harvest);
  if (!shape) return std::unexpected(shape.error());
  const Range range(refused_key(harvest, from), harvest_prefix_end(harvest));
  const auto rows = store_->walk(Family::Refused, range);
  for (; rows->Valid(); rows->Next()) {
    const auto row = decode_refused(view(rows->value()));
    if (!row) return with_context(row.error(), "harvest {}", shape->name);
    if (!visit(*row)) return {};
  }
  if (!rows->status().ok()) return store_error(rows->status(), "reading refused rows");
  return {};
}

}  // namespace

Result<std::unique_ptr<Ledger>> open_rocks_ledger_on(const std::filesystem::path& directory,
                                                     std::shared_ptr<rocksdb::FileSystem> files) {
  auto store = RocksStore::open(directory, std::move(files));
  if (!store) return std::unexpected(store.error());
  auto ledger = std::make_unique<RocksLedger>(std::move(*store));
  if (auto loaded = ledger->load(); !loaded) return with_context(loaded.error(), "the ledger {}", directory.string());
  return ledger;
}

Result<std::unique_ptr<Ledger>> open_rocks_ledger(const std::filesystem::path& directory) {
  return open_rocks_ledger_on(directory, nullptr);
}

}  // namespace garner::ledger
