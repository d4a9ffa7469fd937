// What the stage's engine stands on, with faults to order: workers that take their time, a ledger whose writes may
// fail, a disk that remembers what was published, and a power cut after so many durable steps.
#pragma once

#include <map>
#include <random>
#include <set>

#include "../support/memory_ledger.h"
#include "../support/virtual_loop.h"
#include "output/layout.h"

namespace garner::testing {

// Every durable step asks here first. After the cut all of them fail until the power is back.
class Power {
 public:
  void cut_after(std::uint64_t steps) { left_ = steps; }
  void back() { left_.reset(); }
  bool is_cut() const { return left_ && *left_ == 0; }
  Result<void> step() {
    if (is_cut()) return fail(Kind::Internal, "killed");
    if (left_) --*left_;
    if (full && full()) return fail(Kind::DiskFull, "no space left (made up)");
    return {};
  }
  std::function<bool()> full;

 private:
  std::optional<std::uint64_t> left_;
};

// Posts go to the loop, those of a worker's job later.
class StageExecutor final : public Executor {
 public:
  explicit StageExecutor(VirtualLoop& loop) : loop_(loop) {}
  void post(Action action) override {
    if (delay == Duration{})
      loop_.post(std::move(action));
    else
      later(delay, std::move(action));
  }
  SteadyTime now() const override { return last_now_ = std::max(loop_.now(), last_now_ + creep); }
  Duration creep{};  // by which the time goes on whenever somebody looks at it
  WallTime wall_now() const override { return loop_.wall_now() + wall_shift; }
  WallTime::duration wall_shift{};  // the wall clock was put, or the machine slept
  [[nodiscard]] std::unique_ptr<Timer> call_at(SteadyTime when, Action action) override {
    return loop_.call_at(when, std::move(action));
  }
  void later(Duration after, Action action) {
    const auto no = next_++;
    timers_[no] = loop_.call_at(loop_.now() + after, [this, no, run = std::move(action)]() mutable {
      timers_.erase(no);
      run();
    });
  }
  Duration delay{};

 private:
  VirtualLoop& loop_;
  mutable SteadyTime last_now_{};
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Timer>> timers_;
};

// Jobs begin and end some random time later, so that they overtake each other; with no jitter, at once and in order.
class StageWorkers final : public Workers {
 public:
  StageWorkers(StageExecutor& executor, std::uint64_t seed) : executor_(executor), random_(seed) {}
  void submit(std::move_only_function<void()> job) override {
    if (jitter == Duration{}) return executor_.post(std::move(job));
    executor_.later(some(), [this, run = std::move(job)]() mutable {
      executor_.delay = some();
      run();
      executor_.delay = {};
    });
  }
  Duration jitter{};

 private:
  Duration some() { return Duration(std::uniform_int_distribution<Duration::rep>(1, jitter.count())(random_)); }
  StageExecutor& executor_;
  std::mt19937_64 random_;
};

// The ledger as the engine sees it: records pass through their bytes, writes need power.
class StageLedger final : public ledger::Ledger {
 public:
  using HarvestNo = ledger::HarvestNo;
  StageLedger(Ledger& below, Power& power) : below_(&below), power_(power) {}
  void stand_on(Ledger& below) { below_ = &below; }
  Result<std::unique_ptr<ledger::Intake>> begin_intake(std::uint32_t chunk_size) override {
    return below_->begin_intake(chunk_size);
  }
  Result<ledger::HarvestRecord> announce(ledger::HarvestRecord record) override {
    if (auto powered = power_.step(); !powered) return std::unexpected(powered.error());
    return below_->announce(std::move(record));
  }
  Result<std::vector<ledger::HarvestRecord>> harvests() override { return below_->harvests(); }
  Result<void> update(const ledger::HarvestRecord& record) override {
    if (auto powered = power_.step(); !powered) return powered;
    if (fail_update && fail_update()) return fail(Kind::DiskFull, "no space left (made up)");
    return below_->update(record);
  }
  Result<void> remove(HarvestNo no) override {
    if (auto powered = power_.step(); !powered) return powered;
    return below_->remove(no);
  }
  Result<std::vector<SourceId>> ids(HarvestNo no, std::uint32_t block) override { return below_->ids(no, block); }
  Result<std::optional<std::uint32_t>> find_block(HarvestNo no, SourceId id) override {
    return below_->find_block(no, id);
  }
  Result<ledger::ChunkRecord> chunk(ledger::ChunkKey key) override {
    ++chunks_read;
    return below_->chunk(key);
  }
  Result<void> settle(ledger::ChunkKey key, const ledger::ChunkRecord& record, const ledger::CounterDelta& delta,
                      std::string_view job_left, const ledger::JournalEntry* entry) override {
    if (auto powered = power_.step(); !powered) return powered;
    const auto read_back = ledger::decode_chunk(ledger::encode(record));
    if (!read_back || *read_back != record) return fail(Kind::Corrupt, "a record that does not survive its bytes");
    return below_->settle(key, record, delta, job_left, entry);
  }
  Result<std::vector<std::string>> jobs_left(HarvestNo no, std::size_t most) override {
    return below_->jobs_left(no, most);
  }
  Result<void> job_forgotten(HarvestNo no, const std::string& job) override {
    if (auto powered = power_.step(); !powered) return powered;
    return below_->job_forgotten(no, job);
  }
  Result<std::vector<ledger::Counters>> counters(HarvestNo no) override { return below_->counters(no); }
  Result<void> scan(HarvestNo no, std::uint16_t type, std::uint32_t from,
                    const std::function<bool(std::uint32_t, const ledger::ChunkRecord&)>& visit) override {
    const Open open(open_scans);
    return below_->scan(no, type, from, visit);
  }
  Result<ledger::BlockStates> block_states(HarvestNo no, std::uint16_t type, std::uint32_t blocks) override {
    auto states = below_->block_states(no, type, blocks);
    if (states && touch_states) touch_states(*states);
    return states;
  }
  Result<std::optional<ledger::TileRecord>> tile(ledger::TileKey key) override { return below_->tile(key); }
  Result<void> settle_together(std::span<const ledger::ChunkChange> chunks,
                               std::span<const ledger::TileChange> tiles) override {
    if (auto powered = power_.step(); !powered) return powered;
    return below_->settle_together(chunks, tiles);
  }
  Result<void> scan_tiles(HarvestNo no, std::uint16_t type, std::uint64_t from,
                          const std::function<bool(std::uint64_t, const ledger::TileRecord&)>& visit) override {
    const Open open(open_scans);
    return below_->scan_tiles(no, type, from, visit);
  }
  Result<void> refused(HarvestNo no, std::uint64_t from,
                       const std::function<bool(const ledger::RefusedRow&)>& visit) override {
    return below_->refused(no, from, visit);
  }
  Result<std::vector<ledger::ArchiveRest>> rests() override { return below_->rests(); }
  Result<void> keep_rest(const ledger::ArchiveRest& rest) override {
    if (power_.is_cut()) return fail(Kind::Internal, "killed");  // no step, as with notes
    ++rests_kept;
    return below_->keep_rest(rest);
  }
  Result<void> note(HarvestNo no, const ledger::JournalEntry& entry) override {
    if (power_.is_cut()) return fail(Kind::Internal, "killed");  // no step: nothing hangs on it
    return below_->note(no, entry);
  }
  Result<std::vector<ledger::JournalEntry>> journal(HarvestNo no, const ledger::JournalWanted& wanted) override {
    return below_->journal(no, wanted);
  }
  Result<std::vector<ledger::Reason>> reasons(HarvestNo no) override { return below_->reasons(no); }
  std::function<bool()> fail_update;
  std::function<void(ledger::BlockStates&)> touch_states;  // on their way up
  int chunks_read = 0, open_scans = 0, rests_kept = 0;

 private:
  struct Open {
    explicit Open(int& count) : count_(++count) {}
    ~Open() { --count_; }
    int& count_;
  };
  Ledger* below_;
  Power& power_;
};

// What lies on disk: pack by pack, and what the indexes list.
struct Disk {
  using Key = std::tuple<std::string, std::string, std::uint32_t, std::uint32_t>;  // directory, type, block, generation
  std::map<Key, std::set<SourceId>> packs;
  std::map<std::string, std::set<Key>> indexes;  // by directory
  std::map<std::string, std::string> receipts;   // by directory
  Power power;
  std::function<std::optional<Error>()> publish_fault;
  std::function<std::optional<Error>()> trial_fault;  // where only writing is tried
  int trials = 0;
};

class StageLayout final : public output::Layout {
 public:
  StageLayout(Disk& disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}
  Result<std::unique_ptr<output::PackWriter>> begin(const output::PackKey& key) override {
    return std::make_unique<Writer>(disk_, Disk::Key{directory_, key.retrieval_type, key.block, key.generation});
  }
  Result<void> discard(const output::PackKey& key, std::span<const SourceId>) override {
    if (auto powered = disk_.power.step(); !powered) return powered;
    disk_.packs.erase({directory_, key.retrieval_type, key.block, key.generation});
    return {};
  }
  Result<std::vector<output::ProductPlace>> list(const output::PackKey&) override {
    return std::vector<output::ProductPlace>{};
  }
  Result<output::ReadProduct> read(const output::PackKey&, SourceId, output::ReadRoom&) override {
    return output::ReadProduct{};
  }
  Result<std::vector<std::pair<std::string, std::string>>> checksums(const output::PackKey&,
                                                                     const ledger::Pack&) override {
    return std::vector<std::pair<std::string, std::string>>{};
  }
  Result<std::vector<std::string>> verify(const output::PackKey& key, const ledger::Pack&) override {
    std::vector<std::string> damages;
    if (!disk_.packs.contains({directory_, key.retrieval_type, key.block, key.generation}))
      damages.push_back(fmt::format("{} {} is missing", key.retrieval_type, key.block));
    return damages;
  }

 private:
  class Writer final : public output::PackWriter {
   public:
    Writer(Disk& disk, Disk::Key key) : disk_(disk), key_(std::move(key)) {}
    Result<void> add(const product::Product& product) override {
      ids_.insert(ids_.end(), *product.id);
      return {};
    }
    Result<ledger::Pack> publish(std::span<const std::byte>, std::span<const SourceId>) override {
      if (disk_.publish_fault) {
        if (auto fault = disk_.publish_fault()) return std::unexpected(*fault);
      }
      if (auto powered = disk_.power.step(); !powered) return std::unexpected(powered.error());
      disk_.packs[key_] = ids_;
      return ledger::Pack{0, {}, ids_.size() * 100, static_cast<std::uint32_t>(ids_.size())};
    }

   private:
    Disk& disk_;
    Disk::Key key_;
    std::set<SourceId> ids_;
  };
  Disk& disk_;
  std::string directory_;
};

}  // namespace garner::testing
