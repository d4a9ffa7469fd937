// A chunk's life, as one function from top to bottom: ask, understand, lay down, settle. It changes nothing of the
// harvest's state itself; how it ended is its value. Threads: a coroutine of the loop; reading, publishing and settling
// happen on workers.
#pragma once

#include "harvest/chunk/chunk.h"

namespace garner::harvest {

// A failed request, and what follows from it.
struct Failure {
  Error error;
  std::optional<ledger::ChunkRecord> less;  // after too large an answer: how to ask for less at a time
  policy::Verdict verdict;
};
// Judges it. The archive's queue hears of it before the place there is free again, and the run where its whole type is
// blocked.
Task<Failure> failure_of(ChunkWorld world, std::shared_ptr<HarvestRun> run, const Chunk& chunk, Error error,
                         Place& place);
// What fails while a reply is read is the reply's fault, or our own disk's.
Error as_ours(Error error);
// Deletes the job at the archive that no record names any more.
Task<void> forget_job(ChunkWorld world, const HarvestRun& run, Chunk& chunk);

// turn: answered once the request is over and its place in the queue free again, so that the next chunk can be asked
// meanwhile.
Task<ChunkEnd> chunk_life(ChunkWorld world, std::shared_ptr<HarvestRun> run, ChunkClaim claim, ArchiveTurn& turn);

}  // namespace garner::harvest
