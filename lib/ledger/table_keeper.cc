#include "ledger/table_keeper.h"

namespace garner::ledger {

namespace {

thread_local bool keeping = false;

}  // namespace

TableKeeper::TableKeeper(std::shared_ptr<rocksdb::FileSystem> files, std::filesystem::path directory)
    : rocksdb::FileSystemWrapper(std::move(files)), directory_(std::move(directory)) {}

rocksdb::IOStatus TableKeeper::DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                                          rocksdb::IODebugContext* context) {
  const std::filesystem::path file(path);
  if (keeping && file.parent_path() == directory_ && file.extension() == ".sst") return rocksdb::IOStatus::OK();
  return rocksdb::FileSystemWrapper::DeleteFile(path, options, context);
}

TableKeeper::Keep::Keep() {
  keeping = true;
}

TableKeeper::Keep::~Keep() {
  keeping = false;
}

}  // namespace garner::ledger
