#include "harvest/chunk/archive_turn.h"

namespace garner::harvest {

bool ArchiveTurn::may_have_job() {
  if (!slot_) slot_ = queue_.try_job();
  return slot_.has_value();
}

void ArchiveTurn::looked(const Result<void>& seen) {
  if (!place) return;
  queue_.ended(std::move(*place), seen);
  place.reset();
  move_to(ChunkPhase::JobRuns);
}

Task<Result<void>> ArchiveTurn::take(std::stop_token stop) {
  if (place) co_return Result<void>{};
  move_to(ChunkPhase::Asking);
  place = co_await queue_.acquire(std::move(stop));
  if (!place) co_return fail(Kind::Cancelled, "stopped while waiting for a place at the archive");
  co_return Result<void>{};
}

void ArchiveTurn::answered() {
  slot_.reset();
  move_to(ChunkPhase::Answered);
}

void ArchiveTurn::move_to(ChunkPhase phase) {
  if (std::exchange(phase_, phase) != phase) moves_(phase);
}

}  // namespace garner::harvest
