#include "harvest/account/receipt.h"

#include <algorithm>

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

void add_absents(Confirmation& sum, const ledger::ChunkRecord& record, bool looks_twice) {
  using ledger::Outcome;
  std::uint64_t asked = static_cast<std::uint64_t>(std::ranges::count(record.outcomes, Outcome::Absent));
  for (const std::uint32_t place : record.hopeless) {
    if (place >= record.outcomes.size() || record.outcomes[place] != Outcome::Absent) continue;
    ++sum.by_tables;
    --asked;
  }
  (!looks_twice ? sum.asked_once : record.sampled ? sum.by_sample : sum.asked_twice) += asked;
}

// Nothing, where the harvest moved on between its counters and this.
Result<std::optional<Confirmation>> confirmation_of(ledger::Ledger& ledger, const HarvestFiles& files,
                                                    std::span<const ledger::Counters> counters,
                                                    std::atomic<std::uint64_t>& steps) {
  const manifest::Manifest& manifest = files.manifest;
  const bool looks_twice = manifest.confirm_absent && manifest.kind != manifest::HarvestKind::Query;
  Confirmation sum;
  std::uint64_t absent = 0;
  for (std::uint16_t type = 0; type < counters.size(); ++type) {
    if (counters[type].absent == 0) continue;
    absent += counters[type].absent;
    auto scanned = ledger.scan(files.no, type, 0, [&](std::uint32_t, const ledger::ChunkRecord& record) {
      ++steps;
      add_absents(sum, record, looks_twice);
      return true;
    });
    if (!scanned) return std::unexpected(scanned.error());
  }
  return sum.sum() == absent ? std::optional(sum) : std::nullopt;
}

}  // namespace

Result<Receipt> account_of(ledger::Ledger& ledger, const ledger::HarvestRecord& record, const HarvestFiles& files,
                           std::atomic<std::uint64_t>& steps) {
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
  out.confirm_absent = files.manifest.confirm_absent && files.manifest.kind != manifest::HarvestKind::Query;
  const auto counters = ledger.counters(record.no);
  if (!counters) return std::unexpected(counters.error());
  auto confirmed = confirmation_of(ledger, files, *counters, steps);
  if (!confirmed) return std::unexpected(confirmed.error());
  out.confirmed = *confirmed;
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
    out.attempts += c.attempts;
  }
  out.reasons =
      reasons_of(ledger, record.no, record.retrieval_types, files.manifest.kind == manifest::HarvestKind::Query);
  return out;
}

}  // namespace garner::harvest
