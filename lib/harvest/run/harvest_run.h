// One harvest while the daemon knows it: which chunks are done, which may be started, what waits and why. State and
// rules only; who acts on them is the Engine, what happens to one chunk is chunk_life. Memory: one bit a chunk and
// retrieval_type, plus what is in hand. Threads: the loop's only, except HarvestFiles, which workers share.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "base/executor.h"
#include "harvest/run/gate.h"
#include "harvest/run/status.h"
#include "ledger/ledger.h"
#include "manifest/manifest.h"
#include "output/layout.h"
#include "policy/own_trouble.h"
#include "policy/pacer.h"
#include "policy/quiet_watch.h"
#include "policy/rate_meter.h"
#include "policy/schedule.h"
#include "policy/second_look.h"

namespace garner::harvest {

// Nothing more happens to it by itself.
inline bool at_rest(ledger::HarvestState state) {
  return state == ledger::HarvestState::Finished || state == ledger::HarvestState::Cancelled;
}

// What of a harvest never changes, for workers and for threads that list and read.
struct HarvestFiles {
  ledger::HarvestNo no = 0;
  std::string name;
  std::vector<std::string> types;
  std::uint32_t blocks = 0, chunk_size = 0;
  manifest::Manifest manifest;
  output::OutputSpec spec;
  std::unique_ptr<output::Layout> layout;
};

struct ChunkClaim {
  std::uint16_t type = 0;
  std::uint32_t block = 0;
  bool second_look = false;  // for what came back empty of it
  auto operator<=>(const ChunkClaim&) const = default;
};

class TileMerge;

// How a chunk's turn ended.
struct ChunkEnd {
  enum class How {
    Settled,     // what came is in the ledger; `done` tells whether anything is still pending
    Retry,       // try again after `wait`
    BlockChunk,  // only an operator's retry goes on
    BlockType,
    HoldHarvest,  // our own disk or ledger: nothing more is asked until that is well
    Stopped,      // by us, nothing happened
  };
  How how = How::Stopped;
  bool done = false;
  Duration wait{};
  std::string reason;
  ledger::CounterDelta delta{};  // what the ledger added to the counters
  std::uint64_t sources_settled = 0;
  bool only_empties = false;  // nothing is pending but what came back empty
};

// Of a harvest that asks by TAP, per table: what was found out about the archive's limits. Only saves requests; a
// restart finds it out again.
struct TapHints {
  std::uint64_t width = 0;  // ids a request that answers could hold; 0: no bound was met
  bool by_job = false;
};

class HarvestRun {
 public:
  // states, counters: per type.
  HarvestRun(ledger::HarvestRecord record, std::shared_ptr<HarvestFiles> files, std::vector<ledger::BlockStates> states,
             std::vector<ledger::Counters> counters);

  const ledger::HarvestRecord& record() const { return record_; }
  const std::shared_ptr<HarvestFiles>& files() const { return files_; }

  // The next chunk that may be started now, which then is in hand until end(). Retrieval types in the manifest's order,
  // blocks in sky order, chunks whose wait is over first.
  std::optional<ChunkClaim> claim(SteadyTime now);
  void end(ChunkClaim claim, const ChunkEnd& end, SteadyTime now);
  // The same for second looks. Those of a type come before the next type's chunks.
  std::optional<policy::LookClaim> claim_look(SteadyTime now);
  void end_look(policy::LookClaim claim, const policy::LookEnd& end, SteadyTime now);
  // As what it is told to be in flight.
  static ChunkClaim shown_as(const policy::LookClaim& claim) { return {claim.type, claim.blocks.front(), true}; }
  // The chunk's request left, or its reply is in.
  void asking(ChunkClaim claim, SteadyTime now) {
    unasked_.erase(claim);
    asking_.emplace(claim, now);
  }
  void answered(ChunkClaim claim) { asking_.erase(claim); }
  // The first of all its requests; later ones change nothing.
  void note_start(WallTime now) {
    if (record_.started_s == 0) record_.started_s = std::chrono::system_clock::to_time_t(now);
  }

  bool may_start() const {
    return record_.state == ledger::HarvestState::Active && broken_.empty() && !being_reopened &&
           !life_stop.stop_requested();
  }
  bool in_hand() const { return in_hand_ > 0; }
  // Chunks are claimed whose requests have not left yet.
  bool has_unasked() const { return !unasked_.empty(); }

  // Window and deadline (harvest_hours.cc). keep_hours() looks at the wall clock; what waits for a place as the window
  // closes comes again when it opens, and what is under way when its time is over is stopped. The others tell what it
  // found.
  void set_schedule(policy::Schedule schedule);
  void keep_hours(WallTime now);
  bool closed() const { return !standing_.open; }
  // What the last looks found that was new, for the journal.
  std::vector<std::string> take_hours_news() { return std::exchange(hours_news_, {}); }
  bool past_deadline() const { return standing_.past_deadline; }
  // Goes on in spite of its deadline.
  void lift_deadline(WallTime now);
  // How long until the wall clock is to be looked at again: it may jump, so never for long. Nothing: it does not
  // matter.
  std::optional<Duration> next_look(WallTime now) const;
  // It ends with a question to the archive (COUNT(*) over the whole).
  bool ends_with_question() const;
  // The manifest's own rate caps.
  policy::Pacer pacer;
  // Something else that is done for it, beside chunks; each ends with let_go().
  void take_in_hand() { ++in_hand_; }
  void let_go() { --in_hand_; }
  bool holds_products() const;
  // Nothing pending at all; or nothing that could be started without an operator.
  bool complete() const;
  bool only_blocked() const;
  // Products that the ledger's counters call pending: none, where complete() tells the truth.
  std::uint64_t pending() const;
  // Nothing more happens by itself, and SHA256SUMS, the catalogue or the state lag behind.
  bool wants_settling(SteadyTime now) const;
  // There is something to do, nobody does it, and nothing waits for a time: must never last.
  bool forgotten(SteadyTime now) const;
  // When the next waiting chunk is due, or the hold ends.
  std::optional<SteadyTime> next_due(SteadyTime now) const;

  void set_state(ledger::HarvestState state, std::string reason);
  void set_finished(std::int64_t unix_s) { record_.finished_s = unix_s; }
  void set_spelling(std::string spelling) { record_.data_structure = std::move(spelling); }
  // The harvest can't run as things are (its archive profile is gone, its directory vanished): says why. Empty: it can
  // again.
  void set_broken(std::string reason) { broken_ = std::move(reason); }
  bool broken() const { return !broken_.empty(); }
  void hold(SteadyTime until, std::string reason);
  bool held(SteadyTime now) const { return held_until_ && *held_until_ > now; }
  void let_loose() { held_until_.reset(); }  // the hold is over
  // Our own disk or ledger took no writes: nothing is asked until they have been tried, by try_own_disk() of the
  // engine.
  void own_fault(SteadyTime now, std::string reason) { hold(own_trouble_.fault(now), std::move(reason)); }
  bool wants_trial(SteadyTime now) const { return own_trouble_.wants_trial(now); }
  void begin_trial() {
    own_trouble_.trial_begins();
    take_in_hand();
  }
  void end_trial(SteadyTime now, const Result<void>& tried);
  void set_try_again(Duration first) { own_trouble_.set_first(first); }
  // It need not wait for the trial.
  void hurry_trial();
  // May something be claimed, as far as our own disk is concerned?
  bool can_keep_more() const { return own_trouble_.may_claim(in_hand_); }
  // Nothing is started while the disks have no room for it: says why. Empty: they have.
  void set_no_room(std::string reason) { no_room_ = std::move(reason); }
  bool has_room() const { return no_room_.empty(); }
  // Forgets what was blocked, waiting or held, and takes what is done from the given bits: `garner retry`. Nothing may
  // be in hand.
  void reopen(std::vector<ledger::BlockStates> states, std::vector<ledger::Counters> counters);

  // What is asked for is wrong, or not ours to ask, in the archive's words: nothing more of the type is asked, also not
  // by those who wait for a place.
  void block_type(std::size_t type, const std::string& reason);
  bool type_blocked(std::size_t type) const { return !types_[type].type_blocked.empty(); }
  // True once for each such block.
  bool is_news(std::size_t blocked_type) { return !std::exchange(types_[blocked_type].block_told, true); }
  // Pending products of a retrieval_type that is blocked as a whole; else 0.
  std::uint64_t blocked_with_its_type(std::size_t type) const;
  // What its archive's queue says meanwhile.
  struct AtArchive {
    std::string rest;   // why nobody is asked; empty: they are
    std::string cap;    // the rate cap that holds the next request back; empty: none
    RateLimits limits;  // for all of the archive's harvests
  };
  HarvestStatus status(SteadyTime now, WallTime wall_now, const AtArchive& archive);

  // Bytes on disk that no chunk's end tells: of merged tables.
  void add_stored(std::size_t type, std::int64_t bytes) {
    types_[type].counters.bytes_stored += static_cast<std::uint64_t>(bytes);
  }

  // Counts up whenever something of it was settled, or an operator or its end changed its state.
  std::uint64_t moves() const { return moves_; }
  policy::QuietWatch quiet_watch;

  TapHints& tap_hints(std::size_t type) { return types_[type].tap; }
  // Good answers of the archive when a chunk's answers began to be bad; forgotten when it is done.
  std::map<ChunkClaim, std::uint64_t> suspected_since;
  // The archive takes no uploaded ids of ours.
  bool uploads_refused = false;

  // Some of its chunks are asked for by jobs, and none is claimed while the archive has as many of ours as it may.
  bool asks_by_job = false;

  // The archive is being asked for its sources (HarvestRecord::wants_sources).
  bool asking_for_sources = false;
  // Questions that are no chunk's (for sources, for the count of the whole) and were not answered: in a row, and those
  // of them that count as attempts.
  std::uint32_t question_failures = 0, question_attempts = 0;
  void set_source_job(std::string job, std::uint64_t first, std::uint64_t last) {
    record_.source_job = std::move(job);
    record_.source_job_first = first;
    record_.source_job_last = last;
  }
  void set_identity(std::string identity) { record_.identity = std::move(identity); }

  // Known to be taken, or the other one was tried: no answer is put down to DATA_STRUCTURE's spelling any more. One
  // chunk at a time tries.
  bool spelling_settled = false;
  Gate spelling_trial;
  // Sums and catalogue lag behind the ledger.
  bool indexes_stale = false;
  bool indexing = false;
  // Why they, as written last, don't list all that the ledger calls delivered: only an operator mends that, so nothing
  // is tried again before one asks for it. Empty: they do.
  std::string indexes_lack;
  // Layout `table`: who merges its tiles, once somebody has to. A new one looks at everything anew.
  std::shared_ptr<TileMerge> tiles;
  // A retry is at work on the chunks' records.
  bool being_reopened = false;
  // What is done is not known any more: only a retry reads it anew.
  bool account_lost = false;
  // Looks again at a directory that was not as it should be.
  std::unique_ptr<Executor::Timer> mend_again;
  // Operators' verbs, and writes of the record, one after the other.
  Gate verbs, saves;
  // Receipts are made and written one after the other: the last one stays. None is while chunks are put back, or the
  // harvest is removed.
  Gate receipts;

  // Stops waiting for a turn (pause), everything that is asked or merged (cancel, shutdown), and writing the indexes
  // (removal, shutdown), which then is nobody's to do again.
  std::stop_source turn_stop, life_stop, index_stop;
  // After a stop that is over; what has not been stopped keeps its source, which those who wait hold.
  void renew_stops() {
    if (turn_stop.stop_requested()) turn_stop = std::stop_source{};
    if (life_stop.stop_requested()) life_stop = std::stop_source{};
  }
  // Whoever waits for a place gives up and comes again.
  void recall_waiting() {
    turn_stop.request_stop();
    turn_stop = std::stop_source{};
  }

 private:
  struct TypeRun {
    std::vector<bool> done, started;  // started: in hand, waiting or blocked, or holds only empties
    std::uint32_t next = 0;           // every block below is done or started
    std::uint64_t blocks_done = 0;
    std::uint64_t blocked = 0;  // chunks; of a million blocked ones the ledger keeps the reasons
    std::uint32_t first_blocked = 0;
    std::string first_blocked_reason;
    std::string type_blocked;
    bool block_told = false;
    ledger::Counters counters;
    TapHints tap;
    policy::SecondLook look;
  };
  struct Waiting {
    ChunkClaim claim;
    std::string reason;
  };
  void end_alone(ChunkClaim claim, const ChunkEnd& end);
  static void count(TypeRun& type, const ledger::CounterDelta& delta);
  void note_trouble(const std::string& what);
  void set_done(TypeRun& type, std::uint32_t block);
  void put_back(TypeRun& type, std::uint32_t block);
  void block_chunk(TypeRun& type, std::uint32_t block, const std::string& reason);
  std::string why_not_moving(SteadyTime now, const std::string& archive_rest) const;
  std::string why_blocked() const;
  std::string state_word(SteadyTime now, const std::string& archive_rest) const;
  void tell_hours(HarvestStatus& out, WallTime now);
  // Seconds that the rate caps leave it at best; 0: no cap.
  double capped_s(const HarvestStatus& out, const RateLimits& archives) const;
  void tell_eta(HarvestStatus& out, SteadyTime now, WallTime wall_now, double least_s);

  ledger::HarvestRecord record_;
  std::shared_ptr<HarvestFiles> files_;
  std::vector<TypeRun> types_;
  std::multimap<SteadyTime, Waiting> waiting_;
  std::map<ChunkClaim, SteadyTime> asking_;
  std::set<ChunkClaim> unasked_;
  std::uint32_t in_hand_ = 0;
  std::uint64_t moves_ = 0;
  std::optional<SteadyTime> held_until_;
  policy::OwnTrouble own_trouble_;
  std::string held_reason_, broken_, no_room_, last_trouble_;
  std::int64_t last_trouble_s_ = 0;
  policy::RateMeter rate_;
  double last_pace_ = 0;  // sources/s when something was settled last
  policy::Schedule schedule_;
  policy::Schedule::Standing standing_;
  bool drained_ = false;  // closed, and what was under way has been stopped
  std::string why_closed_;
  std::vector<std::string> hours_news_;  // the last few
  void hours_news(std::string text);
};

}  // namespace garner::harvest
