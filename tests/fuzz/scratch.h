// Files for parsers that read or write by path. One thread.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "target.h"

namespace garner::fuzz {

// Bytes as a file that only this process sees.
class MemoryFile {
 public:
  explicit MemoryFile(Bytes bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    require(descriptor_ >= 0, "there is memory for a file");
    require(bytes.empty() || ::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == std::ssize(bytes),
            "the file takes the bytes");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }

  int descriptor() const { return descriptor_; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

// A folder of this process, in memory where there is such a place; gone with it.
inline const std::filesystem::path& scratch_directory() {
  struct Directory {
    std::filesystem::path path;
    Directory() {
      std::error_code none;
      const bool in_memory = std::filesystem::is_directory("/dev/shm", none);
      path = (in_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) /
             ("garner-fuzz-" + std::to_string(::getpid()));
      std::filesystem::create_directory(path);
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() {
      std::error_code none;
      std::filesystem::remove_all(path, none);
    }
  };
  static const Directory directory;
  return directory.path;
}

// What a parser wrote there; the file is gone afterwards.
inline std::vector<char> take_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::filesystem::remove(path);
  return bytes;
}

}  // namespace garner::fuzz
