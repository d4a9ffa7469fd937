// A chunk's life, as one function from top to bottom: ask, understand, lay down, settle. It changes nothing of the
// harvest's state itself; how it ended is its value. Threads: a coroutine of the loop; reading, publishing and settling
// happen on workers.
#pragma once

#include <functional>
#include <memory>

#include "base/workers.h"
#include "harvest/archive_queue.h"
#include "harvest/harvest_run.h"
#include "harvest/retry_policy.h"
#include "http/body.h"

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
  // product::read_reply, or what a test puts in its place.
  std::function<Result<product::Contents>(std::span<const std::byte>, const product::Asked&, product::ProductSink&)>
      read_reply;
};

// answered: called once the request is over and its place in the queue free again, so that the next chunk can be asked
// meanwhile.
Task<ChunkEnd> chunk_life(ChunkWorld world, std::shared_ptr<HarvestRun> run, ChunkClaim claim,
                          std::function<void()> answered);

}  // namespace garner::harvest
