// A daemon on a disk that the test commands: which of its durable steps fail, at which one it dies, and what a power
// cut then leaves (preload.cc does it inside the daemon).
#pragma once

#include "../rig.h"
#include "page.h"

namespace garner::e2e {

class DiskFaults {
 public:
  // Of what lies below the rig's state and output folders.
  explicit DiskFaults(const Rig& rig);
  ~DiskFaults();
  DiskFaults(const DiskFaults&) = delete;
  DiskFaults& operator=(const DiskFaults&) = delete;

  // What the daemon is to be started with.
  std::map<std::string, std::string> environment(bool with_shadow) const;

  std::uint64_t steps() const { return page_->steps; }
  // The n-th step from now and all after it fail, until lifted.
  void fail_after(std::uint64_t n, int error_number);
  void lift();
  // The daemon dies instead of its n-th step; steps count from 0 again.
  void die_at(std::uint64_t n);

  // Puts in the place of the state and output folders what a disk that forgot everything un-synced holds. The daemon
  // must be dead.
  void forget_what_was_not_synced();

 private:
  void take_stock(const fs::path& folder) const;

  fs::path root_, shadow_, page_path_;
  FaultPage* page_ = nullptr;
};

}  // namespace garner::e2e
