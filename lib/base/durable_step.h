// Every durable operation of the project passes here, named, before and after it happens: so a test can see how far a
// process that it kills had come. In production nobody observes and the cost is one relaxed load.
#pragma once

#include <cstdint>

namespace garner {

enum class DurableStep : std::uint8_t { None, Write, Fsync, Rename, DirectoryFsync, Ledger };

// Maps the file named by the environment variable GARNER_STEP_TRACE, if set, and from then on stores there, as 6
// little-endian uint64: the step under way (0 for none), then how often each of Write…Ledger was begun. Call once at
// start.
void trace_durable_steps_from_environment();

// Marks the step as under way while it lives.
class DurableStepMark {
 public:
  explicit DurableStepMark(DurableStep step);
  ~DurableStepMark();
  DurableStepMark(const DurableStepMark&) = delete;
  DurableStepMark& operator=(const DurableStepMark&) = delete;
};

}  // namespace garner
