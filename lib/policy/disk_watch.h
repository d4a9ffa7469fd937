// When a disk has too little left to start anything more that would be written to it, and when it has enough again.
// Pure: what was seen and the marks in, the decision out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "output/disk_space.h"

namespace garner::policy {

// Bytes, or a share of the file system.
struct DiskMark {
  std::uint64_t bytes = 0;
  double percent = 0;  // used where it is above 0
};

// Below `low` nothing is started, above `resume` it goes on. Without marks of the operator's: 2 GiB, on small file
// systems a tenth; goes on at one and a half times that. Of files (inodes) the same shares, at most 20,000.
struct Watermarks {
  std::optional<DiskMark> low, resume;
  std::chrono::seconds look_every{30};  // how often it is looked what is left
  std::chrono::seconds try_again{60};   // after a fault of our own disk or ledger
};

enum class DiskUse {
  Output,  // a harvest's: it must hold what prepare_output made, else another disk lies there, or none
  State,   // the daemon's own
};

// Why nothing may be started that is written to `directory`, for people; empty if it may. `before`: what this said the
// last time.
std::string disk_trouble(const std::string& before, const std::string& directory, DiskUse use,
                         const Result<output::DiskSpace>& seen, const Watermarks& marks);

}  // namespace garner::policy
