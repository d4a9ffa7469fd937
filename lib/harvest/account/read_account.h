// What the ledger holds of a harvest, as a HarvestRun is made of it. Blocking. Errors: the ledger's.
#pragma once

#include "harvest/run/harvest_run.h"

namespace garner::harvest {

struct LedgerAccount {  // per retrieval_type
  std::vector<ledger::BlockStates> states;
  std::vector<ledger::Counters> counters;
};

Result<LedgerAccount> read_account(ledger::Ledger& ledger, const HarvestFiles& files);

}  // namespace garner::harvest
