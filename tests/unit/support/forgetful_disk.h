// A disk in memory for RocksDB that loses power: a crash takes away what was not synced. Of a file stays what was there
// at its last sync; of a folder the names it had when the folder itself was last synced (so a new file whose folder was
// never synced is gone, and a rename is undone), as far as its own name stayed.
//
//   ForgetfulDisk disk(folder.path());                       // a real, empty folder: only garner.pid is made there
//   auto ledger = open_rocks_ledger_on(folder.path(), disk.mount());
//   …
//   disk.crash();                                            // or crash(random): of un-synced tails any part stays
//   ledger.reset();                                          // whatever it still writes goes nowhere
//   ledger = open_rocks_ledger_on(folder.path(), disk.mount());
//
// Opening and closing take a few milliseconds. Threads: the disk itself one, what is mounted any.
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>

namespace garner::testing {

struct DiskInMemory;

class ForgetfulDisk {
 public:
  // The folder is there from the beginning, and stays.
  explicit ForgetfulDisk(const std::filesystem::path& folder);
  ForgetfulDisk(const ForgetfulDisk&) = delete;
  ForgetfulDisk& operator=(const ForgetfulDisk&) = delete;

  // The disk as a process sees it that begins now, until the next crash.
  std::shared_ptr<rocksdb::FileSystem> mount();
  void crash();
  // The same on a disk that writes back when it likes: of what was appended to a file since its last sync any beginning
  // may be there.
  void crash(std::mt19937_64& random);

  // Asked before each step that changes anything (append, sync, create, rename, link, remove); what is not OK is the
  // step's answer.
  void set_trouble(std::function<rocksdb::IOStatus()> trouble);
  std::uint64_t syncs() const;  // of files and folders, so far

 private:
  std::shared_ptr<DiskInMemory> memory_;
};

}  // namespace garner::testing
