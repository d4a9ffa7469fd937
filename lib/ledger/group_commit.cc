#include "ledger/group_commit.h"

namespace garner::ledger {
namespace {

// False if it would become negative or overflow.
bool add(std::uint64_t& counter, std::int64_t delta) {
  if (delta < 0 && counter < std::uint64_t{0} - static_cast<std::uint64_t>(delta)) return false;
  counter += static_cast<std::uint64_t>(delta);
  return counter <= static_cast<std::uint64_t>(INT64_MAX);
}

bool apply(Counters& counters, const CounterDelta& delta) {
  return add(counters.delivered, delta.delivered) && add(counters.absent, delta.absent) &&
         add(counters.failed, delta.failed) && add(counters.bytes_received, delta.bytes_received) &&
         add(counters.bytes_stored, delta.bytes_stored) && add(counters.chunks_done, delta.chunks_done) &&
         add(counters.attempts, delta.attempts) && add(counters.empty, delta.empty) &&
         add(counters.found_again, delta.found_again) &&
         counters.delivered + counters.absent + counters.failed + counters.empty <= counters.requested;
}

}  // namespace

Shape::Shape(const HarvestRecord& record)
    : name(record.name),
      types(record.retrieval_types),
      chunk_size(record.chunk_size),
      blocks(record.blocks),
      sources(record.sources) {}

std::uint32_t Shape::ids_in(std::uint32_t block) const {
  if (block + 1 < blocks) return chunk_size;
  return static_cast<std::uint32_t>(sources - std::uint64_t{block} * chunk_size);
}

void GroupCommit::admit(HarvestNo harvest, const Shape& shape, std::vector<Counters> counters, Journal journal) {
  std::lock_guard lock(mutex_);
  live_.insert_or_assign(harvest, Live{shape, std::move(counters), std::move(journal)});
}

void GroupCommit::dismiss(HarvestNo harvest) {
  std::lock_guard lock(mutex_);
  live_.erase(harvest);
}

Result<Shape> GroupCommit::shape(HarvestNo harvest) const {
  std::lock_guard lock(mutex_);
  const auto found = live_.find(harvest);
  if (found == live_.end()) return fail(Kind::NotFound, "ledger: there is no harvest number {}", harvest);
  return found->second.shape;
}

Result<std::vector<Counters>> GroupCommit::counters(HarvestNo harvest) const {
  std::lock_guard lock(mutex_);
  const auto found = live_.find(harvest);
  if (found == live_.end()) return fail(Kind::NotFound, "ledger: there is no harvest number {}", harvest);
  return found->second.counters;
}

bool GroupCommit::name_taken(std::string_view name) const {
  std::lock_guard lock(mutex_);
  return std::ranges::any_of(live_, [name](const auto& entry) { return entry.second.shape.name == name; });
}

Result<Journal> GroupCommit::journal(HarvestNo harvest) const {
  std::lock_guard lock(mutex_);
  const auto found = live_.find(harvest);
  if (found == live_.end()) return fail(Kind::NotFound, "ledger: there is no harvest number {}", harvest);
  return found->second.journal;
}

Result<std::vector<Reason>> GroupCommit::reasons(HarvestNo harvest) const {
  std::lock_guard lock(mutex_);
  const auto found = live_.find(harvest);
  if (found == live_.end()) return fail(Kind::NotFound, "ledger: there is no harvest number {}", harvest);
  return found->second.journal.reasons();
}

void GroupCommit::put(Batch& batch, HarvestNo harvest, const std::vector<Journal::Change>& changes) {
  for (const auto& change : changes) {
    if (change.bytes)
      batch.put(Family::Journal, journal_key(harvest, change.part, change.row), *change.bytes);
    else
      batch.remove(Family::Journal, journal_key(harvest, change.part, change.row));
  }
}

Result<void> GroupCommit::note(HarvestNo harvest, const JournalEntry& entry) {
  Turn turn(*this);
  auto known = journal(harvest);
  if (!known) return std::unexpected(known.error());
  Batch batch;
  put(batch, harvest, known->add(entry));
  if (auto written = store_.write(batch, "writing the journal"); !written) return written;
  std::lock_guard lock(mutex_);
  live_.at(harvest).journal = std::move(*known);
  return {};
}

Result<void> GroupCommit::settle(ChunkKey key, const ChunkRecord& record, const CounterDelta& delta,
                                 std::string_view job_left, const JournalEntry* entry) {
  Waiter me{.key = key, .record = record, .delta = delta, .job_left = job_left, .entry = entry};
  me.bytes = encode(record);
  std::unique_lock lock(mutex_);
  queue_.push_back(&me);
  changed_.wait(lock, [&] { return me.done || !busy_; });
  if (!me.done) {
    busy_ = true;
    lead(lock);
    busy_ = false;
    changed_.notify_all();
  }
  return std::move(me.result);
}

Result<void> GroupCommit::settle_together(std::span<const ChunkChange> chunks, std::span<const TileChange> tiles) {
  Turn turn(*this);
  Changed changed;
  Batch batch;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, record, delta, job_left] : chunks) {
      auto good = prepare(Waiter{.key = key, .record = record, .delta = delta, .job_left = job_left}, changed);
      if (!good) return good;
      batch.put(Family::Chunks, chunk_key(key), encode(record));
      if (!job_left.empty()) batch.put(Family::Jobs, job_key(key.harvest, job_left), "");
    }
    for (const auto& tile : tiles) {
      if (auto good = prepare(tile, changed); !good) return good;
      batch.put(Family::Tiles, tile_key(tile.key), encode(tile.record));
    }
  }
  for (const auto& [key, counters] : changed)
    batch.put(Family::Counters, counters_key(key.first, key.second), encode_counters(counters));
  if (auto written = store_.write(batch, "settling chunks and tiles"); !written) return written;
  std::lock_guard lock(mutex_);
  for (const auto& [key, counters] : changed) live_.at(key.first).counters[key.second] = counters;
  return {};
}

// Writes all that wait. Whoever leads is among them.
void GroupCommit::lead(std::unique_lock<std::mutex>& lock) {
  const auto group = std::exchange(queue_, {});
  Changed changed;
  Journals journals;
  Batch batch;
  for (Waiter* waiter : group) {
    waiter->result = prepare(*waiter, changed);
    if (!waiter->result) continue;
    batch.put(Family::Chunks, chunk_key(waiter->key), waiter->bytes);
    if (!waiter->job_left.empty()) batch.put(Family::Jobs, job_key(waiter->key.harvest, waiter->job_left), "");
    if (waiter->entry != nullptr) {
      const HarvestNo harvest = waiter->key.harvest;
      Journal& journal = journals.try_emplace(harvest, live_.at(harvest).journal).first->second;
      put(batch, harvest, journal.add(*waiter->entry));
    }
  }
  for (const auto& [key, counters] : changed) {
    batch.put(Family::Counters, counters_key(key.first, key.second), encode_counters(counters));
  }
  if (!batch.empty()) {
    lock.unlock();
    const auto written = store_.write(batch, "settling chunks");
    lock.lock();
    if (written) {
      for (const auto& [key, counters] : changed) live_.at(key.first).counters[key.second] = counters;
      for (auto& [harvest, journal] : journals) live_.at(harvest).journal = std::move(journal);
    } else {
      for (Waiter* waiter : group) {
        if (waiter->result) waiter->result = written;
      }
    }
  }
  for (Waiter* waiter : group) waiter->done = true;
}

// Adds the waiter's share to `changed`, or says why it can't be written.
Result<void> GroupCommit::prepare(const Waiter& waiter, Changed& changed) const {
  const ChunkKey key = waiter.key;
  const auto found = live_.find(key.harvest);
  if (found == live_.end()) return fail(Kind::NotFound, "ledger: there is no harvest number {}", key.harvest);
  const Live& live = found->second;
  if (key.type >= live.counters.size() || key.block >= live.shape.blocks) {
    return fail(Kind::Internal, "ledger: harvest {} has no chunk {} of type {}", live.shape.name, key.block, key.type);
  }
  if (const auto flaw = flaw_of(waiter.record, live.shape.ids_in(key.block)); !flaw.empty()) {
    return fail(Kind::Internal, "ledger: {} {} chunk {}: {}", live.shape.name, live.shape.types[key.type], key.block,
                flaw);
  }
  const auto place = std::pair(key.harvest, key.type);
  const auto earlier = changed.find(place);
  Counters counters = earlier != changed.end() ? earlier->second : live.counters[key.type];
  if (!apply(counters, waiter.delta)) {
    return fail(Kind::Internal, "ledger: {} {} chunk {}: its share does not fit the counters", live.shape.name,
                live.shape.types[key.type], key.block);
  }
  changed.insert_or_assign(place, counters);
  return {};
}

Result<void> GroupCommit::prepare(const TileChange& tile, Changed& changed) const {
  const auto found = live_.find(tile.key.harvest);
  if (found == live_.end()) return fail(Kind::NotFound, "ledger: there is no harvest number {}", tile.key.harvest);
  const Live& live = found->second;
  if (tile.key.type >= live.counters.size())
    return fail(Kind::Internal, "ledger: harvest {} has no type {}", live.shape.name, tile.key.type);
  if (tile.bytes_stored == 0) return {};
  const auto place = std::pair(tile.key.harvest, tile.key.type);
  const auto earlier = changed.find(place);
  Counters counters = earlier != changed.end() ? earlier->second : live.counters[tile.key.type];
  if (!apply(counters, {.bytes_stored = tile.bytes_stored})) {
    return fail(Kind::Internal, "ledger: {} {} tile {}: its bytes do not fit the counters", live.shape.name,
                live.shape.types[tile.key.type], tile.key.tile);
  }
  changed.insert_or_assign(place, counters);
  return {};
}

GroupCommit::Turn::Turn(GroupCommit& owner) : owner_(owner) {
  std::unique_lock lock(owner_.mutex_);
  owner_.changed_.wait(lock, [&] { return !owner_.busy_; });
  owner_.busy_ = true;
}

GroupCommit::Turn::~Turn() {
  std::lock_guard lock(owner_.mutex_);
  owner_.busy_ = false;
  owner_.changed_.notify_all();
}

}  // namespace garner::ledger
