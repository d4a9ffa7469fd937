// A chunk's life, as one function from top to bottom: ask, understand, lay down, settle. It changes nothing of the
// harvest's state itself; how it ended is its value. Threads: a coroutine of the loop; reading, publishing and settling
// happen on workers.
#pragma once

#include "harvest/chunk.h"

namespace garner::harvest {

// answered: called once the request is over and its place in the queue free again, so that the next chunk can be asked
// meanwhile.
Task<ChunkEnd> chunk_life(ChunkWorld world, std::shared_ptr<HarvestRun> run, ChunkClaim claim,
                          std::function<void()> answered);

}  // namespace garner::harvest
