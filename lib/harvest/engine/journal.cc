// What the engine writes into the journal of a harvest beside its chunks' attempts.
#include "base/log.h"
#include "harvest/chunk/journal_text.h"
#include "harvest/engine/engine.h"

namespace garner::harvest {

// Nothing hangs on it: a harvest that is being removed, or a ledger in trouble, only loses the line.
void Engine::tell(const HarvestRun& run, std::string text, std::optional<ledger::Trouble> trouble, std::string next) {
  if (stopping_) return;
  ledger::JournalEntry entry;
  entry.at_s = std::chrono::system_clock::to_time_t(world_.executor.wall_now());
  entry.text = std::move(text);
  entry.next = std::move(next);
  entry.trouble = std::move(trouble);
  tasks_.spawn(write_entry(run.record().no, std::move(entry)));
}

void Engine::explain_stillness() {
  if (stopping_) return;
  for (auto& [name, run] : runs_) {
    const auto* seat = seat_of(*run);
    if (run->record().state != ledger::HarvestState::Active || seat == nullptr || !seat->archive) continue;
    const auto status = status_of(*run);
    const bool due = run->quiet_watch.look(run->moves(), status.waiting_for, fold_times(status.waiting_for),
                                           world_.executor.now(), seat->archive->profile().manners.retry_most);
    if (!due) continue;
    log::notice("{}: nothing moves: {}", name, status.waiting_for);
    tell(*run, "nothing moves: " + status.waiting_for);
  }
}

Task<void> Engine::write_entry(ledger::HarvestNo harvest, ledger::JournalEntry entry) {
  auto& ledger = world_.ledger;
  const auto written =
      co_await world_.workers.run(world_.executor, [&ledger, &entry, harvest] { return ledger.note(harvest, entry); });
  if (!written) log::info("journal: {}", written.error().detail);
}

}  // namespace garner::harvest
