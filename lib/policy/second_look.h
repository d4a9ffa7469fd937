// Absent is confirmed. What a good answer held nothing for is "empty so far": it stays pending, and once nothing else
// of its retrieval_type is left to be asked it is asked again, in other company: the empty ones of several chunks
// together. That second look is evidence only. What is empty again is absent; what comes is asked for anew in its own
// chunk. Where more came back empty than came, a sample is asked first, and the rest only if the sample finds
// something. Decisions and state only: no clock, no I/O. Memory: a bit a chunk, and what is in hand. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "ledger/chunk_record.h"

namespace garner::policy {

// A good answer held nothing for what lies at `place`. confirm: it is to be asked again; otherwise, or where this was
// the second time, it is absent. An archive that gave it in between contradicts itself: after so many empty answers
// more it is failed.
struct EmptyAnswer {
  bool confirm = true, second_time = false;
  std::uint32_t contradictions_most = 6;
};
void came_back_empty(ledger::ChunkRecord& record, std::uint32_t place, const EmptyAnswer& answer);
// A second look found it: it is as if it had never been asked for, but remembered.
void came_after_all(ledger::ChunkRecord& record, std::uint32_t place);
// On the evidence of a sample, all that is empty so far is absent; but not what has been seen to be there.
void rest_is_absent(ledger::ChunkRecord& record);
// The marks of what is not pending any more go.
void drop_stale_marks(ledger::ChunkRecord& record);

// How many of each block's empties go into one request of `most` at most. The blocks in their order, and whole, but for
// those that would be more than half of the request: it is to be other company. `evenly`: of all blocks about the same.
std::vector<std::size_t> shares(std::span<const std::size_t> empties, std::size_t most, bool evenly);
// `take` of the places of a block, evenly spread, beginning anywhere: another block's are others.
std::vector<std::uint32_t> spread(std::span<const std::uint32_t> places, std::size_t take, std::uint32_t block);

// More than half of what was asked came back empty.
bool mostly_empty(std::uint64_t empty, std::uint64_t came);
// One in a hundred, but a request's worth at least, or all.
std::uint64_t sample_size(std::uint64_t empty, std::uint32_t chunk_size);

// Blocks of a retrieval_type whose empties are dealt with together.
struct LookClaim {
  enum class What {
    Ask,
    Sample,
    Write,  // absent, on the sample's evidence
  };
  std::uint16_t type = 0;
  What what = What::Ask;
  std::vector<std::uint32_t> blocks;
  std::uint32_t attempts = 0;  // bad answers to it so far
};

struct LookEnd {
  enum class How {
    Settled,
    Retry,  // after `wait`
    Split,  // its answers are bad, or too large: in smaller groups, and what is left over alone
    BlockType,
    HoldHarvest,  // our own disk or ledger
    Stopped,      // by us
  };
  enum class Block { OnlyEmpties, Open, Done };
  How how = How::Stopped;
  bool counted = false;  // a bad answer
  Duration wait{};
  std::string reason;
  ledger::CounterDelta delta{};  // what the ledger added to the counters
  std::uint64_t asked = 0, found = 0, settled = 0;
  std::map<std::uint32_t, Block> blocks;  // those that were written, and how they stand
};

// The second look of one retrieval_type: which blocks hold only empties, and what is done about them next.
class SecondLook {
 public:
  SecondLook() = default;
  explicit SecondLook(std::vector<bool> only_empties);

  // The block holds only empties from now on, and is not in hand; or it does not any more.
  void enter(std::uint32_t block);
  void leave(std::uint32_t block);
  // Blocks that hold only empties, those in hand too.
  std::uint64_t blocks() const { return count_; }

  struct Facts {
    bool first_asking_over = false;       // nothing else of the type can be asked for
    std::uint64_t empty = 0, absent = 0;  // absent: of those that were asked for
    std::uint64_t came = 0;
    std::uint32_t chunk_size = 0;
  };
  // What may be done now; in hand until end().
  std::optional<LookClaim> claim(const Facts& facts, SteadyTime now);
  void end(LookClaim claim, const LookEnd& end, SteadyTime now);
  // A block that could not be asked with others: its empties are asked for as any chunk's, so that what spoils its
  // answers is found. In hand until end_alone(), or leave().
  std::optional<std::uint32_t> claim_alone();
  // again: some of it are left.
  void end_alone(std::uint32_t block, std::uint64_t asked, std::uint64_t came, bool again);

  // When the next group that waits is due, and why it waits.
  std::optional<SteadyTime> next_due() const;
  std::string why_waiting() const;

 private:
  enum class Mode { NotBegun, Sampling, All, Rest };
  struct Waiting {
    LookClaim claim;
    std::string reason;
  };
  void begin(const Facts& facts);
  bool is_free(std::uint32_t block) const;
  std::optional<std::uint32_t> free_from(std::uint64_t block) const;
  LookClaim take(LookClaim::What what, std::vector<std::uint32_t> blocks);
  std::optional<LookClaim> next_sample();
  std::optional<LookClaim> next_run(LookClaim::What what, std::size_t most);
  void give_back(const LookClaim& claim);
  void wait(LookClaim claim, SteadyTime until, std::string reason);
  void split(LookClaim claim, SteadyTime now, const std::string& reason);
  void drop_what_is_over(LookClaim& claim, const LookEnd& end);
  bool groups_are_over() const;
  bool sample_goes_on();

  std::vector<bool> only_empties_;
  std::uint64_t count_ = 0;
  std::uint32_t next_ = 0;         // below it no block holds only empties
  std::set<std::uint32_t> taken_;  // in a group in hand or waiting, or alone
  std::set<std::uint32_t> alone_;  // of them: await to be asked alone
  std::uint64_t alone_in_hand_ = 0;
  std::multimap<SteadyTime, Waiting> waiting_;
  Mode mode_ = Mode::NotBegun;
  // While a sample is asked.
  std::uint64_t groups_ = 0, groups_begun_ = 0, groups_out_ = 0;
  std::uint64_t sample_ = 0, sample_asked_ = 0, sample_found_ = 0, asked_before_ = 0;
};

}  // namespace garner::policy
