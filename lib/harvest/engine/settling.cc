// What follows when nothing of a harvest is in hand any more: its indexes are written, its account is held against the
// ledger, and its end recorded.
#include <ctime>

#include "base/log.h"
#include "harvest/account/read_account.h"
#include "harvest/account/settled_packs.h"
#include "harvest/engine/engine.h"
#include "harvest/tiles/merged_tables.h"
#include "harvest/tiles/tile_merge.h"

namespace garner::harvest {

namespace {

using ledger::HarvestState;

// Of what a harvest holds on disk; nothing that passes by itself.
bool is_damage(Kind kind) {
  return kind == Kind::Corrupt || kind == Kind::Malformed || kind == Kind::TooLarge;
}

// Why indexes just written don't list all that they should; empty if they do.
std::string what_is_lacking(const std::string& name, const Result<void>& merged, const output::LeftOut& left_out) {
  if (!merged && is_damage(merged.error().kind)) {
    return fmt::format(
        "merging tables: {}; have what is damaged fetched again: garner verify {} --repair; or try once more: garner "
        "resume {}",
        printable(merged.error().detail), name, name);
  }
  if (left_out.packs == 0) return {};
  return fmt::format(
      "SHA256SUMS and the catalogue leave out {} damaged or missing pack{}, the first: {}; have what is lost fetched "
      "again: garner verify {} --repair",
      left_out.packs, left_out.packs == 1 ? "" : "s", printable(left_out.first), name);
}

}  // namespace

// Nothing in hand any more: indexes are brought up to date once the harvest is finished, blocked or paused, and a
// finished one is recorded as such. What fails holds the harvest for a while and is tried again.
Task<void> Engine::settle_down(std::shared_ptr<HarvestRun> run) {
  if (run->broken() || run->in_hand() || run->indexing || at_rest(run->record().state)) co_return;
  if (waits_for_job(*run)) co_return;
  run->indexing = true;
  const bool indexed = co_await bring_indexes_up_to_date(run);
  // A verb may have come in between.
  bool finished = indexed && !run->indexes_stale && !run->in_hand() && run->complete() &&
                  run->record().state == HarvestState::Active;
  if (finished && !run->indexes_lack.empty()) {
    run->set_broken(run->indexes_lack);
    tell(*run, "blocked: " + run->indexes_lack);
    finished = false;
  }
  if (finished && run->closed() && run->ends_with_question()) finished = false;
  if (finished) finished = co_await account_holds(run);
  if (finished) finished = co_await reconcile(run);
  if (finished && co_await record_finished(run)) {
    log::notice("{}: finished", run->record().name);
    tell(*run, "finished");
    if (!stopping_) tasks_.spawn(forget_left_jobs(run));
  }
  run->indexing = false;
  wake_quiet_waiters();
  pump();
}

Task<bool> Engine::bring_indexes_up_to_date(std::shared_ptr<HarvestRun> run) {
  if (!run->indexes_stale && run->indexes_lack.empty()) co_return true;
  run->indexes_stale = false;  // what settles from here on makes them stale again
  const auto merged = co_await merge_the_rest(run);
  World& world = world_;
  auto& steps = steps_;
  auto written = co_await world_.workers.run(
      world_.executor, [&world, &steps, files = run->files(), stop = run->index_stop.get_token()] {
        if (files->spec.layout == LayoutKind::Table)
          return world.write_tile_indexes(files->spec, each_tile_of(world.ledger, *files, steps, stop));
        return world.write_indexes(files->spec, *files->layout, each_pack_of(world.ledger, *files, steps, stop));
      });
  const bool stopped = !merged && merged.error().kind == Kind::Cancelled;
  const bool ends_here = stopped && run->record().state != HarvestState::Active;  // being cancelled
  if (written && (merged || ends_here || is_damage(merged.error().kind))) {
    run->indexes_lack = what_is_lacking(run->record().name, merged, *written);
    if (!run->indexes_lack.empty()) log::warning("{}: {}", run->record().name, run->indexes_lack);
    co_return true;
  }
  run->indexes_stale = true;
  if (run->index_stop.stop_requested()) co_return false;
  if (!written) {
    log::warning("{}: SHA256SUMS and catalogue: {}", run->record().name, written.error().detail);
    run->hold(world_.executor.now() + world_.watermarks.try_again,
              "writing SHA256SUMS and the catalogue: " + written.error().detail);
  } else {
    hold_for_tiles(*run, merged.error());
  }
  co_return false;
}

// What the run says is done the ledger's counters must bear out: else it is a fault of ours, and what the ledger holds
// is what counts. False: not finished.
Task<bool> Engine::account_holds(std::shared_ptr<HarvestRun> run) {
  const std::uint64_t pending = run->pending();
  if (pending == 0) co_return true;
  const std::string& name = run->record().name;
  log::error("{}: its chunks count as done although {} products are pending; its account is read anew", name, pending);
  auto& ledger = world_.ledger;
  auto account = co_await world_.workers.run(world_.executor,
                                             [&ledger, files = run->files()] { return read_account(ledger, *files); });
  if (!account) {
    run->hold(world_.executor.now() + world_.watermarks.try_again,
              "reading its account anew: " + account.error().detail);
    co_return false;
  }
  if (run->in_hand() || run->being_reopened) co_return false;  // whoever came in between reads it, or comes here again
  run->reopen(std::move(account->states), std::move(account->counters));
  if (run->complete() && run->pending() > 0)
    run->set_broken(
        fmt::format("its ledger contradicts itself: no chunk has anything left to ask for, and {} products "
                    "are pending; put them back with: garner retry {}",
                    run->pending(), name));
  co_return false;
}

// Nobody hears that a harvest is finished before the ledger has it.
Task<bool> Engine::record_finished(std::shared_ptr<HarvestRun> run) {
  const std::int64_t finished_s = std::chrono::system_clock::to_time_t(world_.executor.wall_now());
  const auto finished = [&run, finished_s] {
    ledger::HarvestRecord record = run->record();
    record.state = HarvestState::Finished;
    record.reason.clear();
    record.finished_s = finished_s;
    return record;
  };
  ledger::HarvestRecord record = finished();
  if (!co_await keep_receipt(run, std::move(record))) co_return false;
  // A verb may have come in between, and with it more to do: another receipt will replace this one.
  if (run->record().state != HarvestState::Active || run->in_hand() || !run->complete()) co_return false;
  record = finished();
  auto saved = co_await save(run, std::move(record));
  if (!saved) {
    log::warning("{}: {}", run->record().name, saved.error().detail);
    run->hold(world_.executor.now() + world_.watermarks.try_again,
              "recording that it is finished: " + saved.error().detail);
    co_return false;
  }
  if (run->record().state != HarvestState::Active)
    co_return false;  // a verb came in between: what it saves comes behind ours
  run->set_finished(finished_s);
  run->set_state(HarvestState::Finished, {});
  co_return true;
}

}  // namespace garner::harvest
