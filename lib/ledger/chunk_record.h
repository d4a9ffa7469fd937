// What the ledger knows of one chunk, and its bytes. docs/ledger-format.md has the byte table.
// Values; no I/O.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/source_id.h"

namespace garner::ledger {

enum class Outcome : std::uint8_t { Pending = 0, Delivered = 1, Absent = 2, Failed = 3 };
std::string_view outcome_name(Outcome outcome);

using Sha256 = std::array<std::uint8_t, 32>;

// One publication of (some of) a chunk's products: a pack file, or for layout `files` the chunk's checksum list.
struct Pack {
  std::uint32_t generation =
      0;  // 0 for the first; a chunk asked again for what was missing gets the next. Its file names follow from it.
  Sha256 hash{};            // of the pack file; layout `files`: of the chunk's checksum list
  std::uint64_t bytes = 0;  // stored, all files together
  std::uint32_t products = 0;
  bool operator==(const Pack&) const = default;
};

// What a chunk that is not asked for as a whole remembers between its requests.
struct QueryProgress {
  std::string job;             // URL of the remote job under way, written before it is told to run; empty: none
  std::uint64_t width = 0;     // so many ids (kind query: partition values) a request at most; 0: all
  std::uint64_t suspects = 0;  // kind products: so many of the pending ids, from the first on, spoil an answer together
  std::uint64_t done = 0;      // kind query: partition values of the part, from its first on, whose rows are in
  std::uint64_t rows = 0;      // delivered so far
  bool by_job = false;         // sync answers are too small or too slow for it
  bool operator==(const QueryProgress&) const = default;
};

struct ChunkRecord {
  std::uint32_t attempts = 0;     // that counted: Suspect, Malformed, Corrupt answers
  std::uint32_t requests = 0;     // sent in all
  bool blocked = false;           // hopeless for now: waits for `garner retry`
  std::string last_error;         // the last failure in the archive's own words; empty when the last attempt was good
  std::vector<Outcome> outcomes;  // by the id's place in its block; empty means all Pending
  std::map<std::uint32_t, std::string> failures;  // place -> reason, for Failed ones
  std::vector<Pack> packs;
  std::vector<std::uint32_t>
      pack_of;  // by place: index into packs, for Delivered ones; empty when there is at most one pack
  QueryProgress query;
  bool sifted = false;                  // the archive was asked which of its sources can have the product at all
  std::vector<std::uint32_t> hopeless;  // places that were found Absent by that alone, rising
  // Places, rising, that are Pending although a good answer held nothing for them: they are asked once more in other
  // company (the second look) before they are Absent.
  std::vector<std::uint32_t> empties;
  // Places for which a second look found what an earlier answer had left out -> how often they came back empty since.
  // Stays when they are delivered: the counters count them.
  std::map<std::uint32_t, std::uint32_t> found_again;
  bool sampled = false;  // some were found Absent because a second look at a sample of their type found nothing
  bool operator==(const ChunkRecord&) const = default;

  bool done(std::uint32_t ids) const;          // nothing pending among `ids` ids
  bool only_empties(std::uint32_t ids) const;  // something pending, and all of it came back empty
  std::uint32_t count(Outcome outcome, std::uint32_t ids) const;
};

// What a transition adds to the counters of its retrieval_type; negative where something goes back to pending.
struct CounterDelta {
  std::int64_t delivered = 0, absent = 0, failed = 0, bytes_received = 0, bytes_stored = 0, chunks_done = 0,
               attempts = 0, empty = 0, found_again = 0;
  CounterDelta& operator+=(const CounterDelta& other);
};
// after - before, for a chunk of `ids` ids; bytes_received is the caller's.
CounterDelta delta_between(const ChunkRecord& before, const ChunkRecord& after, std::uint32_t ids);

// Compact: a chunk of 500 delivered ids with one pack takes some 50 bytes.
std::string encode(const ChunkRecord& record);
Result<ChunkRecord> decode_chunk(std::string_view bytes);  // Corrupt

// A block's ids, strictly rising, near their entropy: about 3.1 bytes an id for a sky sample (pixel gaps Rice-coded,
// running numbers by their width).
std::string encode_ids(std::span<const SourceId> rising_ids);
Result<std::vector<SourceId>> decode_ids(std::string_view bytes);  // Corrupt

}  // namespace garner::ledger
