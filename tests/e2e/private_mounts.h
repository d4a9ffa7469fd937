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
  void set_read_only(bool read_only);

 private:
  fs::path where_;
};

// A folder seen at another place while it is mounted there; an empty mount point is left when it is not.
class BoundFolder {
 public:
  BoundFolder(fs::path folder, fs::path where);
  ~BoundFolder();
  BoundFolder(const BoundFolder&) = delete;
  BoundFolder& operator=(const BoundFolder&) = delete;
  void mount();
  void unmount();

 private:
  fs::path folder_, where_;
};

}  // namespace garner::e2e
