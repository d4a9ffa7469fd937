// The ledger on a file system of the caller's, so that tests can fill the disk, count syncs and lose power. For
// lib/ledger and its tests only.
#pragma once

#include <filesystem>
#include <memory>

#include "ledger/ledger.h"

namespace rocksdb {
class FileSystem;
}

namespace garner::ledger {

// As open_rocks_ledger; files: null for the machine's own. Everything but garner.pid goes
// through it.
Result<std::unique_ptr<Ledger>> open_rocks_ledger_on(const std::filesystem::path& directory,
                                                     std::shared_ptr<rocksdb::FileSystem> files);

}  // namespace garner::ledger
