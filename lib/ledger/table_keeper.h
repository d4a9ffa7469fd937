// The file system under the store, but for one thing: while a thread takes tables in, none is removed by it. When the
// manifest can't be synced RocksDB (7.8) removes the tables that it had just named there; what reached the disk would
// then name files that are not there, and no longer open. Left where they are they do no harm: opening removes what
// the manifest does not name. For lib/ledger only.
#pragma once

#include <rocksdb/file_system.h>

#include <filesystem>
#include <memory>

namespace garner::ledger {

class TableKeeper final : public rocksdb::FileSystemWrapper {
 public:
  TableKeeper(std::shared_ptr<rocksdb::FileSystem> files, std::filesystem::path directory);
  const char* Name() const override { return "TableKeeper"; }
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;

  // While it lives this thread removes no table.
  class Keep {
   public:
    Keep();
    ~Keep();
    Keep(const Keep&) = delete;
    Keep& operator=(const Keep&) = delete;
  };

 private:
  std::filesystem::path directory_;
};

}  // namespace garner::ledger
