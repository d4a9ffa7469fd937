// What a test and the library preloaded into its daemon (preload.cc) share, mapped from a file: which durable steps
// fail, and at which one the process dies. A step is a call that changes a file or folder below the roots (write, sync,
// rename, link, new folder, truncation), numbered from 0.
#pragma once

#include <atomic>
#include <cstdint>

namespace garner::e2e {

struct FaultPage {
  std::atomic<std::uint64_t> steps;               // so far
  std::atomic<std::uint64_t> fail_from, fail_to;  // these steps fail, without being done, with this error number
  std::atomic<std::int32_t> error_number;
  std::atomic<std::uint64_t> die_at;  // SIGKILL instead of this step; 0: never
};

}  // namespace garner::e2e
