// A file that did not exist before. It is removed when the object goes, unless keep() was called. One thread at a time.
// Errors name the path: DiskFull, NotFound (no such folder), Internal (there is such a file already, and all else).
#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "base/error.h"

namespace garner::table {

class NewFile {
 public:
  // Mode 0600.
  static Result<std::unique_ptr<NewFile>> make(const std::filesystem::path& path);
  // One that has no name any more when this returns.
  static Result<std::unique_ptr<NewFile>> make_nameless(const std::filesystem::path& folder);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  // Fewer than asked only at the end.
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const;
  void keep() { kept_ = true; }

 private:
  NewFile(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}

  int descriptor_;
  std::filesystem::path path_;
  bool kept_ = false;
};

}  // namespace garner::table
