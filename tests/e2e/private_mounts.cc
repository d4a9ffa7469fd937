#include "private_mounts.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace garner::e2e {

namespace {

std::string options(std::uint64_t kib) {
  return "size=" + std::to_string(kib) + "k,mode=0755";
}

}  // namespace

std::string enter_private_mounts() {
  const auto uid = getuid();
  const auto gid = getgid();
  const bool root = geteuid() == 0;
  if (unshare(root ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0)
    return std::string("no mount namespace of its own: ") + std::strerror(errno);
  if (!root) {
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
    write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
  }
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return std::string("mounts can't be made private: ") + std::strerror(errno);
  std::string pattern = (fs::temp_directory_path() / "garner-mount-XXXXXX").string();
  const fs::path trial = mkdtemp(pattern.data());
  const bool works = mount("tmpfs", trial.c_str(), "tmpfs", 0, options(64).c_str()) == 0;
  const int error = errno;
  if (works) umount2(trial.c_str(), MNT_DETACH);
  fs::remove(trial);
  return works ? std::string() : std::string("no tmpfs can be mounted: ") + std::strerror(error);
}

TinyDisk::TinyDisk(fs::path where, std::uint64_t kib) : where_(std::move(where)) {
  fs::create_directories(where_);
  if (mount("tmpfs", where_.c_str(), "tmpfs", 0, options(kib).c_str()) != 0)
    ADD_FAILURE() << "mounting a tmpfs at " << where_ << ": " << std::strerror(errno);
}

TinyDisk::~TinyDisk() {
  umount2(where_.c_str(), MNT_DETACH);
}

void TinyDisk::resize(std::uint64_t kib) {
  if (mount("tmpfs", where_.c_str(), "tmpfs", MS_REMOUNT, options(kib).c_str()) != 0)
    ADD_FAILURE() << "resizing " << where_ << ": " << std::strerror(errno);
}

void TinyDisk::set_read_only(bool read_only) {
  if (mount("tmpfs", where_.c_str(), "tmpfs", MS_REMOUNT | (read_only ? MS_RDONLY : 0U), nullptr) != 0 &&
      errno != EBUSY)
    ADD_FAILURE() << "remounting " << where_ << ": " << std::strerror(errno);
}

BoundFolder::BoundFolder(fs::path folder, fs::path where) : folder_(std::move(folder)), where_(std::move(where)) {
  fs::create_directories(folder_);
  fs::create_directories(where_);
  mount();
}

BoundFolder::~BoundFolder() {
  umount2(where_.c_str(), MNT_DETACH);
}

void BoundFolder::mount() {
  if (::mount(folder_.c_str(), where_.c_str(), nullptr, MS_BIND, nullptr) != 0)
    ADD_FAILURE() << "mounting " << folder_ << " at " << where_ << ": " << std::strerror(errno);
}

void BoundFolder::unmount() {
  if (umount2(where_.c_str(), MNT_DETACH) != 0)
    ADD_FAILURE() << "unmounting " << where_ << ": " << std::strerror(errno);
}

}  // namespace garner::e2e
