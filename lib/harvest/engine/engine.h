// The engine: several harvests at once, fair between them, each chunk a chunk_life, each archive asked by one queue.
// Knows only interfaces, so that a night passes in virtual time. Threads: the loop's only, except that everything given
// in World must allow workers to use it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "harvest/account/receipt.h"
#include "harvest/account/repair.h"
#include "harvest/chunk/chunk_life.h"
#include "harvest/intake/source_query.h"
#include "harvest/run/harvest_run.h"
#include "policy/disk_watch.h"

namespace garner::harvest {

// How the engine reaches the world; the daemon's wiring and the tests fill it in. Everything outlives the engine.
struct World {
  Executor& executor;
  Workers& workers;
  ledger::Ledger& ledger;
  std::shared_ptr<http::MemoryBudget> budget;
  // The archive of that profile name; asked once for each name, again after a reload.
  std::function<Result<std::unique_ptr<archive::Archive>>(const std::string& name)> open_archive;
  std::function<std::unique_ptr<output::Layout>(const output::OutputSpec&)> make_layout;
  std::function<Result<void>(const output::OutputSpec&, std::string_view manifest, std::string_view credit,
                             bool holds_products)>
      prepare_output;
  std::function<Result<output::LeftOut>(const output::OutputSpec&, output::Layout&, const output::EachPack&)>
      write_indexes;
  std::function<Result<output::LeftOut>(const output::OutputSpec&, const output::EachTile&)> write_tile_indexes;
  std::function<std::unique_ptr<TileMerge>(ledger::Ledger&, std::shared_ptr<const HarvestFiles>,
                                           std::atomic<std::uint64_t>& steps)>
      make_tile_merge;
  std::function<Result<std::optional<output::SumsFacts>>(const output::OutputSpec&)> sums_facts;
  std::function<Result<void>(const output::OutputSpec&, std::string_view json, std::string_view markdown)>
      write_receipt;
  std::string software;  // name and version, as receipts say it
  decltype(ChunkWorld::read_reply) read_reply;
  decltype(ChunkWorld::read_table) read_table;
  std::filesystem::path spill_directory;  // for ids on their way in
  std::function<std::optional<std::uint32_t>(const std::string& group)> find_group;
  std::uint64_t seed = 0;
  // The operator's ceiling over the profiles' in_flight_most, by archive name; 0: as the profile says.
  std::map<std::string, std::uint32_t> in_flight_most;
  // The operator's rate caps, by archive name; what is not set there is as the profile says.
  std::map<std::string, RateLimits> rate_limits{};
  // What a directory's file system has left; without it nobody looks.
  std::function<Result<output::DiskSpace>(const std::filesystem::path& directory)> disk_space = {};
  policy::Watermarks watermarks = {};
  // Whether an output directory takes writes; without it nobody tries.
  std::function<Result<void>(const output::OutputSpec&)> try_output = {};
};

class Engine {
 public:
  explicit Engine(World world);
  // stop() must have ended.
  ~Engine();

  // Takes up every harvest of the ledger that is not finished or cancelled, and knows the others.
  Task<Result<void>> start();
  // Takes up one harvest that has just been committed to the ledger.
  Task<Result<void>> add(ledger::HarvestRecord record);
  // Starts nothing more, lets what is in flight settle, until `deadline`; then stops it.
  Task<void> stop(SteadyTime deadline);

  std::vector<HarvestStatus> list();
  Result<HarvestStatus> status(const std::string& name);
  // Null if there is none.
  std::shared_ptr<HarvestRun> find(const std::string& name);

  // Verbs. Conflict where the state does not allow it. They return when the ledger has it.
  Task<Result<HarvestStatus>> pause(std::string name, std::string by);
  Task<Result<HarvestStatus>> resume(std::string name, std::string by = {});
  Task<Result<HarvestStatus>> cancel(std::string name, std::string by);
  // Stops it and forgets it, in the ledger too. Returns what it was.
  Task<Result<std::shared_ptr<HarvestFiles>>> remove(std::string name);
  Task<Result<std::uint64_t>> retry(std::string name, ledger::Outcome outcome, std::string by = {});

  // Puts what is damaged or missing in these chunks and tiles back to pending, so that it is fetched again; returns how
  // many products.
  Task<Result<std::uint64_t>> repair(std::string name, Suspects suspects, std::string by);
  // The account in one page; `keep`: written beside the data, too, unless that is just being done at its end.
  Task<Result<ReceiptTexts>> receipt(std::string name, bool keep);

  // One question to an archive about a harvest that is not there yet. RateLimited where its turn does not come before
  // `give_up`: its breaker is open, or it is busy with others.
  Task<Result<http::Body>> inquire(std::string archive_name, archive::TapQuestion question, SteadyTime give_up);

  // For the watchdog and the status line.
  struct Activity {
    std::uint32_t in_flight = 0;
    std::uint64_t steps = 0;  // chunks ended, packs indexed, chunks reopened: progress within long jobs too
    bool forgotten = false;   // something could be done, and nobody does it: a fault of ours
    double sources_per_s = 0, bytes_per_s = 0;
    std::size_t active = 0;
  };
  Activity activity();

  // Harvests that stand still for longer than their back-off say why in the log and in their journal, once
  // (quiet_watch.h). To be called every now and then.
  void explain_stillness();

  // Profiles may have changed. What is asked from now on is asked by the new ones; what is under way ends by those that
  // it began with.
  void reload(std::map<std::string, std::uint32_t> in_flight_most, std::map<std::string, RateLimits> rate_limits = {});
  void set_watermarks(const policy::Watermarks& marks);
  // For ids on their way in; by the watermarks as they are now. What it returns is for any thread.
  SpillRoom room_to_spill() const;

 private:
  struct ArchiveSeat {
    std::shared_ptr<archive::Archive> archive;  // kept by whoever asks it: after a reload another one stands here
    std::unique_ptr<ArchiveQueue> queue;
    std::array<std::uint32_t, 3> in_phase{};  // chunks and other questions in hand
    std::uint32_t& in(ChunkPhase phase) { return in_phase[static_cast<std::size_t>(phase)]; }
    bool at_rest() const {
      return std::ranges::all_of(in_phase, [](std::uint32_t count) { return count == 0; });
    }
    std::size_t turn = 0;  // whose turn it is among the harvests
    std::unique_ptr<Executor::Timer> due;
    policy::Pacer pacer;
    // The ledger is behind what the queue knows of its rest; somebody writes it.
    bool rest_stale = false, keeping_rest = false;
    std::optional<SteadyTime> turn_told;  // that its breaker opened, to the harvests' journals
    bool close_to_tell = false;
  };

  Task<Result<std::shared_ptr<HarvestRun>>> take_up(ledger::HarvestRecord record);
  Result<ArchiveSeat*> seat(const std::string& archive_name);
  void set_manners(const std::string& archive_name, ArchiveSeat& seat);
  std::shared_ptr<archive::Archive> shared(std::unique_ptr<archive::Archive> archive);
  Task<void> leave(std::unique_ptr<archive::Archive> archive);
  std::function<Result<void>()> preparation(std::shared_ptr<HarvestRun> run);
  Task<void> mend(std::shared_ptr<HarvestRun> run);
  Task<void> mend_after_reload(std::shared_ptr<HarvestRun> run);
  void directory_is_bad(const std::shared_ptr<HarvestRun>& run, const std::string& trouble);
  ArchiveSeat* seat_of(const HarvestRun& run);
  std::string rest_of(const HarvestRun& run);
  // rest.cc
  void listen_to(const std::string& archive_name, ArchiveSeat& seat);
  Task<void> keep_rest(std::string archive_name);
  void tell_all_of(const std::string& archive_name, const std::string& text);
  // hours.cc
  bool may_claim(const std::string& archive_name, const ArchiveSeat& seat) const;
  bool may_ask(const std::string& archive_name, ArchiveSeat& seat, HarvestRun& run, ChunkWorld::Pace pace);
  void received(ArchiveSeat& seat, HarvestRun* run, std::uint64_t bytes);
  RateLimits limits_of(const std::string& archive_name, const archive::Profile& profile) const;
  std::string cap_on(const HarvestRun& run);
  void pump();
  void pump(const std::string& archive_name, ArchiveSeat& seat);
  void arm(const std::string& archive_name, ArchiveSeat& seat, SteadyTime now);
  using JobSlot = std::optional<ArchiveQueue::JobSlot>;
  ArchiveTurn turn_in(const std::string& archive_name, ArchiveSeat& seat, JobSlot slot);
  Task<void> run_chunk(std::string archive_name, std::shared_ptr<HarvestRun> run, ChunkClaim claim, JobSlot slot);
  // settling.cc
  Task<void> settle_down(std::shared_ptr<HarvestRun> run);
  Task<bool> bring_indexes_up_to_date(std::shared_ptr<HarvestRun> run);
  Task<bool> account_holds(std::shared_ptr<HarvestRun> run);
  Task<bool> record_finished(std::shared_ptr<HarvestRun> run);
  // second_look.cc
  Task<void> run_look(std::string archive_name, std::shared_ptr<HarvestRun> run, policy::LookClaim claim, JobSlot slot);
  // disk.cc
  struct Disk {
    bool looking = false;
    std::optional<SteadyTime> looked;
    std::uint64_t stored_since = 0;  // bytes
    std::string trouble;             // why nothing is started
    std::unique_ptr<Executor::Timer> again;
  };
  bool has_room(const std::shared_ptr<HarvestRun>& run);
  void note_stored(const HarvestRun& run, std::int64_t bytes);
  Task<void> look_at_disk(std::string directory, policy::DiskUse use);
  void set_disk_trouble(const std::string& directory, std::string trouble);
  Task<void> try_own_disk(std::shared_ptr<HarvestRun> run);
  bool writes_to(const HarvestRun& run, const std::string& directory) const;
  // tap.cc
  Task<void> find_sources(std::string archive_name, std::shared_ptr<HarvestRun> run, JobSlot slot);
  Task<Result<void>> ask_for_sources(std::string archive_name, std::shared_ptr<HarvestRun> run,
                                     std::shared_ptr<FoundSources> found);
  Task<Result<void>> take_sources(std::shared_ptr<HarvestRun> run, std::shared_ptr<FoundSources> found);
  void question_failed(HarvestRun& run, std::string_view what, const Error& error);
  Task<bool> forget_job(std::string archive_name, std::string job, std::stop_token stop);
  const archive::Profile& archive_profile(const std::string& archive_name);
  bool waits_for_job(const HarvestRun& run);
  Task<bool> reconcile(std::shared_ptr<HarvestRun> run);
  Task<Result<std::uint64_t>> count_whole(std::shared_ptr<HarvestRun> run);
  Task<bool> leave_question(std::shared_ptr<HarvestRun> run);
  Task<archive::TapReply> ask_in_turn(std::string archive_name, std::shared_ptr<HarvestRun> run,
                                      archive::TapQuestion question, std::stop_token turn, std::stop_token life);
  Task<void> note_identity(std::shared_ptr<HarvestRun> run, std::string identity);
  // jobs.cc
  Task<std::vector<std::string>> leave_jobs(std::shared_ptr<HarvestRun> run);
  Task<void> forget_left_jobs(std::shared_ptr<HarvestRun> run);
  Task<void> forget_jobs(std::string archive_name, ledger::HarvestNo harvest, std::vector<std::string> jobs);
  // tiles.cc
  Task<Result<void>> on_tiles(std::shared_ptr<HarvestRun> run, std::function<Result<void>(TileMerge&)> call);
  // The archive must be kept while it is used.
  ChunkWorld chunk_world(const std::string& archive_name, ArchiveSeat& seat, archive::Archive& archive);
  Task<void> merge_tiles_of(std::shared_ptr<HarvestRun> run, ChunkClaim chunk);
  Task<Result<void>> merge_the_rest(std::shared_ptr<HarvestRun> run);
  void hold_for_tiles(HarvestRun& run, const Error& error);
  void wake_quiet_waiters();
  // An operator's turn at a harvest: nobody else's verb is at work on it while this lives.
  struct Turn {
    std::shared_ptr<HarvestRun> run;
    Gate::Pass pass;
  };
  Task<Result<Turn>> turn_at(std::string name);
  // Calls put_back on a worker, which changes chunks' records (products per retrieval_type), while nothing of the
  // harvest is in hand; and takes it up again with the account as it is then. with_types: products of types that were
  // blocked as a whole count, too.
  Task<Result<std::uint64_t>> reopen(Turn turn, std::function<Result<std::vector<std::uint64_t>>()> put_back,
                                     bool with_types);
  void hurry(const std::string& name);
  Task<Result<void>> save(std::shared_ptr<HarvestRun> run);
  Task<Result<void>> save(std::shared_ptr<HarvestRun> run, ledger::HarvestRecord record);
  Task<Result<void>> write(ledger::HarvestRecord record);
  Task<void> quiet(std::shared_ptr<HarvestRun> run);
  HarvestStatus status_of(HarvestRun& run);
  // receipt.cc
  Task<Result<ReceiptTexts>> make_receipt(std::shared_ptr<HarvestRun> run, ledger::HarvestRecord record, bool keep);
  Task<bool> keep_receipt(std::shared_ptr<HarvestRun> run, ledger::HarvestRecord record);
  // journal.cc
  void tell(const HarvestRun& run, std::string text, std::optional<ledger::Trouble> trouble = {},
            std::string next = {});
  Task<void> write_entry(ledger::HarvestNo harvest, ledger::JournalEntry entry);

  World world_;
  Random random_;
  std::map<std::string, std::shared_ptr<HarvestRun>> runs_;
  std::map<std::string, ArchiveSeat> seats_;
  std::map<std::string, ledger::ArchiveRest> rests_;  // as the last process left them, of archives not asked so far
  std::map<std::string, Disk> disks_;                 // by directory
  TaskGroup tasks_;
  std::vector<std::coroutine_handle<>> quiet_waiters_;
  Gate merging_;
  std::atomic<std::uint64_t> steps_ = 0;  // workers add to it
  std::uint32_t finding_sources_ = 0;
  bool stopping_ = false, stopped_ = false;
  std::stop_source errands_stop_;  // of what is nobody's chunk nor verb
};

}  // namespace garner::harvest
