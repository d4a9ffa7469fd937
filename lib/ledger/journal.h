// What happened to a harvest, beside what became of its sources: failed attempts and events, the last so many of each,
// and every reason for trouble, counted. All of it is bounded, whatever a harvest meets: kAttemptsMost, kEventsMost,
// kReasonsMost. docs/ledger-format.md has the byte tables. Values and their bytes; no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/source_id.h"

namespace garner::ledger {

// Whom trouble is put down to.
enum class Against : std::uint8_t {
  Chunk,      // an attempt of its limited number, or too much asked at once
  Archive,    // it has too much to do, or is away; costs the chunk nothing
  Request,    // what is asked for is wrong, or not ours to ask
  Ourselves,  // our disk, our ledger
};
std::string_view against_name(Against against);

// How the archive was asked.
enum class Route : std::uint8_t { Products, Sync, Job };
std::string_view route_name(Route route);

// What was asked for in a request, or was to be.
struct Attempt {
  std::uint16_t type = 0;
  std::uint32_t block = 0;
  std::uint32_t ids = 0;
  SourceId first{}, last{};  // of those ids
  Route route = Route::Products;
  bool operator==(const Attempt&) const = default;
};

struct Trouble {
  std::string kind;  // kind_name()
  Against against = Against::Chunk;
  std::string reason;  // the text of the entry without what differs from case to case: what is counted together
  bool operator==(const Trouble&) const = default;
};

struct JournalEntry {
  std::uint64_t order = 0;  // given by the ledger, rising
  std::int64_t at_s = 0;    // Unix time
  std::string text;         // what happened, in the archive's own words where it is the archive's
  std::string next;         // what follows from it, if anything is to be said
  std::optional<Attempt> attempt;
  std::optional<Trouble> trouble;
  bool operator==(const JournalEntry&) const = default;
};

// A row of the histogram.
struct Reason {
  std::string kind, reason;
  Against against = Against::Chunk;
  std::uint64_t count = 0;
  std::int64_t first_s = 0, last_s = 0;
  // An example: the first one's words, and what was asked for; no attempt where it was no chunk's. Once a single id was
  // asked for, that is the example: it names who is to blame.
  std::string text;
  std::optional<Attempt> attempt;
  bool operator==(const Reason&) const = default;
};

// What of a journal is to be read. With a block: its chunk's attempts only, of a type or all.
struct JournalWanted {
  std::optional<std::uint32_t> block;
  std::optional<std::uint16_t> type;
  std::uint64_t after = 0;  // entries behind this one (JournalEntry::order)
  std::size_t most = 50;    // the last so many
};
bool fits(const JournalEntry& entry, const JournalWanted& wanted);

// A harvest's journal as its writer knows it. It does not hold the entries: add() says which rows they become.
class Journal {
 public:
  static constexpr std::uint64_t kAttemptsMost = 10'000, kEventsMost = 2'000;
  static constexpr std::size_t kReasonsMost = 64;  // and one more, for all others together

  enum class Part : std::uint8_t { Attempts = 'a', Events = 'e', Reasons = 'r' };
  struct Change {
    Part part = Part::Events;
    std::uint64_t row = 0;
    std::optional<std::string> bytes;  // none: the row goes
  };

  // Gives the entry its order and counts its trouble.
  std::vector<Change> add(JournalEntry entry);
  const std::vector<Reason>& reasons() const { return reasons_; }

  // From a ledger that is opened: the last row of the attempts and of the events, and every reason. Corrupt.
  Result<void> take_up(Part part, std::uint64_t row, std::string_view bytes);

 private:
  Change count(const JournalEntry& entry, const Trouble& trouble);

  std::uint64_t next_order_ = 1, next_attempt_ = 0, next_event_ = 0;
  std::vector<Reason> reasons_;  // by row
};

std::string encode(const JournalEntry& entry);
Result<JournalEntry> decode_entry(std::string_view bytes);  // Corrupt
std::string encode(const Reason& reason);
Result<Reason> decode_reason(std::string_view bytes);  // Corrupt

}  // namespace garner::ledger
