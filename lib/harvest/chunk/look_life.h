// A second look's life: ask for what came back empty of several chunks, in one request of no chunk's, and settle what
// follows from it, chunk by chunk. Nothing is laid down: what comes is asked for anew in its own chunk. How it ended is
// its value. Threads: a coroutine of the loop; reading and settling happen on workers.
#pragma once

#include "harvest/chunk/chunk.h"
#include "policy/second_look.h"

namespace garner::harvest {

// turn: as of chunk_life().
Task<policy::LookEnd> look_life(ChunkWorld world, std::shared_ptr<HarvestRun> run, policy::LookClaim claim,
                                ArchiveTurn& turn);

}  // namespace garner::harvest
