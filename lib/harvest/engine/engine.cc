#include "harvest/engine/engine.h"

#include <cassert>
#include <ctime>

#include "base/log.h"
#include "base/number_text.h"

namespace garner::harvest {

namespace {

using ledger::HarvestState;

// Chunks claimed beyond the requests in flight, so that the next one's ids are read when a place becomes free.
constexpr std::uint32_t kClaimedAhead = 2;
// How long the ends of sessions are waited for.
constexpr std::chrono::seconds kLeaveMost{5};
// Replies that may wait for a worker; beyond, nothing new is asked.
constexpr std::uint32_t kUnreadReplies = 8;

// Replies that wait to be read have their share of the memory: rather than have the next ones spill to disk, on the
// loop, they are asked for when some of these have gone.
bool memory_is_short(const http::MemoryBudget* budget) {
  return budget != nullptr && budget->used() > budget->limit() / 2;
}
// Read anew, a profile says what it said before. What a login reads from its own file may have changed all the same.
bool says_the_same(const archive::Profile& fresh, const archive::Profile& profile) {
  return fresh == profile && profile.credential_file.empty();
}
// Harvests whose sources are asked for at the same time: each sorts in memory of its own (IdSorter).
constexpr std::uint32_t kFindingSources = 2;

// "3,000 sources in 60 chunks": of each type as many.
std::string size_text(const HarvestRun& run) {
  const ledger::HarvestRecord& record = run.record();
  if (run.files()->manifest.kind == manifest::HarvestKind::Query) return counted(record.blocks, "part", "parts");
  return counted(record.sources, "source", "sources") + " in " +
         counted(std::uint64_t{record.blocks} * record.retrieval_types.size(), "chunk", "chunks");
}

}  // namespace

Engine::Engine(World world) : world_(std::move(world)), random_(world_.seed) {}

Engine::~Engine() {
  assert(tasks_.running() == 0);
}

Task<Result<void>> Engine::start() {
  auto& ledger = world_.ledger;
  auto records = co_await world_.workers.run(world_.executor, [&ledger] { return ledger.harvests(); });
  if (!records) co_return std::unexpected(records.error());
  auto rests = co_await world_.workers.run(world_.executor, [&ledger] { return ledger.rests(); });
  if (!rests) co_return std::unexpected(rests.error());
  for (auto& rest : *rests) rests_.emplace(rest.archive, std::move(rest));
  std::size_t going_on = 0;
  for (auto& record : *records) {
    const std::string name = record.name;
    auto run = co_await take_up(std::move(record));
    if (!run) co_return with_context(run.error(), "taking up {}", name);
    tasks_.spawn(forget_left_jobs(*run));
    if (at_rest((*run)->record().state)) continue;
    ++going_on;
    tell(**run, "taken up by a daemon that started");
  }
  if (!records->empty())
    log::notice("took up {}; {} not over", counted(records->size(), "harvest", "harvests"),
                going_on == 1 ? "1 is" : thousands(going_on) + " are");
  pump();
  co_return Result<void>{};
}

Task<Result<void>> Engine::add(ledger::HarvestRecord record) {
  auto run = co_await take_up(std::move(record));
  if (!run) co_return std::unexpected(run.error());
  const auto& taken = (*run)->record();
  tell(**run, taken.wants_sources() ? std::string("submitted; the archive is asked for its sources")
                                    : "submitted: " + size_text(**run));
  pump();
  co_return Result<void>{};
}

Result<Engine::ArchiveSeat*> Engine::seat(const std::string& archive_name) {
  ArchiveSeat& seat = seats_[archive_name];
  if (!seat.archive) {
    auto archive = world_.open_archive(archive_name);
    if (!archive) {
      seats_.erase(archive_name);
      return std::unexpected(archive.error());
    }
    seat.archive = shared(std::move(*archive));
  }
  set_manners(archive_name, seat);
  return &seat;
}

// As profile and operator say them now.
void Engine::set_manners(const std::string& archive_name, ArchiveSeat& seat) {
  const auto operators = world_.in_flight_most.find(archive_name);
  const auto manners =
      queue_manners(seat.archive->profile().manners, operators != world_.in_flight_most.end() ? operators->second : 0);
  if (seat.queue) {
    seat.queue->set_manners(manners);
  } else {
    seat.queue = std::make_unique<ArchiveQueue>(world_.executor, random_, archive_name, manners);
    listen_to(archive_name, seat);
  }
  seat.pacer.set(limits_of(archive_name, seat.archive->profile()), world_.executor.now());
}

// Left by the last one who asks it.
std::shared_ptr<archive::Archive> Engine::shared(std::unique_ptr<archive::Archive> archive) {
  return {archive.release(), [this](archive::Archive* last) {
            std::unique_ptr<archive::Archive> old(last);
            if (!stopped_) tasks_.spawn(leave(std::move(old)));
          }};
}

// What a profile read anew replaced.
Task<void> Engine::leave(std::unique_ptr<archive::Archive> archive) {
  co_await yield_to(world_.executor);
  std::stop_source enough;
  const auto timer = world_.executor.call_at(world_.executor.now() + kLeaveMost, [&enough] { enough.request_stop(); });
  co_await archive->leave(enough.get_token());
}

Engine::ArchiveSeat* Engine::seat_of(const HarvestRun& run) {
  const auto found = seats_.find(run.files()->manifest.archive);
  return found == seats_.end() ? nullptr : &found->second;
}

void Engine::pump() {
  for (auto& [name, seat] : seats_) pump(name, seat);
}

void Engine::pump(const std::string& archive_name, ArchiveSeat& seat) {
  if (stopping_ || !seat.queue) return;
  const SteadyTime now = world_.executor.now();
  std::vector<std::shared_ptr<HarvestRun>> candidates;
  for (auto& [name, run] : runs_) {
    if (run->files()->manifest.archive != archive_name) continue;
    run->keep_hours(world_.executor.wall_now());
    for (std::string& news : run->take_hours_news()) tell(*run, std::move(news));
    if (run->wants_settling(now)) tasks_.spawn(settle_down(run));
    if (!run->may_start() || run->held(now) || run->complete() || run->closed() || !has_room(run)) continue;
    if (run->wants_trial(now)) {
      run->begin_trial();
      tasks_.spawn(try_own_disk(run));
    } else if (!run->record().wants_sources()) {
      candidates.push_back(run);
    } else if (finding_sources_ < kFindingSources && run->can_keep_more() && !run->asking_for_sources) {
      auto slot = seat.queue->try_job();
      if (!slot) continue;
      run->asking_for_sources = true;
      ++finding_sources_;
      tasks_.spawn(find_sources(archive_name, run, std::move(slot)));
    }
  }
  std::size_t fruitless = 0;
  const auto& asking = seat.in(ChunkPhase::Asking);
  const auto& unread = seat.in(ChunkPhase::Answered);
  while (fruitless < candidates.size() && asking < seat.queue->limit() + kClaimedAhead &&
         may_claim(archive_name, seat) && unread < kUnreadReplies &&
         !(unread > 0 && memory_is_short(world_.budget.get()))) {
    auto& run = candidates[seat.turn++ % candidates.size()];
    JobSlot slot;
    if (run->asks_by_job && !(slot = seat.queue->try_job())) {
      ++fruitless;
      continue;
    }
    auto look = run->claim_look(now);
    const auto claim = look ? std::nullopt : run->claim(now);
    if (!look && !claim) {
      ++fruitless;
      continue;
    }
    fruitless = 0;
    ++seat.in(ChunkPhase::Asking);
    if (look)
      tasks_.spawn(run_look(archive_name, run, std::move(*look), std::move(slot)));
    else
      tasks_.spawn(run_chunk(archive_name, run, *claim, std::move(slot)));
  }
  arm(archive_name, seat, now);
}

// Wakes the pump when the first waiting chunk is due, a window opens or closes, or a rate cap lets the next request go.
// now: as of which the pump has looked; what fell due since then wakes it at once.
void Engine::arm(const std::string& archive_name, ArchiveSeat& seat, SteadyTime now) {
  std::optional<SteadyTime> first;
  // What is due already waits for a place, which comes here when it is free.
  const auto consider = [&](SteadyTime when) {
    if (when > now && (!first || when < *first)) first = when;
  };
  for (const auto& [name, run] : runs_) {
    if (run->files()->manifest.archive != archive_name) continue;
    if (const auto due = run->next_due(now)) consider(*due);
    if (const auto look = run->next_look(world_.executor.wall_now())) consider(now + *look);
  }
  consider(seat.pacer.due());
  seat.due.reset();
  if (first)
    seat.due = world_.executor.call_at(*first, [this, archive_name] { pump(archive_name, seats_.at(archive_name)); });
}

ChunkWorld Engine::chunk_world(const std::string& archive_name, ArchiveSeat& seat, archive::Archive& archive) {
  return {world_.executor,
          world_.workers,
          world_.ledger,
          archive,
          *seat.queue,
          random_,
          world_.budget,
          world_.read_reply,
          world_.read_table,
          [this, archive_name, &seat](HarvestRun& asking, ChunkWorld::Pace pace) {
            return may_ask(archive_name, seat, asking, pace);
          },
          [this, &seat](HarvestRun& asking, std::uint64_t bytes) { received(seat, &asking, bytes); }};
}

// Of what is counted as asking. Each phase that ends lets somebody else begin.
ArchiveTurn Engine::turn_in(const std::string& archive_name, ArchiveSeat& seat, JobSlot slot) {
  auto moves = [this, archive_name, &seat, phase = ChunkPhase::Asking](ChunkPhase next) mutable {
    --seat.in(std::exchange(phase, next));
    ++seat.in(next);
    pump(archive_name, seat);
  };
  return {*seat.queue, std::move(moves), std::move(slot)};
}

Task<void> Engine::run_chunk(std::string archive_name, std::shared_ptr<HarvestRun> run, ChunkClaim claim,
                             JobSlot slot) {
  co_await yield_to(world_.executor);  // the pump is not re-entered from inside itself
  ArchiveSeat& seat = seats_.at(archive_name);
  const auto archive = seat.archive;
  const ChunkWorld world = chunk_world(archive_name, seat, *archive);
  const bool spelling_known = !run->record().data_structure.empty();
  ArchiveTurn turn = turn_in(archive_name, seat, std::move(slot));
  const ChunkEnd end = co_await chunk_life(world, run, claim, turn);
  // While the chunk is in hand: nobody removes the harvest under this.
  if (!spelling_known && !run->record().data_structure.empty()) {
    if (auto saved = co_await save(run); !saved) log::warning("{}: {}", run->record().name, saved.error().detail);
  }
  if (end.delta.delivered > 0) co_await note_identity(run, archive->identity());
  --seat.in(ChunkPhase::Answered);
  ++steps_;
  run->end(claim, end, world_.executor.now());
  note_stored(*run, end.delta.bytes_stored);
  if (end.how == ChunkEnd::How::BlockType && run->is_news(claim.type))
    tell(*run, fmt::format("{} is blocked: {}", run->record().retrieval_types[claim.type], end.reason));
  if (end.done) co_await merge_tiles_of(run, claim);
  if (run->wants_settling(world_.executor.now())) co_await settle_down(run);
  wake_quiet_waiters();
  pump(archive_name, seat);
}

void Engine::wake_quiet_waiters() {
  for (auto waiter : std::exchange(quiet_waiters_, {})) world_.executor.post([waiter] { waiter.resume(); });
}

// One write of a record at a time, of what it says when its turn comes: the ledger ends with the last word.
Task<Result<void>> Engine::save(std::shared_ptr<HarvestRun> run) {
  const auto pass = co_await run->saves.enter(world_.executor);
  co_return co_await write(run->record());
}

Task<Result<void>> Engine::save(std::shared_ptr<HarvestRun> run, ledger::HarvestRecord record) {
  const auto pass = co_await run->saves.enter(world_.executor);
  co_return co_await write(std::move(record));
}

Task<Result<void>> Engine::write(ledger::HarvestRecord record) {
  auto& ledger = world_.ledger;
  co_return co_await world_.workers.run(world_.executor, [&ledger, &record] { return ledger.update(record); });
}

// Until nothing of the run is in hand or being indexed.
Task<void> Engine::quiet(std::shared_ptr<HarvestRun> run) {
  struct NextEnd {
    std::vector<std::coroutine_handle<>>& waiters;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) const { waiters.push_back(self); }
    void await_resume() const noexcept {}
  };
  while (run->in_hand() || run->indexing) {
    NextEnd next{quiet_waiters_};
    co_await next;
  }
}

Task<void> Engine::stop(SteadyTime deadline) {
  stopping_ = true;
  for (auto& [name, seat] : seats_) seat.due.reset();
  for (auto& [name, run] : runs_) run->turn_stop.request_stop();
  auto timer = world_.executor.call_at(deadline, [this] {
    for (auto& [name, run] : runs_) {
      run->life_stop.request_stop();
      run->index_stop.request_stop();
    }
  });
  errands_stop_.request_stop();
  co_await tasks_.join();
  std::stop_source enough;
  const auto limit = world_.executor.call_at(world_.executor.now() + kLeaveMost, [&enough] { enough.request_stop(); });
  for (auto& [name, seat] : seats_) {
    if (seat.archive) co_await seat.archive->leave(enough.get_token());
  }
  stopped_ = true;
}

std::string Engine::rest_of(const HarvestRun& run) {
  const ArchiveSeat* seat = seat_of(run);
  return seat != nullptr && seat->queue ? seat->queue->why_resting() : std::string();
}

HarvestStatus Engine::status_of(HarvestRun& run) {
  run.keep_hours(world_.executor.wall_now());
  const auto* seat = seat_of(run);
  auto status = run.status(world_.executor.now(), world_.executor.wall_now(),
                           {rest_of(run), cap_on(run), seat != nullptr ? seat->pacer.limits() : RateLimits{}});
  status.identity = run.record().identity;
  if (status.identity.empty() && seat && seat->archive) status.identity = seat->archive->identity();
  if (seat != nullptr && seat->queue) status.archive_status = seat->queue->status();
  return status;
}

std::vector<HarvestStatus> Engine::list() {
  std::vector<HarvestStatus> out;
  for (auto& [name, run] : runs_) out.push_back(status_of(*run));
  return out;
}

std::shared_ptr<HarvestRun> Engine::find(const std::string& name) {
  const auto found = runs_.find(name);
  return found == runs_.end() ? nullptr : found->second;
}

Result<HarvestStatus> Engine::status(const std::string& name) {
  auto run = find(name);
  if (!run) return fail(Kind::NotFound, "no harvest is called '{}'; see: garner list", printable(name, 80));
  return status_of(*run);
}

Engine::Activity Engine::activity() {
  Activity out;
  out.steps = steps_.load();
  for (const auto& [name, seat] : seats_) {
    out.in_flight += seat.queue ? seat.queue->in_flight() : 0;
  }
  for (auto& [name, run] : runs_) {
    if (run->record().state != HarvestState::Active) continue;
    const auto status = status_of(*run);
    const auto* seat = seat_of(*run);
    const bool seat_free = seat != nullptr && seat->at_rest() && seat->queue->jobs() == 0 &&
                           !seat->queue->breaker_open() && seat->pacer.may_start(world_.executor.now());
    out.forgotten = out.forgotten || (!stopping_ && seat_free && run->forgotten(world_.executor.now()));
    ++out.active;
    out.sources_per_s += status.rate_sources_per_s;
    out.bytes_per_s += status.rate_bytes_per_s;
  }
  return out;
}

void Engine::reload(std::map<std::string, std::uint32_t> in_flight_most,
                    std::map<std::string, RateLimits> rate_limits) {
  if (stopping_) return;  // nothing more is asked
  world_.in_flight_most = std::move(in_flight_most);
  world_.rate_limits = std::move(rate_limits);
  for (auto& [name, seat] : seats_) {
    auto fresh = world_.open_archive(name);
    if (!fresh)
      log::warning("archive {}: {}; the profile read before stays in force", name, fresh.error().detail);
    else if (!says_the_same((*fresh)->profile(), seat.archive->profile()))
      seat.archive = shared(std::move(*fresh));
    set_manners(name, seat);
  }
  for (auto& [name, run] : runs_) {
    if (run->may_start()) run->recall_waiting();  // so that what waits for a place asks the new profile's archive
    if (run->broken()) tasks_.spawn(mend_after_reload(run));
  }
  pump();
}

}  // namespace garner::harvest
