// Tiny file systems that only the test and its children see: a tmpfs in a mount namespace of the process's own.
#pragma once

#include "rig.h"

namespace garner::e2e {

// Moves this process into a mount namespace (and, unless root, a user namespace) of its own. Before any thread or
// child. Empty, or why it can't be.
std::string enter_private_mounts();

// A tmpfs there while this lives.
class TinyDisk {
 public:
  TinyDisk(fs::path where, std::uint64_t kib);
  ~TinyDisk();
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  void resize(std::uint64_t kib);

 private:
  fs::path where_;
};

}  // namespace garner::e2e
