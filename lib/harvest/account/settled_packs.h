// Walks over what is settled of a harvest that may take an hour, as a file is opened for each pack. The ledger is read
// in batches, and nothing of it is held open while they are looked at: it must be free to open its database anew.
// Threads: any. Blocking. Errors: the ledger's, and Cancelled once `stop` is requested. What is referred to outlives
// the walk.
#pragma once

#include <atomic>
#include <stop_token>

#include "harvest/run/harvest_run.h"

namespace garner::harvest {

// Every settled pack, in order.
output::EachPack each_pack_of(ledger::Ledger& ledger, const HarvestFiles& files, std::atomic<std::uint64_t>& steps,
                              std::stop_token stop);

}  // namespace garner::harvest
