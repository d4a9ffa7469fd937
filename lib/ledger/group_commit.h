// Who may write when. Settled chunks of all callers that wait at the same time go into one batch, which costs one sync;
// the counters they change are kept here in memory, so that nobody reads before writing. A failed write changes nothing
// here. Other writers take a turn alone. Threads: any. For lib/ledger only.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/rocks_store.h"

namespace garner::ledger {

// What is fixed about a harvest at its submission.
struct Shape {
  std::string name;
  std::vector<std::string> types;
  std::uint32_t chunk_size = 0, blocks = 0;
  std::uint64_t sources = 0;

  explicit Shape(const HarvestRecord& record);
  std::uint32_t ids_in(std::uint32_t block) const;
  bool operator==(const Shape&) const = default;
};

class GroupCommit {
 public:
  explicit GroupCommit(RocksStore& store) : store_(store) {}

  // The harvest is there from now on. Call at open or in a turn.
  void admit(HarvestNo harvest, const Shape& shape, std::vector<Counters> counters, Journal journal = {});
  void dismiss(HarvestNo harvest);

  Result<Shape> shape(HarvestNo harvest) const;                     // NotFound
  Result<std::vector<Counters>> counters(HarvestNo harvest) const;  // NotFound
  bool name_taken(std::string_view name) const;
  Result<Journal> journal(HarvestNo harvest) const;              // NotFound
  Result<std::vector<Reason>> reasons(HarvestNo harvest) const;  // NotFound

  Result<void> settle(ChunkKey key, const ChunkRecord& record, const CounterDelta& delta, std::string_view job_left,
                      const JournalEntry* entry);
  Result<void> settle_together(std::span<const ChunkChange> chunks, std::span<const TileChange> tiles);
  Result<void> note(HarvestNo harvest, const JournalEntry& entry);  // NotFound

  // While it lives nobody else writes.
  class Turn {
   public:
    explicit Turn(GroupCommit& owner);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    GroupCommit& owner_;
  };

 private:
  struct Live {
    Shape shape;
    std::vector<Counters> counters;
    Journal journal;
  };
  struct Waiter {
    ChunkKey key;
    const ChunkRecord& record;
    const CounterDelta& delta;
    std::string_view job_left;
    const JournalEntry* entry = nullptr;
    std::string bytes = {};
    Result<void> result = {};
    bool done = false;
  };
  using Changed = std::map<std::pair<HarvestNo, std::uint16_t>, Counters>;

  using Journals = std::map<HarvestNo, Journal>;

  void lead(std::unique_lock<std::mutex>& lock);
  Result<void> prepare(const Waiter& waiter, Changed& changed) const;
  Result<void> prepare(const TileChange& tile, Changed& changed) const;
  static void put(Batch& batch, HarvestNo harvest, const std::vector<Journal::Change>& changes);

  RocksStore& store_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool busy_ = false;  // somebody writes
  std::vector<Waiter*> queue_;
  std::map<HarvestNo, Live> live_;
};

}  // namespace garner::ledger
