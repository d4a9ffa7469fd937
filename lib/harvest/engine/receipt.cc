// When receipts are made: at a harvest's end, before the ledger calls it finished, so that a kill in between only makes
// it anew; when it is cancelled; and whenever somebody asks.
#include "base/log.h"
#include "harvest/engine/engine.h"

namespace garner::harvest {

// record: of the harvest as the receipt is to say it.
Task<Result<ReceiptTexts>> Engine::make_receipt(std::shared_ptr<HarvestRun> run, ledger::HarvestRecord record,
                                                bool keep) {
  const auto pass = co_await run->receipts.enter(world_.executor);
  if (find(record.name) != run) co_return fail(Kind::NotFound, "'{}' was removed", printable(record.name, 80));
  const auto status = status_of(*run);
  std::string title, base_url, credit;
  if (const auto* seat = seat_of(*run); seat != nullptr && seat->archive) {
    const archive::Profile& profile = seat->archive->profile();
    title = profile.title;
    base_url = profile.base_url;
    credit = profile.credit;
  }
  const std::int64_t as_of_s = std::chrono::system_clock::to_time_t(world_.executor.wall_now());
  World& world = world_;
  auto& steps = steps_;
  co_return co_await world_.workers.run(world_.executor, [&]() -> Result<ReceiptTexts> {
    const HarvestFiles& files = *run->files();
    auto account = account_of(world.ledger, record, files, steps);
    if (!account) return std::unexpected(account.error());
    account->software = world.software;
    account->archive_title = title;
    account->base_url = base_url;
    account->credit = credit;
    if (account->identity.empty()) account->identity = status.identity;
    if (!at_rest(record.state)) {
      account->state = status.state;
      account->waiting_for = status.waiting_for;
      account->as_of_s = as_of_s;
    }
    auto sums = world.sums_facts(files.spec);
    if (!sums) return std::unexpected(sums.error());
    account->sums = std::move(*sums);
    auto texts = receipt_texts(*account);
    if (!keep) return texts;
    if (auto written = world.write_receipt(files.spec, texts.json, texts.markdown); !written)
      return std::unexpected(written.error());
    return texts;
  });
}

// The one at its end. What fails holds the harvest for a while and is tried again.
Task<bool> Engine::keep_receipt(std::shared_ptr<HarvestRun> run, ledger::HarvestRecord record) {
  const auto kept = co_await make_receipt(run, std::move(record), true);
  if (kept) co_return true;
  log::warning("{}: receipt: {}", run->record().name, kept.error().detail);
  run->hold(world_.executor.now() + world_.watermarks.try_again, "writing the receipt: " + kept.error().detail);
  co_return false;
}

Task<Result<ReceiptTexts>> Engine::receipt(std::string name, bool keep) {
  auto run = find(name);
  if (!run) co_return fail(Kind::NotFound, "no harvest is called '{}'; see: garner list", printable(name, 80));
  ledger::HarvestRecord record = run->record();
  co_return co_await make_receipt(run, std::move(record), keep && !run->indexing);
}

}  // namespace garner::harvest
