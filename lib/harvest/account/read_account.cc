#include "harvest/account/read_account.h"

namespace garner::harvest {

Result<LedgerAccount> read_account(ledger::Ledger& ledger, const HarvestFiles& files) {
  LedgerAccount out;
  for (std::uint16_t type = 0; type < files.types.size(); ++type) {
    auto states = ledger.block_states(files.no, type, files.blocks);
    if (!states) return std::unexpected(states.error());
    out.states.push_back(std::move(*states));
  }
  auto counters = ledger.counters(files.no);
  if (!counters) return std::unexpected(counters.error());
  out.counters = std::move(*counters);
  return out;
}

}  // namespace garner::harvest
