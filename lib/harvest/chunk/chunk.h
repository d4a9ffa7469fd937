// A chunk while it is in hand: what the ledger knows of it, what of it is asked for, and how its record changes. Used
// by chunk_life and the ways (way.h). Threads: one at a time, the loop's or a worker's.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/random.h"
#include "base/workers.h"
#include "harvest/chunk/archive_turn.h"
#include "harvest/run/harvest_run.h"
#include "http/body.h"
#include "policy/partition.h"
#include "policy/retry_policy.h"
#include "product/table_answer.h"

namespace garner::harvest {

// The world as a chunk sees it. All of it outlives the chunk.
struct ChunkWorld {
  Executor& executor;
  Workers& workers;
  ledger::Ledger& ledger;
  archive::Archive& archive;
  ArchiveQueue& queue;
  Random& random;
  std::shared_ptr<http::MemoryBudget> budget;
  // product::read_reply and product::read_table_answer, or what a test puts in their place.
  std::function<Result<product::Contents>(std::span<const std::byte>, const product::Asked&, product::ProductSink&)>
      read_reply;
  std::function<Result<product::TableContents>(std::span<const std::byte>, const product::TableAsked&,
                                               product::ProductSink&)>
      read_table;
  // Window, deadline and rate caps. Asked as a request is about to leave; false: not now, nothing is to happen. Where
  // the pace need not be kept, it is those behind that wait the longer.
  enum class Pace { Kept, Owed };
  std::function<bool(HarvestRun&, Pace)> may_ask{};
  // What came of it.
  std::function<void(HarvestRun&, std::uint64_t bytes)> received{};
};

struct Chunk {
  ledger::ChunkKey key;
  std::vector<SourceId> ids;          // of the block; kind query: the part's number
  ledger::ChunkRecord record;         // as the ledger has it
  std::vector<std::uint32_t> places;  // of what is asked for, all of it pending
  std::vector<SourceId> wanted;       // the same, by id
  bool second_look = false;           // what came back empty is asked for, not what never was
  bool of_many = false;               // the ids are of several blocks (look_life): nothing is settled under its key

  // Of the request under way.
  ArchiveTurn* turn = nullptr;
  std::uint64_t good_before = 0;  // good answers of the archive, to anybody, before it left
  std::string job;                // the remote job that lives; stays in the record until its rows are settled
  bool by_tap = false, by_job = false, by_upload = false;
  policy::PartRange piece{};                   // kind query
  std::optional<std::uint64_t> rows_expected;  // by COUNT(*)

  // What was written in this life.
  ledger::CounterDelta settled{};
  std::uint64_t sources_settled = 0;

  bool done() const { return record.done(static_cast<std::uint32_t>(ids.size())); }
  // Asks for no more than the first so many; 0: all.
  void ask_at_most(std::uint64_t most);
};

// Blocking. second_look: for what came back empty.
Result<Chunk> load_chunk(ledger::Ledger& ledger, ledger::ChunkKey key, bool second_look);
// Writes the record, synced, with its share of the counters. Chunk::job, where the record does not name it any more, is
// kept until it is forgotten. Blocking.
Result<void> settle(ledger::Ledger& ledger, Chunk& chunk, ledger::ChunkRecord after, std::uint64_t bytes_received,
                    const std::optional<ledger::JournalEntry>& entry = {});
// The same, from the loop.
Task<Result<void>> settle_on_worker(ChunkWorld world, Chunk& chunk, ledger::ChunkRecord after,
                                    std::optional<ledger::JournalEntry> entry = {});

// The number of a chunk's next publication: the lowest that none of its packs has, so that it takes the place of one
// that was lost.
std::uint32_t next_generation(const ledger::ChunkRecord& record);
// The key of the pack that the next good reply becomes.
output::PackKey next_pack(const HarvestFiles& files, const Chunk& chunk);
// What a good answer holds of what was asked for.
struct Came {
  std::vector<bool> found;  // by place in Chunk::wanted
  bool anything = false;
  std::uint64_t rows = 0;  // kinds rows and query
};
// What goes wrong in our own output is ours, whatever it is called there: DiskFull, Cancelled, else Internal.
Error as_own(Error error);
// The record once these of what was asked for were found in a good reply, which is published; where nothing came, what
// an earlier publication may have left goes. Blocking. Errors: DiskFull, Cancelled, Internal.
Result<ledger::ChunkRecord> lay_down(const ChunkWorld& world, HarvestFiles& files, const Chunk& chunk,
                                     std::unique_ptr<output::PackWriter> writer, std::span<const std::byte> reply,
                                     const Came& came);

}  // namespace garner::harvest
