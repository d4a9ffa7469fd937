// What goes into a harvest's journal (ledger/journal.h) about a request for a chunk: whom a failure is put down to,
// under which reason it is counted, and what follows. Pure.
#pragma once

#include <string>
#include <string_view>

#include "harvest/chunk/chunk.h"
#include "policy/retry_policy.h"

namespace garner::harvest {

// The text without what differs from case to case, so that a reason is one row of a histogram: addresses, ids, counts
// and times are folded; an HTTP status stays.
std::string fold_reason(std::string_view text);

// The same, and durations are one word whatever their units: what changes by itself is gone.
std::string fold_times(std::string_view text);

// A chunk's request as it stands in the journal.
ledger::Attempt attempt_of(const Chunk& chunk);

// A request that failed; next: what follows from it, in words.
ledger::JournalEntry failed_entry(const Chunk& chunk, const Error& error, ledger::Against against, std::string next,
                                  WallTime now);
// A request that was good after ones that were not. Nothing where none failed: the account is enough then.
std::optional<ledger::JournalEntry> recovered_entry(const Chunk& chunk, const ledger::ChunkRecord& after, WallTime now);

ledger::Against against_whom(const policy::Verdict& verdict);
// What is done about a failure: "tried again after 41 s".
std::string what_follows(const policy::Verdict& verdict);

}  // namespace garner::harvest
