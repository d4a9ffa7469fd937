// What operators ask of a harvest: pause, resume, cancel, remove, retry.
#include "base/log.h"
#include "harvest/engine.h"

namespace garner::harvest {

namespace {

using ledger::HarvestState;
using ledger::Outcome;

std::unexpected<Error> unknown(const std::string& name) {
  return fail(Kind::NotFound, "no harvest is called '{}'; see: garner list", printable(name, 80));
}

std::unexpected<Error> stopping() { return fail(Kind::Cancelled, "the daemon is stopping; try again when it is back"); }

// Puts sources of that outcome back to pending in every chunk of a type, and takes the block off chunks that have some.
Result<std::uint64_t> reopen_chunks(ledger::Ledger& ledger, const HarvestFiles& files, std::uint16_t type, Outcome outcome) {
  std::vector<std::pair<std::uint32_t, ledger::ChunkRecord>> matching;
  std::uint64_t reopened = 0;
  std::uint32_t from = 0;
  constexpr std::size_t kBatch = 1000;
  do {
    matching.clear();
    auto scanned = ledger.scan(files.no, type, from, [&](std::uint32_t block, const ledger::ChunkRecord& record) {
      const bool matches = outcome == Outcome::Pending ? record.blocked || record.attempts > 0 : true;
      if (matches) matching.emplace_back(block, record);
      from = block + 1;
      return matching.size() < kBatch;
    });
    if (!scanned) return std::unexpected(scanned.error());
    for (auto& [block, before] : matching) {
      auto ids = ledger.ids(files.no, block);
      if (!ids) return std::unexpected(ids.error());
      const auto count = static_cast<std::uint32_t>(ids->size());
      ledger::ChunkRecord after = before;
      after.attempts = 0;
      after.blocked = false;
      if (outcome == Outcome::Pending) {
        reopened += before.count(Outcome::Pending, count);
      } else {
        const std::uint32_t hit = before.count(outcome, count);
        if (hit == 0) continue;
        reopened += hit;
        std::ranges::replace(after.outcomes, outcome, Outcome::Pending);
        if (outcome == Outcome::Failed) after.failures.clear();
      }
      auto settled = ledger.settle({files.no, type, block}, after, ledger::delta_between(before, after, count));
      if (!settled) return std::unexpected(settled.error());
    }
  } while (matching.size() == kBatch);
  return reopened;
}

struct Reopened {
  std::uint64_t products = 0;
  std::vector<std::vector<bool>> done;
  std::vector<ledger::Counters> counters;
};

Result<Reopened> reopen_harvest(ledger::Ledger& ledger, const HarvestFiles& files, Outcome outcome) {
  Reopened out;
  for (std::uint16_t type = 0; type < files.types.size(); ++type) {
    auto reopened = reopen_chunks(ledger, files, type, outcome);
    if (!reopened) return std::unexpected(reopened.error());
    out.products += *reopened;
    auto done = ledger.done_blocks(files.no, type, files.blocks);
    if (!done) return std::unexpected(done.error());
    out.done.push_back(std::move(*done));
  }
  auto counters = ledger.counters(files.no);
  if (!counters) return std::unexpected(counters.error());
  out.counters = std::move(*counters);
  return out;
}

}  // namespace

Task<Result<HarvestStatus>> Engine::pause(std::string name, std::string by) {
  if (stopping_) co_return stopping();
  auto run = find(name);
  if (!run) co_return unknown(name);
  if (run->record().state == HarvestState::Paused) co_return status_of(*run);
  if (run->record().state != HarvestState::Active) co_return fail(Kind::Conflict, "'{}' is {}; there is nothing to pause", name, status_of(*run).state);
  run->set_state(HarvestState::Paused, "paused by " + by + "; go on with: garner resume " + name);
  run->turn_stop.request_stop();
  if (auto saved = co_await save(run); !saved) co_return std::unexpected(saved.error());
  if (!run->in_hand()) tasks_.spawn(settle_down(run));
  co_return status_of(*run);
}

Task<Result<HarvestStatus>> Engine::resume(std::string name) {
  if (stopping_) co_return stopping();
  auto run = find(name);
  if (!run) co_return unknown(name);
  if (run->record().state != HarvestState::Paused && run->record().state != HarvestState::Active) {
    co_return fail(Kind::Conflict, "'{}' is {}; only a paused harvest goes on (see also: garner retry)", name, status_of(*run).state);
  }
  run->turn_stop = std::stop_source{};
  run->set_state(HarvestState::Active, {});
  if (auto saved = co_await save(run); !saved) co_return std::unexpected(saved.error());
  pump();
  co_return status_of(*run);
}

Task<Result<HarvestStatus>> Engine::cancel(std::string name, std::string by) {
  if (stopping_) co_return stopping();
  auto run = find(name);
  if (!run) co_return unknown(name);
  if (run->record().state == HarvestState::Finished) co_return fail(Kind::Conflict, "'{}' is finished; there is nothing to cancel", name);
  run->set_state(HarvestState::Paused, "being cancelled");  // starts nothing more, and writes its indexes a last time
  run->turn_stop.request_stop();
  run->life_stop.request_stop();
  co_await quiet(run);
  co_await settle_down(run);
  run->set_state(HarvestState::Cancelled, "cancelled by " + by + "; what was delivered stays");
  if (auto saved = co_await save(run); !saved) co_return std::unexpected(saved.error());
  co_return status_of(*run);
}

Task<Result<std::shared_ptr<HarvestFiles>>> Engine::remove(std::string name) {
  if (stopping_) co_return stopping();
  auto run = find(name);
  if (!run) co_return unknown(name);
  run->set_state(HarvestState::Cancelled, "being removed");
  run->turn_stop.request_stop();
  run->life_stop.request_stop();
  co_await quiet(run);
  auto& ledger = world_.ledger;
  auto removed = co_await world_.workers.run(world_.executor, [&ledger, no = run->record().no] { return ledger.remove(no); });
  if (!removed) co_return std::unexpected(removed.error());
  runs_.erase(name);
  co_return run->files();
}

Task<Result<std::uint64_t>> Engine::retry(std::string name, Outcome outcome) {
  if (stopping_) co_return stopping();
  auto run = find(name);
  if (!run) co_return unknown(name);
  if (run->record().state == HarvestState::Cancelled) co_return fail(Kind::Conflict, "'{}' is cancelled; submit it anew under another name", name);
  // Quiet first: chunks in hand hold records that this is about to rewrite.
  const HarvestState before = run->record().state;
  const std::string reason = run->record().reason;
  run->set_state(HarvestState::Paused, "being put back for a retry");
  run->turn_stop.request_stop();
  co_await quiet(run);
  auto& ledger = world_.ledger;
  auto files = run->files();
  auto reopened = co_await world_.workers.run(world_.executor, [&ledger, files, outcome] { return reopen_harvest(ledger, *files, outcome); });
  run->turn_stop = std::stop_source{};
  if (!reopened) {
    run->set_state(before, reason);
    co_return std::unexpected(reopened.error());
  }
  run->reopen(std::move(reopened->done), std::move(reopened->counters));
  const bool stays = before == HarvestState::Paused || (before == HarvestState::Finished && reopened->products == 0);
  run->set_state(stays ? before : HarvestState::Active, stays ? reason : std::string());
  if (!stays) run->set_finished(0);
  if (auto saved = co_await save(run); !saved) co_return std::unexpected(saved.error());
  log::notice("{}: {} {} products put back to pending", name, reopened->products, ledger::outcome_name(outcome));
  pump();
  if (!run->in_hand()) tasks_.spawn(settle_down(run));
  co_return reopened->products;
}

}  // namespace garner::harvest
