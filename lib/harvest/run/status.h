// A harvest as people and scripts see it: plain values, made by the engine, shown by control and client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace garner::harvest {

struct TypeStatus {
  std::string retrieval_type;
  std::uint64_t requested = 0, pending = 0, delivered = 0, absent = 0, failed = 0;
  std::string blocked;  // why this type does not go on, in the archive's words; empty if it does
  // Of the pending ones: came back empty once, and will be asked for once more. And how many that brought to light.
  std::uint64_t empty_so_far = 0, second_look_found = 0;
};

struct InFlight {
  std::string retrieval_type;
  std::uint32_t chunk = 0;
  double age_s = 0;
};

// The last time that the number of requests in flight was changed.
struct ConcurrencyNote {
  std::int64_t at_s = 0;  // Unix time
  std::uint32_t from = 0, to = 0;
  std::string why;
};

// How an archive is asked at the moment, by all harvests together.
struct ArchiveStatus {
  std::uint32_t in_flight = 0, limit = 0, floor = 0, ceiling = 0;  // requests
  std::uint32_t tried_low = 0, tried_high = 0;                     // levels that are compared at the moment; 0: none
  std::uint32_t jobs = 0, jobs_most = 0;                           // of TAP, and how many there may be
  std::optional<ConcurrencyNote> last_change;
  std::string breaker = "closed";    // closed, open, probing
  std::int64_t breaker_since_s = 0;  // Unix time; while it is not closed, as what follows
  std::string breaker_because;
  double next_probe_s = 0;  // from now
  std::uint32_t probes_failed = 0;
};

// A reason for trouble, counted; an example of it.
struct ReasonStatus {
  std::string kind;     // as errors are called: overloaded, suspect, …
  std::string reason;   // the archive's words without what differs from case to case
  std::string against;  // whom it is put down to: chunk, archive, request, ourselves
  std::uint64_t count = 0;
  std::int64_t first_s = 0, last_s = 0;  // Unix time
  std::string text;                      // the example: the words as they came …
  std::string retrieval_type;            // … what was asked for; empty where it was no chunk's
  std::uint32_t chunk = 0;
  std::uint64_t source_id = 0;  // its first; 0: none
  std::uint32_t ids = 0;        // how many it was; 1: that one alone
};
// For people: the example's own words, not what is counted together; and who is to blame.
inline std::string words_of(const ReasonStatus& reason) {
  if (reason.text.empty()) return reason.reason;
  return reason.kind == "other" ? reason.reason + ", for example: " + reason.text : reason.text;
}
inline std::string blamed_on(const ReasonStatus& reason) {
  return reason.against == "ourselves" ? "our own disk or ledger" : "the " + reason.against;
}

struct HarvestStatus {
  std::string name;
  std::string kind;         // products, rows, query
  std::string state;        // ingesting, queued, running, waiting, blocked, paused, finished, cancelled
  std::string waiting_for;  // why nothing moves and until when; empty while it moves
  std::string archive, release, identity, output_directory, layout;
  std::uint64_t sources = 0, duplicates = 0, refused = 0;  // kind query: sources are its parts
  std::uint64_t requested = 0, pending = 0, delivered = 0, absent = 0, failed = 0;
  std::uint64_t bytes_received = 0, bytes_stored = 0;
  // At chunks: each a request mostly, but it may be several, or none where nothing could be sent.
  std::uint64_t attempts = 0;
  std::uint64_t chunks_total = 0, chunks_done = 0, chunks_in_flight = 0, chunks_blocked = 0;
  std::uint64_t chunks_to_look_at = 0;                  // await the second look: nothing else of them is pending
  double rate_sources_per_s = 0, rate_bytes_per_s = 0;  // over the last minute
  std::optional<double> eta_s;
  std::uint32_t submitter_uid = 0, submitter_gid = 0;
  std::int64_t submitted_s = 0, finished_s = 0;  // Unix time; 0: not yet
  std::int64_t last_trouble_s = 0;               // when the last attempt failed; Unix time, 0: none did in this life
  std::string last_trouble;                      // which chunk, and why
  std::vector<TypeStatus> types;
  std::vector<InFlight> in_flight;
  std::string window{};      // the hours in which it may ask, as in the manifest; empty: any
  std::int64_t opens_s = 0;  // Unix time: closed, and opens then; 0: open, or not by itself
  std::int64_t closes_s = 0, deadline_s = 0;
  std::string limited_by{};                       // the rate cap that holds the next request back; empty: none
  std::optional<ArchiveStatus> archive_status{};  // nothing while the daemon does not ask it
  std::uint64_t empty_so_far = 0;                 // of all types
  std::int64_t started_s = 0;                     // when the archive was first asked; Unix time, 0: not yet
  std::vector<ReasonStatus> reasons{};            // of one harvest only, not in lists
  std::uint32_t number = 0;                       // the ledger's, for who looks there; not shown
};

// What a harvest would cost; nothing was sent.
struct Plan {
  std::string name;
  std::uint64_t sources = 0, duplicates = 0, refused = 0;
  std::uint64_t products = 0, requests = 0, chunk_size = 0;
  std::uint64_t bytes_received = 0, bytes_stored = 0,
                bytes_free = 0;  // estimates, and the output file system's free space
  double hours_least = 0, hours_most = 0;
  double sources_per_s_slow = 0, sources_per_s_fast = 0;
  std::string kind{};                                   // products, rows, query
  bool counted_by_archive = false;                      // sources, or rows, are what COUNT(*) said
  std::uint64_t rows = 0;                               // kind query, where they were counted
  std::string window{};                                 // as in the manifest; empty: any time
  std::uint64_t openings_least = 0, openings_most = 0;  // of the window, for those hours; 0: not known
  bool confirms_absent = false;  // what comes back empty is asked for once more, which `requests` does not count
};

}  // namespace garner::harvest
