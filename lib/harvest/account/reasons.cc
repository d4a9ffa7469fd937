#include "harvest/account/reasons.h"

#include <algorithm>
#include <tuple>

namespace garner::harvest {

std::vector<ReasonStatus> reasons_of(ledger::Ledger& ledger, ledger::HarvestNo harvest,
                                     std::span<const std::string> types, bool of_parts) {
  std::vector<ReasonStatus> rows;
  const auto reasons = ledger.reasons(harvest);
  if (!reasons) return rows;
  for (const auto& reason : *reasons) {
    ReasonStatus row{reason.kind,
                     reason.reason,
                     std::string(against_name(reason.against)),
                     reason.count,
                     reason.first_s,
                     reason.last_s,
                     reason.text,
                     {},
                     0,
                     0,
                     0};
    if (const auto& attempt = reason.attempt; attempt && attempt->type < types.size()) {
      row.retrieval_type = types[attempt->type];
      row.chunk = attempt->block;
      row.source_id = of_parts ? 0 : attempt->first.value;
      row.ids = attempt->ids;
    }
    rows.push_back(std::move(row));
  }
  std::ranges::sort(rows, [](const ReasonStatus& a, const ReasonStatus& b) {
    return std::tie(b.count, a.first_s, a.reason) < std::tie(a.count, b.first_s, b.reason);
  });
  return rows;
}

}  // namespace garner::harvest
