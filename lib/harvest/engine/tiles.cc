// Layout `table`: when tiles are merged. As soon as a chunk is done, while the archive is asked for others; and what is
// left over before the indexes are written. One worker merges at a time, the others have enough to do.
#include "base/log.h"
#include "harvest/engine/engine.h"
#include "harvest/tiles/tile_merge.h"

namespace garner::harvest {

Task<Result<void>> Engine::on_tiles(std::shared_ptr<HarvestRun> run, std::function<Result<void>(TileMerge&)> call) {
  const auto turn = co_await merging_.enter(world_.executor);
  if (!run->tiles) run->tiles = world_.make_tile_merge(world_.ledger, run->files(), steps_);
  const auto tiles = run->tiles;
  auto done = co_await world_.workers.run(world_.executor, [&tiles, &call] { return call(*tiles); });
  const auto stored = tiles->take_bytes_stored();
  for (std::size_t type = 0; type < stored.size(); ++type) run->add_stored(type, stored[type]);
  co_return done;
}

// The chunk has ended and nothing of it is pending.
Task<void> Engine::merge_tiles_of(std::shared_ptr<HarvestRun> run, ChunkClaim chunk) {
  if (run->files()->spec.layout != LayoutKind::Table) co_return;
  run->take_in_hand();  // nobody removes the harvest under this
  pump();
  std::function<Result<void>(TileMerge&)> call = [chunk, stop = run->life_stop.get_token()](TileMerge& tiles) {
    return tiles.chunk_done(chunk, stop);
  };
  const auto merged = co_await on_tiles(run, std::move(call));
  run->let_go();
  if (!merged && merged.error().kind != Kind::Cancelled) hold_for_tiles(*run, merged.error());
}

// Cancelled where it was stopped. Tiles that can't be merged are told each time, as damaged packs are.
Task<Result<void>> Engine::merge_the_rest(std::shared_ptr<HarvestRun> run) {
  if (run->files()->spec.layout != LayoutKind::Table) co_return Result<void>{};
  std::function<Result<void>(TileMerge&)> call = [stop = run->life_stop.get_token()](TileMerge& tiles) {
    return tiles.catch_up(stop);
  };
  co_return co_await on_tiles(run, std::move(call));
}

void Engine::hold_for_tiles(HarvestRun& run, const Error& error) {
  const std::string why = "merging tables: " + printable(error.detail);
  log::warning("{}: {}", run.record().name, why);
  run.hold(world_.executor.now() + world_.watermarks.try_again, why);
}

}  // namespace garner::harvest
