// Remote jobs that nobody needs any more: of chunks that were settled when the daemon was killed, of harvests that were
// cancelled. They hold the archive's resources and count against its users' quotas, so the ledger names them until they
// are deleted there.
#include "base/log.h"
#include "harvest/engine/engine.h"

namespace garner::harvest {

namespace {

constexpr std::size_t kBatch = 1000;

// Gives up the jobs that the records name.
Result<void> give_up_jobs(ledger::Ledger& ledger, const HarvestFiles& files, const std::stop_token& stop) {
  for (std::uint16_t type = 0; type < files.types.size(); ++type) {
    std::vector<std::pair<std::uint32_t, ledger::ChunkRecord>> with_job;
    std::uint32_t from = 0;
    do {
      if (stop.stop_requested()) return fail(Kind::Cancelled, "the daemon is stopping");
      with_job.clear();
      auto scanned = ledger.scan(files.no, type, from, [&](std::uint32_t block, const ledger::ChunkRecord& record) {
        if (!record.query.job.empty()) with_job.emplace_back(block, record);
        return with_job.size() < kBatch;
      });
      if (!scanned) return scanned;
      std::vector<ledger::ChunkChange> batch;
      for (auto& [block, record] : with_job) {
        std::string job = std::exchange(record.query.job, {});
        batch.push_back({{files.no, type, block}, std::move(record), {}, std::move(job)});
        from = block + 1;
      }
      if (auto settled = ledger.settle_together(batch, {}); !settled) return settled;
    } while (with_job.size() == kBatch);
  }
  return {};
}

}  // namespace

// Of a harvest that will not go on, and of which nothing is in hand. Returns those that are left now, some thousand of
// them at most.
Task<std::vector<std::string>> Engine::leave_jobs(std::shared_ptr<HarvestRun> run) {
  auto& ledger = world_.ledger;
  auto left = co_await world_.workers.run(
      world_.executor,
      [&ledger, files = run->files(), stop = errands_stop_.get_token()]() -> Result<std::vector<std::string>> {
        if (auto given_up = give_up_jobs(ledger, *files, stop); !given_up) return std::unexpected(given_up.error());
        return ledger.jobs_left(files->no, kBatch);
      });
  if (!left) log::warning("{}: its jobs at the archive: {}", run->record().name, left.error().detail);
  std::vector<std::string> jobs = left ? std::move(*left) : std::vector<std::string>();
  if (!run->record().source_job.empty()) jobs.push_back(run->record().source_job);
  run->set_source_job({}, 0, 0);
  co_return jobs;
}

// Where one could not be deleted, those behind it are not tried.
Task<void> Engine::forget_jobs(std::string archive_name, ledger::HarvestNo harvest, std::vector<std::string> jobs) {
  co_await yield_to(world_.executor);
  auto& ledger = world_.ledger;
  for (const std::string& job : jobs) {
    if (!co_await forget_job(archive_name, job, errands_stop_.get_token())) co_return;
    auto noted = co_await world_.workers.run(world_.executor,
                                             [&ledger, harvest, &job] { return ledger.job_forgotten(harvest, job); });
    if (!noted) co_return;
  }
}

// What fails is tried again at the next start, and when the harvest ends. Only those that are left now: a second look's
// job is among them while it runs.
Task<void> Engine::forget_left_jobs(std::shared_ptr<HarvestRun> run) {
  auto& ledger = world_.ledger;
  const ledger::HarvestNo no = run->record().no;
  auto jobs = co_await world_.workers.run(world_.executor, [&ledger, no] { return ledger.jobs_left(no, kBatch); });
  if (jobs) co_await forget_jobs(run->files()->manifest.archive, no, std::move(*jobs));
  // What it ended with: the count of the whole, whose answer is recorded.
  const std::string counted = run->record().source_job;
  if (run->record().state != ledger::HarvestState::Finished || counted.empty()) co_return;
  if (!co_await forget_job(run->files()->manifest.archive, counted, errands_stop_.get_token())) co_return;
  if (run->record().source_job == counted) run->set_source_job({}, 0, 0);
  if (auto saved = co_await save(run); !saved) log::info("{}: {}", run->record().name, saved.error().detail);
}

}  // namespace garner::harvest
