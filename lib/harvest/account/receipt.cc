#include "harvest/account/receipt.h"

#include "harvest/account/reasons.h"

namespace garner::harvest {

namespace {

std::string_view state_name(ledger::HarvestState state) {
  switch (state) {
    case ledger::HarvestState::Finished:
      return "finished";
    case ledger::HarvestState::Cancelled:
      return "cancelled";
    case ledger::HarvestState::Paused:
      return "paused";
    case ledger::HarvestState::Active:
      return "running";
  }
  return "running";
}

}  // namespace

Result<Receipt> account_of(ledger::Ledger& ledger, const ledger::HarvestRecord& record, const HarvestFiles& files) {
  Receipt out;
  out.name = record.name;
  out.kind = manifest::harvest_kind_name(files.manifest.kind);
  out.state = state_name(record.state);
  out.waiting_for = record.reason;
  out.manifest_hash = record.manifest_hash;
  out.archive = files.manifest.archive;
  out.release = files.manifest.release;
  out.identity = record.identity;
  out.output_directory = record.output_directory;
  out.layout = layout_name(files.spec.layout);
  out.submitted_s = record.submitted_s;
  out.started_s = record.started_s;
  out.finished_s = record.finished_s;
  out.sources = record.sources;
  out.duplicates = record.duplicates;
  out.refused = record.refused;
  out.confirm_absent = files.manifest.confirm_absent;
  const auto counters = ledger.counters(record.no);
  if (!counters) return std::unexpected(counters.error());
  for (std::size_t i = 0; i < counters->size() && i < record.retrieval_types.size(); ++i) {
    const ledger::Counters& c = (*counters)[i];
    TypeStatus row;
    row.retrieval_type = record.retrieval_types[i];
    row.requested = c.requested;
    row.delivered = c.delivered;
    row.absent = c.absent;
    row.failed = c.failed;
    row.pending = c.pending();
    row.empty_so_far = c.empty;
    row.second_look_found = c.found_again;
    out.types.push_back(std::move(row));
    out.bytes_received += c.bytes_received;
    out.bytes_stored += c.bytes_stored;
    out.requests += c.attempts;
  }
  out.reasons =
      reasons_of(ledger, record.no, record.retrieval_types, files.manifest.kind == manifest::HarvestKind::Query);
  return out;
}

}  // namespace garner::harvest
