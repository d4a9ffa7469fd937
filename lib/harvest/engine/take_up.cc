// How the engine takes up a harvest, new or of an earlier life, and looks again at what keeps one from running.
#include "base/log.h"
#include "harvest/engine/engine.h"

namespace garner::harvest {

namespace {

using ledger::HarvestState;

std::string directory_trouble(const std::string& trouble, const std::string& name, std::chrono::seconds again) {
  return "its output directory: " + trouble + "; it is looked at every " + std::to_string(again.count()) +
         " s, and at once by: garner resume " + name;
}

std::shared_ptr<HarvestFiles> files_of(const World& world, const ledger::HarvestRecord& record, std::string& broken) {
  auto files = std::make_shared<HarvestFiles>();
  files->no = record.no;
  files->name = record.name;
  files->types = record.retrieval_types;
  files->blocks = record.blocks;
  files->chunk_size = record.chunk_size;
  auto manifest = manifest::parse_manifest(record.manifest, record.name);
  if (!manifest) {
    broken = "its manifest can't be read any more: " + manifest.error().detail;
    manifest = manifest::Manifest{};
    manifest->harvest = record.name;
  }
  files->manifest = std::move(*manifest);
  const manifest::Manifest& m = files->manifest;
  output::OutputSpec& spec = files->spec;
  spec.directory = record.output_directory;
  spec.layout = m.layout;
  spec.compress_files = m.compress_files;
  spec.structure = m.data_structure;
  spec.format = m.format;
  spec.release = m.release;
  spec.sources = record.sources;
  spec.of_rows = m.kind != manifest::HarvestKind::Products;
  if (m.kind == manifest::HarvestKind::Query) {
    spec.part_level = m.partition.healpix;
    spec.id_columns["result"] = m.partition.column.substr(m.partition.column.rfind('.') + 1);
  }
  for (const auto& table : m.tables) spec.id_columns[table.name] = table.id_column;
  if (files->manifest.output_group && world.find_group)
    files->spec.group = world.find_group(*files->manifest.output_group);
  files->layout = world.make_layout(files->spec);
  return files;
}

}  // namespace

Task<Result<std::shared_ptr<HarvestRun>>> Engine::take_up(ledger::HarvestRecord record) {
  struct Loaded {
    std::vector<ledger::BlockStates> states;
    std::vector<ledger::Counters> counters;
    std::string trouble;
    std::string broken;
    std::shared_ptr<HarvestFiles> files;
    TimeZone zone;
  };
  auto archive = seat(manifest::parse_manifest(record.manifest, record.name).value_or(manifest::Manifest{}).archive);
  const std::string credit = archive ? (*archive)->archive->profile().credit : std::string();
  World& world = world_;
  auto loaded = co_await world_.workers.run(world_.executor, [&world, &record, &credit]() -> Result<Loaded> {
    Loaded out;
    auto counters = world.ledger.counters(record.no);
    if (!counters) return std::unexpected(counters.error());
    out.counters = std::move(*counters);
    for (std::uint16_t type = 0; type < record.retrieval_types.size(); ++type) {
      if (at_rest(record.state)) {
        out.states.push_back({std::vector<bool>(record.blocks, record.state == HarvestState::Finished), {}});
        continue;
      }
      auto states = world.ledger.block_states(record.no, type, record.blocks);
      if (!states) return std::unexpected(states.error());
      out.states.push_back(std::move(*states));
    }
    out.files = files_of(world, record, out.broken);
    out.zone = TimeZone::host();
    if (const std::string& name = out.files->manifest.timing.time_zone; !name.empty()) {
      auto zone = TimeZone::find(name);  // the manifest was read, so it was there a moment ago
      if (zone) out.zone = std::move(*zone);
    }
    if (!at_rest(record.state)) {
      const bool holds_products =
          std::ranges::any_of(out.counters, [](const ledger::Counters& c) { return c.delivered > 0; });
      auto prepared = world.prepare_output(out.files->spec, record.manifest, credit, holds_products);
      if (!prepared) out.trouble = prepared.error().detail;
    }
    return out;
  });
  if (!loaded) co_return std::unexpected(loaded.error());
  auto run = std::make_shared<HarvestRun>(std::move(record), loaded->files, std::move(loaded->states),
                                          std::move(loaded->counters));
  const manifest::Timing& timing = loaded->files->manifest.timing;
  run->set_schedule(policy::Schedule(timing, loaded->zone));
  run->keep_hours(world_.executor.wall_now());
  run->pacer.set(timing.limits, world_.executor.now());
  run->set_try_again(world_.watermarks.try_again);
  if (!loaded->broken.empty()) run->set_broken(loaded->broken);
  if (!loaded->trouble.empty()) directory_is_bad(run, loaded->trouble);
  if (!archive) run->set_broken(archive.error().detail);
  run->indexes_stale = true;  // a crash may have come between settling and indexing
  runs_[run->record().name] = run;
  co_return run;
}

// Makes its output directory ready again, as when it was taken up. For a worker, while nothing is in hand.
std::function<Result<void>()> Engine::preparation(std::shared_ptr<HarvestRun> run) {
  const auto archive = seat(run->files()->manifest.archive);
  const std::string credit = archive ? (*archive)->archive->profile().credit : std::string();
  return [this, run, credit, holds_products = run->holds_products()] {
    return world_.prepare_output(run->files()->spec, run->record().manifest, credit, holds_products);
  };
}

// Looks again at what kept a harvest from running: its archive's profile, its directory. Nothing of it may be in hand.
Task<void> Engine::mend(std::shared_ptr<HarvestRun> run) {
  auto files = run->files();
  if (!run->broken() || run->account_lost || files->manifest.archive.empty()) co_return;
  auto archive = seat(files->manifest.archive);
  if (!archive) {
    run->set_broken(archive.error().detail);
    co_return;
  }
  const auto prepared = co_await world_.workers.run(world_.executor, preparation(run));
  if (prepared)
    run->set_broken({});
  else
    directory_is_bad(run, prepared.error().detail);
}

void Engine::directory_is_bad(const std::shared_ptr<HarvestRun>& run, const std::string& trouble) {
  run->set_broken(directory_trouble(trouble, run->record().name, world_.watermarks.try_again));
  const std::weak_ptr<HarvestRun> again = run;
  run->mend_again = world_.executor.call_at(world_.executor.now() + world_.watermarks.try_again, [this, again] {
    if (const auto bad = again.lock(); bad && bad->broken() && !stopping_) tasks_.spawn(mend_after_reload(bad));
  });
}

Task<void> Engine::mend_after_reload(std::shared_ptr<HarvestRun> run) {
  const auto pass = co_await run->verbs.enter(world_.executor);
  if (at_rest(run->record().state)) co_return;
  co_await mend(run);
  if (!run->broken()) log::notice("{}: goes on", run->record().name);
  pump();
}

}  // namespace garner::harvest
