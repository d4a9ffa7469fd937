// The account of a harvest in one page, to keep beside its data: what was asked of which archive, as whom and when,
// what became of it, what went wrong on the way. As JSON for programs and as Markdown for people; docs/layouts.md lists
// the keys. Of a harvest that is not over it says so.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harvest/run/harvest_run.h"
#include "harvest/run/status.h"
#include "output/receipt_files.h"

namespace garner::harvest {

// How absent products were found to be absent.
struct Confirmation {
  std::uint64_t asked_twice = 0;
  std::uint64_t by_sample = 0;  // in chunks where a sample of what came back empty spoke for the rest of it
  std::uint64_t by_tables = 0;  // by the archive's own tables (prefilter), not asked for at all
  std::uint64_t asked_once = 0;

  std::uint64_t sum() const { return asked_twice + by_sample + by_tables + asked_once; }
};

struct Receipt {
  std::string name, kind, state, waiting_for;
  std::string manifest_hash, software;
  std::string archive, archive_title, base_url, release, identity;
  std::string output_directory, layout;
  std::int64_t submitted_s = 0, started_s = 0, finished_s = 0;  // Unix time; 0: not yet
  std::int64_t as_of_s = 0;                                     // of a harvest that is not over: when this was written
  std::uint64_t sources = 0, duplicates = 0, refused = 0;       // kind query: sources are its parts
  bool confirm_absent = false;                                  // what comes back empty is asked for once more
  std::optional<Confirmation> confirmed;                        // nothing: not known, since more was settled meanwhile
  std::vector<TypeStatus> types;
  std::uint64_t bytes_received = 0, bytes_stored = 0, attempts = 0;
  std::vector<ReasonStatus> reasons;
  std::optional<output::SumsFacts> sums;
  std::string credit;
};

struct ReceiptTexts {
  std::string json, markdown;
};

// Of the ledger's numbers; what the archive's profile says and SHA256SUMS are the caller's to add. Blocking: where
// something is absent, all chunks of its type are looked through. steps: counts up meanwhile.
Result<Receipt> account_of(ledger::Ledger& ledger, const ledger::HarvestRecord& record, const HarvestFiles& files,
                           std::atomic<std::uint64_t>& steps);

// Pure.
ReceiptTexts receipt_texts(const Receipt& receipt);

}  // namespace garner::harvest
