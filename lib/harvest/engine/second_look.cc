// Second looks at what came back empty: several chunks in hand at once.
#include "harvest/chunk/look_life.h"
#include "harvest/engine/engine.h"

namespace garner::harvest {

Task<void> Engine::run_look(std::string archive_name, std::shared_ptr<HarvestRun> run, policy::LookClaim claim,
                            JobSlot slot) {
  co_await yield_to(world_.executor);  // the pump is not re-entered from inside itself
  ArchiveSeat& seat = seats_.at(archive_name);
  const auto archive = seat.archive;
  const ChunkWorld world = chunk_world(archive_name, seat, *archive);
  ArchiveTurn turn = turn_in(archive_name, seat, std::move(slot));
  const std::uint16_t type = claim.type;
  policy::LookEnd end = co_await look_life(world, run, claim, turn);
  if (end.how == policy::LookEnd::How::HoldHarvest) end.wait = world_.watermarks.try_again;
  --seat.in(ChunkPhase::Answered);
  ++steps_;
  run->end_look(std::move(claim), end, world_.executor.now());
  if (end.how == policy::LookEnd::How::BlockType && run->is_news(type))
    tell(*run, fmt::format("{} is blocked: {}", run->record().retrieval_types[type], end.reason));
  for (const auto& [block, standing] : end.blocks) {
    if (standing == policy::LookEnd::Block::Done) co_await merge_tiles_of(run, {type, block});
  }
  if (run->wants_settling(world_.executor.now())) co_await settle_down(run);
  wake_quiet_waiters();
  pump(archive_name, seat);
}

}  // namespace garner::harvest
