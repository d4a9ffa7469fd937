// Archives that are down or asked for patience: a restart keeps to it, and the journals of their harvests tell it.
#include "base/log.h"
#include "harvest/engine/engine.h"

namespace garner::harvest {

namespace {

// An archive that comes and goes all night fills no journal.
constexpr std::chrono::minutes kTellEvery{10};

}  // namespace

// Of a queue that has just been made.
void Engine::listen_to(const std::string& archive_name, ArchiveSeat& seat) {
  if (const auto rest = rests_.extract(archive_name)) seat.queue->take_up(rest.mapped());
  seat.queue->set_listener({[this, archive_name, &seat] {
                              seat.rest_stale = true;
                              if (!std::exchange(seat.keeping_rest, true)) tasks_.spawn(keep_rest(archive_name));
                            },
                            [this, archive_name, &seat](bool open, const std::string& words) {
                              const SteadyTime now = world_.executor.now();
                              const bool told_lately = seat.turn_told && now < *seat.turn_told + kTellEvery;
                              if (open ? told_lately : !seat.close_to_tell) return;
                              if (open) seat.turn_told = now;
                              seat.close_to_tell = open;
                              tell_all_of(archive_name, words);
                            }});
}

// One write at a time, of what is so by then.
Task<void> Engine::keep_rest(std::string archive_name) {
  co_await yield_to(world_.executor);  // a verdict is being given
  ArchiveSeat& seat = seats_.at(archive_name);
  auto& ledger = world_.ledger;
  while (std::exchange(seat.rest_stale, false)) {
    const ledger::ArchiveRest rest = seat.queue->rest();
    const auto kept = co_await world_.workers.run(world_.executor, [&ledger, &rest] { return ledger.keep_rest(rest); });
    if (!kept) log::warning("archive {}: a restart would not know how it is: {}", archive_name, kept.error().detail);
  }
  seat.keeping_rest = false;
}

void Engine::tell_all_of(const std::string& archive_name, const std::string& text) {
  for (const auto& [name, run] : runs_) {
    if (run->files()->manifest.archive != archive_name || run->complete()) continue;
    if (run->record().state == ledger::HarvestState::Active) tell(*run, text);
  }
}

}  // namespace garner::harvest
