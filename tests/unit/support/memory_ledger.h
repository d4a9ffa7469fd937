// A Ledger in memory, for tests of what stands above it: same contract, no disk. Keeps count of what it was asked.
#pragma once

#include <map>
#include <set>

#include "ledger/ledger.h"

namespace garner::testing {

class MemoryLedger final : public ledger::Ledger {
 public:
  using HarvestNo = ledger::HarvestNo;

  Result<std::unique_ptr<ledger::Intake>> begin_intake(std::uint32_t chunk_size) override {
    return std::make_unique<MemoryIntake>(*this, chunk_size);
  }
  Result<ledger::HarvestRecord> announce(ledger::HarvestRecord record) override {
    for (const auto& [no, other] : harvests_) {
      if (other.record.name == record.name) return fail(Kind::Conflict, "'{}' is taken", record.name);
    }
    record.no = next_no_++;
    Harvest& harvest = harvests_[record.no];
    harvest.record = record;
    harvest.counters.resize(record.retrieval_types.size());
    return record;
  }
  Result<std::vector<ledger::HarvestRecord>> harvests() override {
    std::vector<ledger::HarvestRecord> out;
    for (const auto& [no, harvest] : harvests_) out.push_back(harvest.record);
    return out;
  }
  Result<void> update(const ledger::HarvestRecord& record) override {
    harvests_.at(record.no).record = record;
    return {};
  }
  Result<void> remove(HarvestNo no) override {
    harvests_.erase(no);
    return {};
  }
  Result<std::vector<SourceId>> ids(HarvestNo no, std::uint32_t block) override {
    return harvests_.at(no).blocks.at(block);
  }
  Result<std::optional<std::uint32_t>> find_block(HarvestNo no, SourceId id) override {
    const auto& blocks = harvests_.at(no).blocks;
    for (std::uint32_t i = 0; i < blocks.size(); ++i) {
      if (id >= blocks[i].front() && id <= blocks[i].back()) return i;
    }
    return std::nullopt;
  }
  Result<ledger::ChunkRecord> chunk(ledger::ChunkKey key) override {
    const auto& chunks = harvests_.at(key.harvest).chunks;
    const auto found = chunks.find(key);
    return found == chunks.end() ? ledger::ChunkRecord{} : found->second;
  }
  Result<void> settle(ledger::ChunkKey key, const ledger::ChunkRecord& record, const ledger::CounterDelta& delta,
                      std::string_view job_left, const ledger::JournalEntry* entry) override {
    if (fail_settle_ && fail_settle_()) return fail(Kind::DiskFull, "no space left (made up)");
    put(key, record, delta, job_left);
    if (entry != nullptr) harvests_.at(key.harvest).take(*entry);
    return {};
  }
  void put(ledger::ChunkKey key, const ledger::ChunkRecord& record, const ledger::CounterDelta& delta,
           std::string_view job_left) {
    auto& harvest = harvests_.at(key.harvest);
    harvest.chunks[key] = record;
    if (!job_left.empty()) harvest.jobs_left.emplace(job_left);
    auto& c = harvest.counters.at(key.type);
    const auto add = [](std::uint64_t& counter, std::int64_t by) { counter += static_cast<std::uint64_t>(by); };
    add(c.delivered, delta.delivered);
    add(c.absent, delta.absent);
    add(c.failed, delta.failed);
    add(c.bytes_received, delta.bytes_received);
    add(c.bytes_stored, delta.bytes_stored);
    add(c.chunks_done, delta.chunks_done);
    add(c.attempts, delta.attempts);
    add(c.empty, delta.empty);
    add(c.found_again, delta.found_again);
  }
  using Ledger::settle;
  Result<std::vector<std::string>> jobs_left(HarvestNo no, std::size_t most) override {
    const auto& all = harvests_.at(no).jobs_left;
    return std::vector<std::string>(all.begin(),
                                    std::next(all.begin(), static_cast<std::ptrdiff_t>(std::min(most, all.size()))));
  }
  Result<void> job_forgotten(HarvestNo no, const std::string& job) override {
    if (const auto found = harvests_.find(no); found != harvests_.end()) found->second.jobs_left.erase(job);
    return {};
  }
  Result<std::vector<ledger::Counters>> counters(HarvestNo no) override { return harvests_.at(no).counters; }
  Result<void> scan(HarvestNo no, std::uint16_t type, std::uint32_t from,
                    const std::function<bool(std::uint32_t, const ledger::ChunkRecord&)>& visit) override {
    const auto snapshot = harvests_.at(no).chunks;
    for (const auto& [key, record] : snapshot) {
      if (key.type == type && key.block >= from && !visit(key.block, record)) break;
    }
    return {};
  }
  Result<ledger::BlockStates> block_states(HarvestNo no, std::uint16_t type, std::uint32_t blocks) override {
    ledger::BlockStates states{std::vector<bool>(blocks), std::vector<bool>(blocks)};
    const auto& harvest = harvests_.at(no);
    for (const auto& [key, record] : harvest.chunks) {
      if (key.type != type) continue;
      const auto ids = static_cast<std::uint32_t>(harvest.blocks.at(key.block).size());
      states.done[key.block] = record.done(ids);
      states.only_empties[key.block] = !record.blocked && record.only_empties(ids);
    }
    return states;
  }
  Result<std::optional<ledger::TileRecord>> tile(ledger::TileKey key) override {
    const auto& tiles = harvests_.at(key.harvest).tiles;
    const auto found = tiles.find(key);
    return found == tiles.end() ? std::nullopt : std::optional(found->second);
  }
  Result<void> settle_together(std::span<const ledger::ChunkChange> chunks,
                               std::span<const ledger::TileChange> tiles) override {
    if (fail_settle_ && fail_settle_()) return fail(Kind::DiskFull, "no space left (made up)");
    for (const auto& [key, record, delta, job_left] : chunks) put(key, record, delta, job_left);
    for (const auto& [key, record, bytes] : tiles) {
      harvests_.at(key.harvest).tiles[key] = record;
      harvests_.at(key.harvest).counters.at(key.type).bytes_stored += static_cast<std::uint64_t>(bytes);
    }
    return {};
  }
  Result<void> scan_tiles(HarvestNo no, std::uint16_t type, std::uint64_t from,
                          const std::function<bool(std::uint64_t, const ledger::TileRecord&)>& visit) override {
    const auto snapshot = harvests_.at(no).tiles;
    for (const auto& [key, record] : snapshot) {
      if (key.type == type && key.tile >= from && !visit(key.tile, record)) break;
    }
    return {};
  }
  Result<void> refused(HarvestNo no, std::uint64_t from,
                       const std::function<bool(const ledger::RefusedRow&)>& visit) override {
    const auto& rows = harvests_.at(no).refused;
    for (std::uint64_t i = from; i < rows.size(); ++i) {
      if (!visit(rows[static_cast<std::size_t>(i)])) break;
    }
    return {};
  }

  Result<std::vector<ledger::ArchiveRest>> rests() override {
    std::vector<ledger::ArchiveRest> out;
    for (const auto& [archive, rest] : rests_) out.push_back(rest);
    return out;
  }
  Result<void> keep_rest(const ledger::ArchiveRest& rest) override {
    if (rest.since_s > 0)
      rests_[rest.archive] = rest;
    else
      rests_.erase(rest.archive);
    return {};
  }

  Result<void> note(HarvestNo no, const ledger::JournalEntry& entry) override {
    const auto found = harvests_.find(no);
    if (found == harvests_.end()) return fail(Kind::NotFound, "no harvest number {}", no);
    found->second.take(entry);
    return {};
  }
  Result<std::vector<ledger::JournalEntry>> journal(HarvestNo no, const ledger::JournalWanted& wanted) override {
    std::vector<ledger::JournalEntry> out;
    for (const auto& [place, bytes] : harvests_.at(no).journal_rows) {
      if (place.first == ledger::Journal::Part::Reasons) continue;
      auto entry = ledger::decode_entry(bytes);
      if (!entry) return std::unexpected(entry.error());
      if (fits(*entry, wanted)) out.push_back(std::move(*entry));
    }
    std::ranges::sort(out, {}, &ledger::JournalEntry::order);
    if (out.size() > wanted.most) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(wanted.most));
    return out;
  }
  Result<std::vector<ledger::Reason>> reasons(HarvestNo no) override { return harvests_.at(no).journal.reasons(); }

  // Every settle asks this first, if it is set: true makes it fail.
  void fail_settles_when(std::function<bool()> when) { fail_settle_ = std::move(when); }

 private:
  struct Harvest {
    ledger::HarvestRecord record;
    std::vector<std::vector<SourceId>> blocks;
    std::map<ledger::ChunkKey, ledger::ChunkRecord> chunks;
    std::map<ledger::TileKey, ledger::TileRecord> tiles;
    std::set<std::string> jobs_left;
    std::vector<ledger::Counters> counters;
    std::vector<ledger::RefusedRow> refused;
    ledger::Journal journal;
    std::map<std::pair<ledger::Journal::Part, std::uint64_t>, std::string> journal_rows;
    void take(const ledger::JournalEntry& entry) {
      for (auto& change : journal.add(entry)) {
        if (change.bytes)
          journal_rows[{change.part, change.row}] = std::move(*change.bytes);
        else
          journal_rows.erase({change.part, change.row});
      }
    }
  };
  class MemoryIntake final : public ledger::Intake {
   public:
    MemoryIntake(MemoryLedger& ledger, std::uint32_t chunk_size) : ledger_(ledger), chunk_size_(chunk_size) {}
    Result<void> add(std::span<const SourceId> ids) override {
      for (const SourceId id : ids) {
        if (harvest_.blocks.empty() || harvest_.blocks.back().size() == chunk_size_) harvest_.blocks.emplace_back();
        harvest_.blocks.back().push_back(id);
        ++harvest_.record.sources;
      }
      return {};
    }
    Result<void> add_refused(const ledger::RefusedRow& row) override {
      harvest_.refused.push_back(row);
      return {};
    }
    Result<ledger::HarvestRecord> commit(ledger::HarvestRecord record) override {
      for (const auto& [no, other] : ledger_.harvests_) {
        if (other.record.name == record.name && no != record.no)
          return fail(Kind::Conflict, "'{}' is taken", record.name);
      }
      if (record.no != 0) {
        harvest_.journal = std::move(ledger_.harvests_.at(record.no).journal);
        harvest_.journal_rows = std::move(ledger_.harvests_.at(record.no).journal_rows);
        ledger_.harvests_.erase(record.no);
      }
      record.no = ledger_.next_no_++;
      record.sources = harvest_.record.sources;
      record.blocks = static_cast<std::uint32_t>(harvest_.blocks.size());
      harvest_.record = record;
      harvest_.counters.resize(record.retrieval_types.size());
      for (auto& c : harvest_.counters) c.requested = record.sources;
      ledger_.harvests_[record.no] = std::move(harvest_);
      return record;
    }

   private:
    MemoryLedger& ledger_;
    std::uint32_t chunk_size_;
    Harvest harvest_;
  };

  std::map<HarvestNo, Harvest> harvests_;
  std::map<std::string, ledger::ArchiveRest> rests_;
  HarvestNo next_no_ = 1;
  std::function<bool()> fail_settle_;
};

}  // namespace garner::testing
