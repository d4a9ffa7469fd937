// Is it the archive, or what was asked? Where a bad answer could be either, the archive is asked for the one product
// that its profile knows to be there. Threads: a coroutine of the loop; the answer is read on a worker.
#pragma once

#include "harvest/chunk/chunk.h"

namespace garner::harvest {

enum class Opinion {
  Well,     // a good answer, read to its end
  Bad,      // answered as badly
  Trouble,  // overload or an outage: it can't be told
  Nobody,   // there is nothing to ask for: the profile names nothing, or the harvest is one of questions to TAP
  Stopped,  // by us
};

// in_our_place: the caller holds a place at the archive, and tells the queue what it learns. Else one is waited for,
// and the queue hears of its answer. BadStreak hears of a good one in any case.
Task<Opinion> second_opinion(ChunkWorld world, std::shared_ptr<HarvestRun> run, bool in_our_place);

}  // namespace garner::harvest
