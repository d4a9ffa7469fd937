// The histogram of a harvest's trouble as people see it. Blocking (the ledger), but quick: it lies in memory.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harvest/run/status.h"
#include "ledger/ledger.h"

namespace garner::harvest {

// The most frequent first. Empty too where the ledger has just lost the harvest. of_parts: kind query, whose ids are no
// source_ids.
std::vector<ReasonStatus> reasons_of(ledger::Ledger& ledger, ledger::HarvestNo harvest,
                                     std::span<const std::string> types, bool of_parts);

}  // namespace garner::harvest
