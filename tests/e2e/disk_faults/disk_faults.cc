#include "disk_faults.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

namespace garner::e2e {

namespace {

std::string identity(const fs::path& path) {
  struct statx status{};
  EXPECT_EQ(statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &status), 0) << path;
  EXPECT_NE(status.stx_mask & STATX_BTIME, 0U) << "files have no time of birth here";
  return std::to_string(status.stx_ino) + "-" + std::to_string(status.stx_btime.tv_sec) + "-" +
         std::to_string(status.stx_btime.tv_nsec);
}

struct Entry {
  bool folder = false;
  unsigned mode = 0;
  std::string identity, name;
};

std::vector<Entry> entries_of(const fs::path& listing) {
  std::vector<Entry> entries;
  std::istringstream lines(fs::exists(listing) ? read_file(listing) : "");
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Entry entry;
    std::string type;
    words >> type >> entry.mode >> entry.identity;
    words.ignore(1);
    std::getline(words, entry.name);
    entry.folder = type == "d";
    entries.push_back(entry);
  }
  return entries;
}

// The folder of that identity, as it was when it was synced, into an empty one.
void rebuild(const fs::path& shadow, const std::string& of, const fs::path& into) {
  for (const auto& entry : entries_of(shadow / ("d-" + of))) {
    const fs::path path = into / entry.name;
    if (entry.folder) {
      fs::create_directory(path);
      rebuild(shadow, entry.identity, path);
    } else if (const fs::path copy = shadow / ("f-" + entry.identity); fs::exists(copy)) {
      fs::copy_file(copy, path);
    } else {
      write_file(path, "");  // its name was synced, and nothing of what was in it
    }
    fs::permissions(path, static_cast<fs::perms>(entry.mode));
  }
}

}  // namespace

DiskFaults::DiskFaults(const Rig& rig)
    : root_(rig.root()), shadow_(rig.root() / "shadow"), page_path_(rig.root() / "faults") {
  fs::create_directories(shadow_);
  const int file = open(page_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(FaultPage)) != 0) std::abort();
  void* at = mmap(nullptr, sizeof(FaultPage), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (at == MAP_FAILED) std::abort();
  page_ = static_cast<FaultPage*>(at);
}

DiskFaults::~DiskFaults() {
  munmap(page_, sizeof(FaultPage));
}

std::map<std::string, std::string> DiskFaults::environment(bool with_shadow) const {
  std::map<std::string, std::string> out = {
      {"LD_PRELOAD", DISK_FAULTS_PRELOAD},
      {"GARNER_FAULT_ROOTS", (root_ / "state").string() + ":" + (root_ / "output").string()},
      {"GARNER_FAULT_PAGE", page_path_.string()}};
  if (with_shadow) out["GARNER_FAULT_SHADOW"] = shadow_.string();
  return out;
}

void DiskFaults::fail_after(std::uint64_t n, int error_number) {
  page_->error_number = error_number;
  page_->fail_to = UINT64_MAX;
  page_->fail_from = page_->steps + n;
}

void DiskFaults::lift() {
  page_->fail_to = 0;
}

void DiskFaults::die_at(std::uint64_t n) {
  page_->steps = 0;
  page_->die_at = n;
}

// What is there now is on the disk for good.
void DiskFaults::take_stock(const fs::path& folder) const {
  std::string listing;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string own = identity(entry.path());
    struct stat status{};
    EXPECT_EQ(lstat(entry.path().c_str(), &status), 0);
    listing += std::string(entry.is_directory() ? "d " : "f ") + std::to_string(status.st_mode & 07777) + " " + own +
               " " + entry.path().filename().string() + "\n";
    if (entry.is_directory())
      take_stock(entry.path());
    else if (entry.is_regular_file())
      fs::copy_file(entry.path(), shadow_ / ("f-" + own), fs::copy_options::overwrite_existing);
  }
  write_file(shadow_ / ("d-" + identity(folder)), listing);
}

void DiskFaults::forget_what_was_not_synced() {
  const auto above = entries_of(shadow_ / ("d-" + identity(root_)));
  for (const std::string name : {"state", "output"}) {
    const fs::path folder = root_ / name, old = root_ / (name + ".lost");
    if (!fs::exists(folder)) continue;
    const std::string own = identity(folder);
    const bool stays = name == "output" || std::ranges::any_of(above, [&](const Entry& entry) {
                         return entry.name == name && entry.identity == own;
                       });  // the output root was there before any daemon
    fs::remove_all(old);
    fs::rename(folder, old);
    if (!stays) continue;
    fs::create_directory(folder);
    rebuild(shadow_, own, folder);
  }
  for (const auto& entry : fs::directory_iterator(shadow_)) fs::remove(entry.path());
  for (const std::string name : {"state", "output"}) {
    if (fs::exists(root_ / name)) take_stock(root_ / name);
  }
  write_file(shadow_ / ("d-" + identity(root_)),
             fs::exists(root_ / "state") ? "d 493 " + identity(root_ / "state") + " state\n" : "");
}

}  // namespace garner::e2e
