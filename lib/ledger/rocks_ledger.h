// The Ledger in one RocksDB directory, with bounded memory (about 100 MiB whatever the harvests' size).
#pragma once

#include <filesystem>

#include "ledger/ledger.h"

namespace garner::ledger {

// Opens or creates. Errors: Conflict (another process holds it; names its pid where it can), Unsupported (written by a
// newer garner: says both schema versions), Corrupt (damaged: says what to do). Half-made intakes of a crashed process
// are removed.
Result<std::unique_ptr<Ledger>> open_rocks_ledger(const std::filesystem::path& directory);

}  // namespace garner::ledger
