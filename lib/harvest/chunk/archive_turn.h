// A chunk's turn at its archive: a place in the queue for every exchange but short looks at a job. A job may take
// hours, in which the place is somebody else's; the first look at it tells how the archive is. For jobs there is a
// right of its own, which is held to the end. Threads: the loop's only. The queue outlives it, and it whoever asks.
#pragma once

#include <functional>

#include "harvest/run/archive_queue.h"

namespace garner::harvest {

using Place = std::optional<ArchiveQueue::Place>;  // nothing once it is given back

// Of a chunk in hand, in this order, but that it asks once more when its job has ended.
enum class ChunkPhase : std::uint8_t { Asking, JobRuns, Answered };

class ArchiveTurn {
 public:
  // moves: told when another phase begins.
  ArchiveTurn(ArchiveQueue& queue, std::function<void(ChunkPhase)> moves,
              std::optional<ArchiveQueue::JobSlot> slot = {})
      : queue_(queue), moves_(std::move(moves)), slot_(std::move(slot)) {}

  Place place;
  // Whether a job may be made, or waited for.
  bool may_have_job();
  // As TapQuestion's. What can't be waited for is Cancelled.
  void looked(const Result<void>& seen);
  Task<Result<void>> take(std::stop_token stop);
  // The request is over, and its place free again.
  void answered();

 private:
  void move_to(ChunkPhase phase);

  ArchiveQueue& queue_;
  std::function<void(ChunkPhase)> moves_;
  std::optional<ArchiveQueue::JobSlot> slot_;
  ChunkPhase phase_ = ChunkPhase::Asking;
};

}  // namespace garner::harvest
