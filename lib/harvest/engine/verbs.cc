// What operators ask of a harvest: pause, resume, cancel, remove, retry.
#include "base/log.h"
#include "base/number_text.h"
#include "harvest/account/read_account.h"
#include "harvest/engine/engine.h"

namespace garner::harvest {

namespace {

using ledger::HarvestState;
using ledger::Outcome;

std::unexpected<Error> unknown(const std::string& name) {
  return fail(Kind::NotFound, "no harvest is called '{}'; see: garner list", printable(name, 80));
}

std::unexpected<Error> stopping() {
  return fail(Kind::Cancelled, "the daemon is stopping; try again when it is back");
}

// The record with sources of that outcome pending again, and without its block; nothing if it stays as it is.
std::optional<ledger::ChunkRecord> reopened(const ledger::ChunkRecord& before, Outcome outcome, std::uint32_t count) {
  ledger::ChunkRecord after = before;
  after.attempts = 0;
  after.blocked = false;
  if (outcome == Outcome::Pending) return after;
  if (before.count(outcome, count) == 0) return std::nullopt;
  std::ranges::replace(after.outcomes, outcome, Outcome::Pending);
  after.query.job.clear();  // it was asked about other sources
  after.query.width = after.query.suspects = after.query.done = 0;
  if (outcome == Outcome::Absent) {
    after.sifted = after.sampled = false;
    after.hopeless.clear();
  }
  if (outcome == Outcome::Failed) {
    std::erase_if(after.found_again,
                  [&before](const auto& seen) { return before.outcomes[seen.first] == Outcome::Failed; });
    after.failures.clear();
  }
  return after;
}

// Puts sources of that outcome back to pending in every chunk of a type, and takes the block off chunks that have some:
// a synced write for so many chunks.
Result<std::uint64_t> reopen_chunks(ledger::Ledger& ledger, const HarvestFiles& files, std::uint16_t type,
                                    Outcome outcome, std::atomic<std::uint64_t>& steps, const std::stop_token& stop) {
  std::vector<std::pair<std::uint32_t, ledger::ChunkRecord>> matching;
  std::uint64_t products = 0;
  std::uint32_t from = 0;
  constexpr std::size_t kBatch = 1000;
  do {
    if (stop.stop_requested()) return stopping();
    matching.clear();
    auto scanned = ledger.scan(files.no, type, from, [&](std::uint32_t block, const ledger::ChunkRecord& record) {
      const bool matches = outcome == Outcome::Pending ? record.blocked || record.attempts > 0 : true;
      if (matches) matching.emplace_back(block, record);
      from = block + 1;
      return matching.size() < kBatch;
    });
    if (!scanned) return std::unexpected(scanned.error());
    std::vector<ledger::ChunkChange> batch;
    for (auto& [block, before] : matching) {
      ++steps;
      auto ids = ledger.ids(files.no, block);
      if (!ids) return std::unexpected(ids.error());
      const auto count = static_cast<std::uint32_t>(ids->size());
      auto after = reopened(before, outcome, count);
      if (!after) continue;
      products += before.count(outcome, count);
      const std::string job_left = after->query.job.empty() ? before.query.job : std::string();
      const auto delta = ledger::delta_between(before, *after, count);
      batch.push_back({{files.no, type, block}, std::move(*after), delta, job_left});
    }
    if (auto settled = ledger.settle_together(batch, {}); !settled) return std::unexpected(settled.error());
  } while (matching.size() == kBatch);
  return products;
}

Result<std::vector<std::uint64_t>> reopen_harvest(ledger::Ledger& ledger, const HarvestFiles& files, Outcome outcome,
                                                  std::atomic<std::uint64_t>& steps, const std::stop_token& stop) {
  std::vector<std::uint64_t> products;
  for (std::uint16_t type = 0; type < files.types.size(); ++type) {
    const auto products_of = reopen_chunks(ledger, files, type, outcome, steps, stop);
    if (!products_of) return std::unexpected(products_of.error());
    products.push_back(*products_of);
  }
  return products;
}

// What a retry did. Holds, and pauses between attempts, are over in any case.
std::string retried_text(Outcome outcome, std::uint64_t products) {
  if (outcome == Outcome::Pending) {
    if (products == 0) return "nothing was blocked; its own holds and waits are cut short";
    return counted(products, "pending product is", "pending products are") + " tried again at once";
  }
  const std::string word(ledger::outcome_name(outcome));
  return counted(products, word + " product is", word + " products are") + " put back to pending";
}

}  // namespace

Task<Result<Engine::Turn>> Engine::turn_at(std::string name) {
  for (;;) {
    if (stopping_) co_return stopping();
    auto run = find(name);
    if (!run) co_return unknown(name);
    auto pass = co_await run->verbs.enter(world_.executor);
    if (stopping_) co_return stopping();
    // Not the same: removed while we waited, or its sources have come.
    if (find(name) == run) co_return Turn{std::move(run), std::move(pass)};
  }
}

// Cancels what is in flight of a harvest that is about to end, so that a verb before ours need not wait for it.
void Engine::hurry(const std::string& name) {
  auto run = find(name);
  if (!run || stopping_ || run->record().state == HarvestState::Finished) return;
  run->turn_stop.request_stop();
  run->life_stop.request_stop();
}

Task<Result<HarvestStatus>> Engine::pause(std::string name, std::string by) {
  auto turn = co_await turn_at(name);
  if (!turn) co_return std::unexpected(turn.error());
  auto& run = turn->run;
  if (run->record().state == HarvestState::Paused) co_return status_of(*run);
  if (run->record().state != HarvestState::Active)
    co_return fail(Kind::Conflict, "'{}' is {}; there is nothing to pause", name, status_of(*run).state);
  run->set_state(HarvestState::Paused, "paused by " + by + "; go on with: garner resume " + name);
  run->turn_stop.request_stop();
  auto saved = co_await save(run);
  tell(*run, "paused by " + by);
  pump();
  if (!saved)
    co_return with_context(saved.error(), "'{}' is paused, but a restart of the daemon would go on with it", name);
  co_return status_of(*run);
}

Task<Result<HarvestStatus>> Engine::resume(std::string name, std::string by) {
  auto turn = co_await turn_at(name);
  if (!turn) co_return std::unexpected(turn.error());
  auto& run = turn->run;
  const HarvestState before = run->record().state;
  const std::string reason = run->record().reason;
  if (at_rest(before))
    co_return fail(Kind::Conflict, "'{}' is {}; only a paused harvest goes on (see also: garner retry)", name,
                   status_of(*run).state);
  const bool held = run->held(world_.executor.now()), was_broken = run->broken();
  if (held) run->let_loose();  // what it was held for may be mended: tried at once
  co_await mend(run);
  run->tiles.reset();  // what could not be merged is tried again
  run->question_failures = run->question_attempts = 0;
  run->hurry_trial();
  run->renew_stops();
  run->keep_hours(world_.executor.wall_now());
  const bool late = run->past_deadline();
  if (late) run->lift_deadline(world_.executor.wall_now());
  const bool goes_on = before == HarvestState::Paused || late || held || (was_broken && !run->broken());
  if (before == HarvestState::Paused || late) {
    run->set_state(HarvestState::Active, {});
    if (auto saved = co_await save(run); !saved) {
      run->set_state(before, reason);
      run->turn_stop.request_stop();
      co_return with_context(saved.error(), "'{}' stays paused", name);
    }
  }
  if (goes_on) tell(*run, "resumed" + (by.empty() ? by : " by " + by));
  pump();
  co_return status_of(*run);
}

Task<Result<HarvestStatus>> Engine::cancel(std::string name, std::string by) {
  hurry(name);
  auto turn = co_await turn_at(name);
  if (!turn) co_return std::unexpected(turn.error());
  auto& run = turn->run;
  if (run->record().state == HarvestState::Finished)
    co_return fail(Kind::Conflict, "'{}' is finished; there is nothing to cancel", name);
  run->set_state(HarvestState::Paused, "being cancelled");  // starts nothing more, and writes its indexes a last time
  run->turn_stop.request_stop();
  run->life_stop.request_stop();
  co_await quiet(run);
  if (run->indexes_stale) co_await settle_down(run);
  auto jobs = co_await leave_jobs(run);
  run->set_state(HarvestState::Cancelled, "cancelled by " + by + "; what was delivered stays");
  ledger::HarvestRecord record = run->record();
  if (auto kept = co_await make_receipt(run, std::move(record), true); !kept)
    log::warning("{}: receipt: {}; write it with: garner receipt {}", name, kept.error().detail, name);
  auto saved = co_await save(run);
  tell(*run, "cancelled by " + by);
  if (!stopping_) tasks_.spawn(forget_jobs(run->files()->manifest.archive, run->record().no, std::move(jobs)));
  if (!saved)
    co_return with_context(saved.error(),
                           "'{}' is cancelled, but a restart of the daemon would go on with it; cancel it again", name);
  co_return status_of(*run);
}

Task<Result<std::shared_ptr<HarvestFiles>>> Engine::remove(std::string name) {
  hurry(name);
  if (auto run = find(name); run && !stopping_) run->index_stop.request_stop();
  auto turn = co_await turn_at(name);
  if (!turn) co_return std::unexpected(turn.error());
  auto& run = turn->run;
  run->set_state(HarvestState::Cancelled, "being removed");
  run->turn_stop.request_stop();
  run->life_stop.request_stop();
  run->index_stop.request_stop();
  co_await quiet(run);
  const auto no_receipt = co_await run->receipts.enter(world_.executor);
  auto jobs = co_await leave_jobs(run);
  auto& ledger = world_.ledger;
  auto removed =
      co_await world_.workers.run(world_.executor, [&ledger, no = run->record().no] { return ledger.remove(no); });
  // Not found: an earlier try has removed it and failed behind that.
  if (!removed && removed.error().kind != Kind::NotFound) {
    co_return with_context(removed.error(), "'{}' is stopped, but not all of it is removed; remove it again", name);
  }
  runs_.erase(name);
  if (!stopping_) tasks_.spawn(forget_jobs(run->files()->manifest.archive, run->record().no, std::move(jobs)));
  co_return run->files();
}

Task<Result<std::uint64_t>> Engine::reopen(Turn turn, std::function<Result<std::vector<std::uint64_t>>()> put_back,
                                           bool with_types) {
  auto& run = turn.run;
  const std::string& name = run->record().name;
  // Quiet first: chunks in hand hold records that this is about to rewrite.
  run->being_reopened = true;
  run->turn_stop.request_stop();
  co_await quiet(run);
  const auto no_receipt = co_await run->receipts.enter(world_.executor);
  run->tiles.reset();
  const HarvestState before = run->record().state;
  const std::int64_t finished_s = run->record().finished_s;
  if (before == HarvestState::Finished) {
    // The ledger must not call a harvest finished that holds pending sources, whenever we are killed.
    run->set_state(HarvestState::Active, {});
    run->set_finished(0);
    if (auto saved = co_await save(run); !saved) {
      run->set_state(before, {});
      run->set_finished(finished_s);
      run->being_reopened = false;
      co_return std::unexpected(saved.error());
    }
  }
  auto files = run->files();
  auto& ledger = world_.ledger;
  struct Done {
    Result<std::vector<std::uint64_t>> products;
    Result<LedgerAccount> account;  // as it is now, whether all was put back or some
  };
  auto done = co_await world_.workers.run(world_.executor, [&ledger, &put_back, files] {
    auto products = put_back();
    return Done{std::move(products), read_account(ledger, *files)};
  });
  std::uint64_t products = 0;
  for (std::size_t type = 0; done.products && type < done.products->size(); ++type) {
    const std::uint64_t with_type = with_types ? run->blocked_with_its_type(type) : 0;
    products += std::max(with_type, (*done.products)[type]);
  }
  if (done.account)
    run->reopen(std::move(done.account->states), std::move(done.account->counters));
  else
    run->set_broken("its account can't be read: " + done.account.error().detail +
                    "; put the ledger right, then: garner retry " + name);
  run->account_lost = !done.account;
  co_await mend(run);
  run->being_reopened = false;
  if (run->record().state != HarvestState::Paused) run->renew_stops();
  if (before == HarvestState::Finished && products == 0 && run->complete()) {
    run->set_state(before, {});
    run->set_finished(finished_s);
    if (auto saved = co_await save(run); !saved) run->set_state(HarvestState::Active, {});  // finishes anew
  }
  pump();
  if (!done.products) co_return std::unexpected(done.products.error());
  co_return products;
}

Task<Result<std::uint64_t>> Engine::retry(std::string name, Outcome outcome, std::string by) {
  auto turn = co_await turn_at(name);
  if (!turn) co_return std::unexpected(turn.error());
  auto run = turn->run;
  if (run->record().state == HarvestState::Cancelled)
    co_return fail(Kind::Conflict, "'{}' is cancelled; submit it anew under another name", name);
  std::function<Result<std::vector<std::uint64_t>>()> put_back = [this, files = run->files(), outcome,
                                                                  stop = errands_stop_.get_token()] {
    return reopen_harvest(world_.ledger, *files, outcome, steps_, stop);
  };
  const auto products = co_await reopen(std::move(*turn), std::move(put_back), outcome == Outcome::Pending);
  if (!products) co_return products;
  const std::string done = retried_text(outcome, *products);
  log::notice("{}: retry: {}", name, done);
  tell(*run, fmt::format("retry{}: {}", by.empty() ? by : " by " + by, done));
  co_return products;
}

Task<Result<std::uint64_t>> Engine::repair(std::string name, Suspects suspects, std::string by) {
  auto turn = co_await turn_at(name);
  if (!turn) co_return std::unexpected(turn.error());
  auto run = turn->run;
  if (run->record().state == HarvestState::Cancelled)
    co_return fail(Kind::Conflict, "'{}' is cancelled: nothing is fetched for it any more", name);
  std::function<Result<std::vector<std::uint64_t>>()> put_back =
      [this, files = run->files(), suspects, prepare = preparation(run)]() -> Result<std::vector<std::uint64_t>> {
    // Where the whole directory is away, nothing is damaged: its disk is not mounted.
    if (auto ready = prepare(); !ready) return std::unexpected(ready.error());
    return put_back_lost(world_.ledger, *files, suspects, steps_);
  };
  const auto products = co_await reopen(std::move(*turn), std::move(put_back), false);
  if (!products) co_return products;
  if (*products > 0) run->indexes_stale = true;  // they list what is lost
  const std::string done =
      counted(*products, "damaged or missing product is", "damaged or missing products are") + " put back to pending";
  log::notice("{}: repair: {}", name, done);
  tell(*run, fmt::format("repair{}: {}", by.empty() ? by : " by " + by, done));
  pump();
  co_return products;
}

}  // namespace garner::harvest
