// How the engine keeps from filling disks: it looks at what a harvest's output and the state directory have left, and
// starts nothing more where that is too little (disk_watch.h). A look is a worker's job, one at a time for a directory:
// a mount that does not answer keeps nobody else waiting.
#include <algorithm>

#include "base/log.h"
#include "harvest/engine/engine.h"

namespace garner::harvest {

namespace {

constexpr std::uint64_t kLookAfterBytes = 256ull << 20;  // stored since the last look
constexpr std::chrono::seconds kAnswerMost{30};
// Looks under way at once: a dead mount with many harvests must not keep all workers.
constexpr std::ptrdiff_t kLooksMost = 2;

}  // namespace

bool Engine::has_room(const std::shared_ptr<HarvestRun>& run) {
  if (!world_.disk_space) return true;
  std::string trouble;
  for (const auto& [directory, use] : {std::pair(run->record().output_directory, policy::DiskUse::Output),
                                       {world_.spill_directory.string(), policy::DiskUse::State}}) {
    Disk& disk = disks_[directory];
    const bool due = !disk.looked || world_.executor.now() >= *disk.looked + world_.watermarks.look_every ||
                     disk.stored_since >= kLookAfterBytes;
    const auto under_way = std::ranges::count_if(disks_, [](const auto& entry) { return entry.second.looking; });
    if (due && !disk.looking && under_way < kLooksMost) tasks_.spawn(look_at_disk(directory, use));
    if (trouble.empty()) trouble = disk.trouble;
  }
  run->set_no_room(std::move(trouble));
  return run->has_room();
}

void Engine::note_stored(const HarvestRun& run, std::int64_t bytes) {
  if (const auto disk = disks_.find(run.record().output_directory); disk != disks_.end() && bytes > 0)
    disk->second.stored_since += static_cast<std::uint64_t>(bytes);
}

Task<void> Engine::look_at_disk(std::string directory, policy::DiskUse use) {
  Disk& disk = disks_[directory];  // those are never taken out
  disk.looking = true;
  disk.stored_since = 0;
  disk.looked = world_.executor.now();
  disk.again = world_.executor.call_at(*disk.looked + kAnswerMost, [this, directory] {
    set_disk_trouble(directory, "disk trouble: the file system of " + directory + " does not answer");
  });
  World& world = world_;
  const auto seen =
      co_await world_.workers.run(world_.executor, [&world, &directory] { return world.disk_space(directory); });
  disk.again.reset();
  disk.looking = false;
  const bool was_short = !disk.trouble.empty();
  set_disk_trouble(directory, policy::disk_trouble(disk.trouble, directory, use, seen, world_.watermarks));
  if (disk.trouble.empty()) {
    if (was_short && !stopping_) pump();
  } else if (!stopping_) {
    disk.again = world_.executor.call_at(world_.executor.now() + world_.watermarks.look_every, [this, directory, use] {
      const bool wanted = std::ranges::any_of(runs_, [&](const auto& entry) {
        return writes_to(*entry.second, directory) && !at_rest(entry.second->record().state);
      });
      if (wanted && !stopping_) tasks_.spawn(look_at_disk(directory, use));
    });
  }
}

// Tells it to the harvests that write there, and once to the log and to their journals.
void Engine::set_disk_trouble(const std::string& directory, std::string trouble) {
  Disk& disk = disks_[directory];
  const bool turned = trouble.empty() != disk.trouble.empty();
  const std::string news = trouble.empty() ? directory + ": there is room again" : trouble;
  if (turned) trouble.empty() ? log::notice("{}", news) : log::warning("{}", news);
  disk.trouble = std::move(trouble);
  const std::string& of_state = disks_[world_.spill_directory.string()].trouble;
  for (auto& [name, run] : runs_) {
    if (!writes_to(*run, directory)) continue;
    const auto own = disks_.find(run->record().output_directory);
    const bool own_trouble = own != disks_.end() && !own->second.trouble.empty();
    run->set_no_room(own_trouble ? own->second.trouble : of_state);
    if (turned && run->record().state == ledger::HarvestState::Active && !run->complete()) tell(*run, news);
  }
}

// Our own disk or ledger said no: whether they take writes now is found out without asking an archive for anything.
// begin_trial() has been called.
Task<void> Engine::try_own_disk(std::shared_ptr<HarvestRun> run) {
  co_await yield_to(world_.executor);  // the pump is not re-entered from inside itself
  World& world = world_;
  auto tried = co_await world_.workers.run(world_.executor, [&world, files = run->files()]() -> Result<void> {
    return world.try_output ? world.try_output(files->spec) : Result<void>{};
  });
  if (tried) tried = co_await save(run);
  if (tried)
    log::notice("{}: our own disk and ledger take writes; one chunk is asked for", run->record().name);
  else
    log::info("{}: our own disk takes no writes: {}", run->record().name, printable(tried.error().detail));
  run->end_trial(world_.executor.now(), tried);
  wake_quiet_waiters();
  pump();
}

bool Engine::writes_to(const HarvestRun& run, const std::string& directory) const {
  return run.record().output_directory == directory || world_.spill_directory == directory;
}

SpillRoom Engine::room_to_spill() const {
  return spill_room(world_.spill_directory, world_.disk_space, world_.watermarks);
}

void Engine::set_watermarks(const policy::Watermarks& marks) {
  world_.watermarks = marks;
  for (auto& [directory, disk] : disks_) disk.looked.reset();
  for (auto& [name, run] : runs_) run->set_try_again(marks.try_again);
  pump();
}

}  // namespace garner::harvest
