// How the chunks of one kind of harvest are asked for and understood: products by DataLink, rows by TAP for lists of
// ids, parts of one query. chunk_life is the same for all; what differs stands here, one class a kind. A way has no
// state: what it remembers lies in the chunk's record, or in the HarvestRun for what only saves time.
#pragma once

#include "harvest/chunk/chunk.h"

namespace garner::harvest {

class Way {
 public:
  virtual ~Way() = default;
  // The loop. Asks for what is pending of the chunk, or for a part of it, which stands in Chunk::wanted afterwards. No
  // body: what there was to find out is settled already. Errors are those of archive::Archive and of the ledger
  // (DiskFull, Internal).
  virtual Task<Result<std::optional<http::Body>>> ask(ChunkWorld world, std::shared_ptr<HarvestRun> run,
                                                      Chunk& chunk) const = 0;
  // A worker. Reads the answer, and hands what it holds on.
  virtual Result<Came> read(const ChunkWorld& world, const HarvestFiles& files, const Chunk& chunk,
                            const http::Body& body, product::ProductSink& sink) const = 0;
  // A worker. Reads the answer, publishes what it holds, and returns the record to be settled.
  virtual Result<ledger::ChunkRecord> store(const ChunkWorld& world, HarvestFiles& files, const Chunk& chunk,
                                            const http::Body& body) const = 0;
  // The loop. The record by which less is asked at a time, after an answer that was too large; nothing where it can't
  // be less.
  virtual std::optional<ledger::ChunkRecord> narrowed(HarvestRun& run, const Chunk& chunk) const = 0;
  // The record by which what spoils the answers is found, after as many bad ones as a chunk may have; nothing where
  // that can't be, and the chunk is hopeless. others_pass: other answers were good meanwhile.
  virtual std::optional<ledger::ChunkRecord> suspected(const Chunk&, const std::string& /*why*/,
                                                       bool /*others_pass*/) const {
    return std::nullopt;
  }
};

const Way& products_way();
const Way& rows_way();
const Way& query_way();
const Way& way_of(manifest::HarvestKind kind);

// Reads the answer and publishes what it holds. Errors of the reply are as read() says them, those of our own output as
// lay_down() does: the archive is never blamed for it. For a worker.
struct Laid {
  ledger::ChunkRecord after;
  Came came;
};
Result<Laid> read_and_lay_down(const Way& way, const ChunkWorld& world, HarvestFiles& files, const Chunk& chunk,
                               const http::Body& body);

// A TAP question for a chunk: with its RUNID and spool directory, the job it has, and where a new one is written down:
// together with `width` (QueryProgress), so that who adopts the job knows what it was asked. That of a second look is
// nobody's to adopt: it is written down as one to be deleted, which a restart does before it asks anew.
archive::TapQuestion question_for(ChunkWorld world, const HarvestRun& run, Chunk& chunk, std::string adql, bool by_job,
                                  std::uint64_t width);
// Asks, and keeps what became of the job in the chunk. Cancelled where there are as many jobs as may be: it comes
// again.
Task<Result<http::Body>> ask_tap(ChunkWorld world, HarvestRun& run, Chunk& chunk, archive::TapQuestion question,
                                 std::stop_token stop);
// An answer cut by the service's own row limit can't be told but by its rows: that limit; 0: none.
std::uint64_t row_limit(const archive::Profile& profile, bool by_job);
// VOTables are kept as they came, the other formats are made of BINARY2.
ProductFormat asked_format(ProductFormat wanted);

}  // namespace garner::harvest
