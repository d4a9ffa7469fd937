// The durable record of every harvest, chunk and outcome. An interface: RocksLedger is the embedded one; a shared SQL
// ledger, with which several hosts work on one harvest, will come, therefore claims are explicit.
//
// What a ledger promises:
//  - settle() and the other writes are synced when they return: what they say survives kill -9 and power loss;
//  - a harvest's counters are written together with the transition that changes them, so they always equal a recount;
//  - a harvest appears whole, with all its ids, or not at all (Intake).
// Threads: any; calls block (disk), so the engine makes them on workers. Errors: DiskFull, Corrupt, Conflict (name
// taken), NotFound, Internal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/source_id.h"
#include "ledger/chunk_record.h"
#include "ledger/journal.h"
#include "ledger/tile_record.h"

namespace garner::ledger {

using HarvestNo = std::uint32_t;  // given by the ledger, never used again

// A block is a run of at most chunk_size ids in HEALPix order, numbered from 0; the same blocks serve every
// retrieval_type. A chunk is a block of a retrieval_type.
struct ChunkKey {
  HarvestNo harvest = 0;
  std::uint16_t type = 0;  // index into the manifest's retrieval_types
  std::uint32_t block = 0;
  auto operator<=>(const ChunkKey&) const = default;
};

// A merged table of a retrieval_type (layout `table`): of a pixel at the HEALPix level of the harvest's tiles.
struct TileKey {
  HarvestNo harvest = 0;
  std::uint16_t type = 0;
  std::uint64_t tile = 0;
  auto operator<=>(const TileKey&) const = default;
};

enum class HarvestState {
  Active,
  Paused,
  Cancelled,
  Finished
};  // what the user or the engine decided; "running", "waiting" … follow from it

// What outlives restarts of one harvest, beside its ids and chunks. Written as JSON.
struct HarvestRecord {
  HarvestNo no = 0;
  std::string name;
  std::string manifest;          // as submitted, byte for byte
  std::string manifest_hash;     // sha256 over the manifest and its ids, hex: tells "already here" from a clash
  std::string output_directory;  // absolute, canonical
  // What is accounted for: retrieval_types (ALL taken apart), tables (kind rows), or "result" (kind query);
  // their order numbers ChunkKey::type.
  std::vector<std::string> retrieval_types;
  std::uint32_t chunk_size = 0;
  std::uint32_t blocks = 0;
  std::uint64_t sources = 0;  // distinct ids
  std::uint64_t duplicates = 0;
  std::uint64_t refused = 0;
  std::uint32_t submitter_uid = 0, submitter_gid = 0;
  std::int64_t submitted_s = 0, finished_s = 0;  // Unix time, seconds; 0: not yet
  HarvestState state = HarvestState::Active;
  std::string reason;          // why it is in that state, for people
  std::string data_structure;  // the spelling that the archive took, once known
  std::string identity;        // who we were to the archive when its products came; empty: nothing came yet
  // Sources by query, while the archive is asked for them: the remote job, and the source_ids it is about.
  std::string source_job;
  std::uint64_t source_job_first = 0, source_job_last = 0;
  bool past_deadline = false;  // an operator said that it goes on in spite of its deadline
  std::int64_t started_s = 0;  // when the archive was first asked for a chunk; Unix time, 0: not yet

  // Its sources are still to come (Ledger::announce): no blocks, no chunks.
  bool wants_sources() const { return blocks == 0; }
};

// Per harvest and retrieval_type. pending = requested - delivered - absent - failed; `empty` of them came back empty
// and await their second look (ChunkRecord::empties). found_again: what second looks found (ChunkRecord::found_again).
struct Counters {
  std::uint64_t requested = 0, delivered = 0, absent = 0, failed = 0;
  std::uint64_t bytes_received = 0, bytes_stored = 0;
  std::uint64_t chunks_done = 0;
  std::uint64_t attempts = 0;  // requests sent for chunks in all, the good ones too
  std::uint64_t empty = 0, found_again = 0;
  bool operator==(const Counters&) const = default;

  std::uint64_t pending() const { return requested - delivered - absent - failed; }
};

// The chunks of a retrieval_type of which no answer need be waited for: a bit a block.
struct BlockStates {
  std::vector<bool> done;          // nothing pending
  std::vector<bool> only_empties;  // what is pending came back empty
};

// An archive that is not to be asked as if nothing had been: its breaker is open. Outlives restarts.
struct ArchiveRest {
  std::string archive;
  std::int64_t since_s = 0;       // Unix time; 0: it is well
  std::int64_t not_before_s = 0;  // it named this time; 0: none
  std::string because{};          // for people, in its own words
  bool operator==(const ArchiveRest&) const = default;
};

// One row of the id list that never became a source.
struct RefusedRow {
  std::string where;  // "bright.fits row 88,412" or "ids.txt line 12"
  std::string text;   // what stood there, printable
  std::string reason;
};

// One id list on its way into a new harvest. Ids come strictly rising (harvest/intake sorts and dedupes). Nothing is
// visible before commit(); dropped without it, or lost in a crash, it leaves nothing.
class Intake {
 public:
  virtual ~Intake() = default;
  virtual Result<void> add(std::span<const SourceId> rising_ids) = 0;
  virtual Result<void> add_refused(const RefusedRow& row) = 0;
  // Completes the record (no, blocks, sources) and makes the harvest appear. Conflict if the name is taken. A record
  // with the `no` of an announced harvest takes that one's place and its journal, and gets a `no` of its own.
  virtual Result<HarvestRecord> commit(HarvestRecord record) = 0;
};

// What becomes of a chunk: its record, its share of the counters, and what settle() has to say beside.
struct ChunkChange {
  ChunkKey key;
  ChunkRecord record;
  CounterDelta delta{};
  std::string job_left{};
};

// What becomes of a tile. bytes_stored: what lies on disk more (or less) when it is done, in its type's counters.
struct TileChange {
  TileKey key;
  TileRecord record;
  std::int64_t bytes_stored = 0;
};

class Ledger {
 public:
  virtual ~Ledger() = default;

  virtual Result<std::unique_ptr<Intake>> begin_intake(std::uint32_t chunk_size) = 0;
  // Makes a harvest appear whose sources are still to be asked for: without ids, until an intake takes its place.
  virtual Result<HarvestRecord> announce(HarvestRecord record) = 0;
  virtual Result<std::vector<HarvestRecord>> harvests() = 0;
  // Replaces the record (state, reason, times); its ids and shape stay.
  virtual Result<void> update(const HarvestRecord& record) = 0;
  // Forgets the harvest; its number is not used again.
  virtual Result<void> remove(HarvestNo harvest) = 0;

  virtual Result<std::vector<SourceId>> ids(HarvestNo harvest, std::uint32_t block) = 0;
  // The block that would hold the id, if it lies in the harvest.
  virtual Result<std::optional<std::uint32_t>> find_block(HarvestNo harvest, SourceId id) = 0;

  // A chunk that was never written has a default record: everything pending, no attempts.
  virtual Result<ChunkRecord> chunk(ChunkKey key) = 0;
  // Writes the chunk's record and its share of the counters (delta: what this transition adds; chunks_done may go down)
  // in one synced batch. Concurrent calls share a sync.
  Result<void> settle(ChunkKey key, const ChunkRecord& record, const CounterDelta& delta,
                      std::string_view job_left = {}) {
    return settle(key, record, delta, job_left, nullptr);
  }
  // job_left: URL of a remote job that the record names no more and that is to be deleted at the archive: kept, in the
  // same batch, until job_forgotten(). entry: goes into the journal, in the same batch; may be null.
  virtual Result<void> settle(ChunkKey key, const ChunkRecord& record, const CounterDelta& delta,
                              std::string_view job_left, const JournalEntry* entry) = 0;
  // Chunks and tiles that change all or none, in one synced batch.
  virtual Result<void> settle_together(std::span<const ChunkChange> chunks, std::span<const TileChange> tiles) = 0;
  // Remote jobs that were left so, at most so many.
  virtual Result<std::vector<std::string>> jobs_left(HarvestNo harvest, std::size_t most) = 0;
  // Not synced: at worst a job is deleted once more.
  virtual Result<void> job_forgotten(HarvestNo harvest, const std::string& job) = 0;

  // Counters of each retrieval_type, by index.
  virtual Result<std::vector<Counters>> counters(HarvestNo harvest) = 0;

  // Walks the written chunks of one type with block >= from, in order, from one snapshot, until visit returns false.
  // Never-written chunks are skipped.
  virtual Result<void> scan(HarvestNo harvest, std::uint16_t type, std::uint32_t from,
                            const std::function<bool(std::uint32_t block, const ChunkRecord&)>& visit) = 0;
  // What a restart needs, from the records' first bytes; a million chunks in well under
  // a second.
  virtual Result<BlockStates> block_states(HarvestNo harvest, std::uint16_t type, std::uint32_t blocks) = 0;

  // None: nothing was ever merged for the tile.
  virtual Result<std::optional<TileRecord>> tile(TileKey key) = 0;
  Result<void> settle_tile(TileKey key, const TileRecord& record, std::int64_t bytes_stored = 0) {
    const TileChange change{key, record, bytes_stored};
    return settle_together({}, {&change, 1});
  }
  // Walks the merged tiles of one type from a tile on, in order, from one snapshot, until visit returns false.
  virtual Result<void> scan_tiles(HarvestNo harvest, std::uint16_t type, std::uint64_t from,
                                  const std::function<bool(std::uint64_t tile, const TileRecord&)>& visit) = 0;

  // Puts an entry that no settle brings into the harvest's journal (journal.h), synced.
  virtual Result<void> note(HarvestNo harvest, const JournalEntry& entry) = 0;
  // The last entries that are wanted, the oldest first.
  virtual Result<std::vector<JournalEntry>> journal(HarvestNo harvest, const JournalWanted& wanted) = 0;
  // From memory, in the order in which they first came.
  virtual Result<std::vector<Reason>> reasons(HarvestNo harvest) = 0;

  // The archives that rest.
  virtual Result<std::vector<ArchiveRest>> rests() = 0;
  // Replaces what is kept of the archive; one that is well is forgotten.
  virtual Result<void> keep_rest(const ArchiveRest& rest) = 0;

  // Refused rows in order, from the given one on, until visit returns false.
  virtual Result<void> refused(HarvestNo harvest, std::uint64_t from,
                               const std::function<bool(const RefusedRow&)>& visit) = 0;
};

}  // namespace garner::ledger
