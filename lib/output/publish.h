// The one way by which a file of ours becomes visible: written below .garner/tmp, fsynced, renamed into place, its
// directory fsynced. Every one of these steps passes a DurableStepMark. Blocking. A TempFile belongs to one thread.
// Errors: DiskFull and Internal, with the path; after any error the file is to be dropped (a failed fsync is never
// tried again: the kernel may have forgotten the pages).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "ledger/chunk_record.h"
#include "output/descriptor.h"
#include "output/output_tree.h"
#include "output/sha256.h"

namespace garner::output {

// .garner/tmp, held open.
struct TempFolder {
  Descriptor directory;
  std::string path;
  std::optional<std::uint32_t> group;
};
Result<std::shared_ptr<const TempFolder>> open_temp_folder(OutputTree& tree);

// Mode 0640 and the group from its first moment. Dropped before place(): leaves nothing.
class TempFile {
 public:
  static Result<TempFile> create(std::shared_ptr<const TempFolder> folder);
  TempFile(TempFile&& other) noexcept;
  TempFile& operator=(TempFile&& other) noexcept;  // swaps
  ~TempFile();

  Result<void> append(std::span<const std::byte> bytes);  // hashes them too
  // Anywhere, instead of append(); sync() then reads the whole file for its hash.
  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  std::uint64_t size() const { return size_; }

  void start_writeback()
      const;            // a hint: that a later sync() waits less, when many files are synced one after the other
  Result<void> sync();  // fsync and close; no append after it
  const ledger::Sha256& hash() const { return hash_; }  // after sync()

  // Renames only, over what is there: the caller fsyncs the directory.
  Result<void> place(int directory, const std::string& name);

 private:
  TempFile(std::shared_ptr<const TempFolder> folder, std::string name, Descriptor file);

  std::shared_ptr<const TempFolder> folder_;
  std::string name_;  // empty when placed
  Descriptor file_;
  Sha256Stream running_;
  ledger::Sha256 hash_{};
  std::uint64_t size_ = 0;
  bool scattered_ = false;  // written by write_at()
};

// The whole way for one file: sync, folders, rename, fsync of the directory.
Result<void> publish(OutputTree& tree, TempFile& file, std::string_view relative);
// The same for a small text.
Result<void> publish_text(OutputTree& tree, std::string_view text, std::string_view relative);

// Whole files, below the tree. Beyond max_bytes: Corrupt.
Result<std::string> read_whole(const OutputTree& tree, std::string_view relative, std::uint64_t max_bytes);
Result<ledger::Sha256> hash_file(const OutputTree& tree, std::string_view relative);
// Exactly out.size() bytes from offset, else Corrupt.
Result<void> read_at(int file, std::uint64_t offset, std::span<std::byte> out, const std::string& name_for_errors);
Result<std::uint64_t> file_size(int file, const std::string& name_for_errors);

}  // namespace garner::output
