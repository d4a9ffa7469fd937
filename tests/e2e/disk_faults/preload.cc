// Preloaded into a daemon under test (LD_PRELOAD): makes its disk fail, lets it die in the middle, and keeps beside it
// what a power cut would leave. For tests only; the daemon knows nothing of it.
//
//   GARNER_FAULT_ROOTS   folders whose files are looked after, separated by ':'
//   GARNER_FAULT_PAGE    page.h, mapped; steps are counted, fail, or are the last
//   GARNER_FAULT_SHADOW  a folder: there a copy of every file as it was at its last sync, and of every folder's names
//                        likewise, by inode and time of birth (shadow.h reads them)
//
// C functions of libc are taken over by name; what is not below the roots passes through.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "page.h"

namespace {

using garner::e2e::FaultPage;

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// Never destroyed: the daemon's threads write until the very end.
struct Setup {
  std::vector<std::string> roots;
  std::string shadow;
  FaultPage* page = nullptr;

  Setup() {
    const char* roots_text = std::getenv("GARNER_FAULT_ROOTS");
    std::string all = roots_text != nullptr ? roots_text : "";
    while (!all.empty()) {
      const auto colon = all.find(':');
      roots.push_back(all.substr(0, colon));
      all = colon == std::string::npos ? "" : all.substr(colon + 1);
    }
    if (const char* path = std::getenv("GARNER_FAULT_SHADOW")) shadow = path;
    if (const char* path = std::getenv("GARNER_FAULT_PAGE")) {
      const int file = open(path, O_RDWR | O_CLOEXEC);
      void* at = mmap(nullptr, sizeof(FaultPage), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
      if (file < 0 || at == MAP_FAILED) std::abort();
      close(file);
      page = static_cast<FaultPage*>(at);
    }
  }
};

const Setup& setup() {
  static const Setup* made = new Setup;
  return *made;
}

bool below_roots(const std::string& path) {
  for (const auto& root : setup().roots) {
    if (path == root || (path.starts_with(root) && path[root.size()] == '/')) return true;
  }
  return false;
}

std::string path_of(int file) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

std::string path_at(int folder, const char* name) {
  if (name[0] == '/') return name;
  if (folder != AT_FDCWD) return path_of(folder) + "/" + name;
  char here[4096];
  return getcwd(here, sizeof here) != nullptr ? std::string(here) + "/" + name : std::string(name);
}

// False: the step fails, with errno set.
bool step(bool ours) {
  auto* page = setup().page;
  if (!ours || page == nullptr) return true;
  const std::uint64_t number = page->steps.fetch_add(1);
  if (page->die_at != 0 && number == page->die_at) {
    kill(getpid(), SIGKILL);
    pause();
  }
  if (number < page->fail_from || number >= page->fail_to) return true;
  errno = page->error_number;
  return false;
}

bool is_regular(int file) {
  struct stat status{};
  return fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

bool write_step(int file) {
  return step(setup().page != nullptr && is_regular(file) && below_roots(path_of(file)));
}

std::string identity(const struct statx& status) {
  return std::to_string(status.stx_ino) + "-" + std::to_string(status.stx_btime.tv_sec) + "-" +
         std::to_string(status.stx_btime.tv_nsec);
}

// Whole or not at all.
void keep(const std::string& name, const std::string& text) {
  const std::string path = setup().shadow + "/" + name;
  const std::string scratch = path + ".new-" + std::to_string(gettid());
  const int file = open(scratch.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return;
  static auto* real_write = next<ssize_t(int, const void*, size_t)>("write");
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t wrote = real_write(file, text.data() + at, text.size() - at);
    if (wrote <= 0) break;
    at += static_cast<std::size_t>(wrote);
  }
  close(file);
  static auto* real_rename = next<int(const char*, const char*)>("rename");
  real_rename(scratch.c_str(), path.c_str());
}

void keep_file(int file, const struct statx& status) {
  const int reading = open(("/proc/self/fd/" + std::to_string(file)).c_str(), O_RDONLY | O_CLOEXEC);
  if (reading < 0) return;
  std::string text(status.stx_size, '\0');
  std::size_t size = 0;
  for (ssize_t got = 1; got > 0 && size < text.size(); size += got > 0 ? static_cast<std::size_t>(got) : 0)
    got = pread(reading, text.data() + size, text.size() - size, static_cast<off_t>(size));
  close(reading);
  text.resize(size);
  keep("f-" + identity(status), text);
}

// A line a name: type, mode, identity, name.
void keep_folder(int folder, const struct statx& status) {
  const int reading = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = reading < 0 ? nullptr : fdopendir(reading);
  if (entries == nullptr) return;
  std::string text;
  while (const dirent* entry = readdir(entries)) {
    const std::string name = entry->d_name;
    struct statx found{};
    if (name == "." || name == ".." ||
        statx(folder, entry->d_name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &found) != 0)
      continue;
    text += std::string(S_ISDIR(found.stx_mode) ? "d " : "f ") + std::to_string(found.stx_mode & 07777) + " " +
            identity(found) + " " + name + "\n";
  }
  closedir(entries);
  keep("d-" + identity(status), text);
}

// A folder of ours, or one above: what is synced there is what makes ours be there.
bool worth_keeping(const std::string& path) {
  if (below_roots(path)) return true;
  for (const auto& root : setup().roots) {
    if (root.starts_with(path + "/")) return true;
  }
  return false;
}

int synced(int file, int result) {
  if (result != 0 || setup().shadow.empty()) return result;
  const int error = errno;
  struct statx status{};
  if (worth_keeping(path_of(file)) && statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &status) == 0) {
    if (S_ISDIR(status.stx_mode))
      keep_folder(file, status);
    else if (S_ISREG(status.stx_mode))
      keep_file(file, status);
  }
  errno = error;
  return 0;
}

}  // namespace

extern "C" {

int fsync(int file) {
  static auto* real = next<int(int)>("fsync");
  if (!step(below_roots(path_of(file)))) return -1;
  return synced(file, real(file));
}

int fdatasync(int file) {
  static auto* real = next<int(int)>("fdatasync");
  if (!step(below_roots(path_of(file)))) return -1;
  return synced(file, real(file));
}

ssize_t write(int file, const void* bytes, size_t size) {
  static auto* real = next<ssize_t(int, const void*, size_t)>("write");
  return write_step(file) ? real(file, bytes, size) : -1;
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  static auto* real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return write_step(file) ? real(file, bytes, size, at) : -1;
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  static auto* real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return write_step(file) ? real(file, bytes, size, at) : -1;
}

int ftruncate(int file, off_t size) {
  static auto* real = next<int(int, off_t)>("ftruncate");
  return write_step(file) ? real(file, size) : -1;
}

int rename(const char* from, const char* to) {
  static auto* real = next<int(const char*, const char*)>("rename");
  return step(below_roots(path_at(AT_FDCWD, to))) ? real(from, to) : -1;
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  static auto* real = next<int(int, const char*, int, const char*)>("renameat");
  return step(below_roots(path_at(to_folder, to))) ? real(from_folder, from, to_folder, to) : -1;
}

int link(const char* from, const char* to) {
  static auto* real = next<int(const char*, const char*)>("link");
  return step(below_roots(path_at(AT_FDCWD, to))) ? real(from, to) : -1;
}

int mkdir(const char* path, mode_t mode) {
  static auto* real = next<int(const char*, mode_t)>("mkdir");
  return step(below_roots(path_at(AT_FDCWD, path))) ? real(path, mode) : -1;
}

int mkdirat(int folder, const char* path, mode_t mode) {
  static auto* real = next<int(int, const char*, mode_t)>("mkdirat");
  return step(below_roots(path_at(folder, path))) ? real(folder, path, mode) : -1;
}

}  // extern "C"
