// The histogram of a harvest's trouble as people see it. Blocking (the ledger), but quick: it lies in memory.
#pragma once

#include <vector>

#include "harvest/harvest_run.h"
#include "harvest/status.h"

namespace garner::harvest {

// The most frequent first. Empty too where the ledger has just lost the harvest.
std::vector<ReasonStatus> reasons_of(ledger::Ledger& ledger, const HarvestFiles& files);

}  // namespace garner::harvest
