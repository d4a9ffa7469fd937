// One process a ledger directory: an flock(2) on <directory>/garner.pid, which also says who has it. RocksDB's own lock
// is there as well, but it neither names its holder nor can be asked for within one process without losing it (fcntl
// locks). Held as long as the object lives; the kernel lets go when the process dies. For lib/ledger only.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace garner::ledger {

class DirectoryLock {
 public:
  // Conflict: held by another, named by its pid where the file tells it.
  static Result<DirectoryLock> take(const std::filesystem::path& directory);

  DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

// The pid of another process that holds RocksDB's own lock (an ldb tool, say), 0 if none. Only while no store is open
// in this process.
int foreign_lock_holder(const std::filesystem::path& lock_file);

}  // namespace garner::ledger
