#include "base/trusted_path.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <list>

namespace garner {

namespace {

constexpr int kLinksMost = 40;  // as the kernel has it

class Folder {
 public:
  explicit Folder(int descriptor) : descriptor_(descriptor) {}
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { replace(-1); }
  int get() const { return descriptor_; }
  void replace(int other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = other;
  }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

// One call where there is no link at all. Kernels before 5.6 and some containers do not know it.
int open_without_links(const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  return static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how));
}

Result<std::string> target_of(int link, const std::string& path) {
  std::array<char, PATH_MAX> text;
  const ssize_t size = ::readlinkat(link, "", text.data(), text.size());
  if (size <= 0 || size == std::ssize(text))
    return fail(Kind::Internal, "{}: a symbolic link in it can't be read", path);
  return std::string(text.data(), static_cast<std::size_t>(size));
}

class Walk {
 public:
  explicit Walk(const std::filesystem::path& path) : path_(path.string()), here_(-1) {
    here_.replace(start(path));
    rest_.assign(path.begin(), path.end());
  }

  Result<int> to_its_end() {
    while (!rest_.empty()) {
      const std::string name = rest_.front();
      rest_.pop_front();
      if (name.empty() || name == "/") continue;
      if (auto gone = step(name); !gone) return std::unexpected(gone.error());
    }
    struct stat status{};
    if (::fstat(here_.get(), &status) != 0) return fail_errno(errno, path_);
    if (!S_ISDIR(status.st_mode)) return fail_errno(ENOTDIR, path_);
    return here_.release();
  }

 private:
  static int start(const std::filesystem::path& path) {
    return ::open(path.is_absolute() ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  }

  Result<void> step(const std::string& name) {
    Folder next(::openat(here_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status{};
    if (next.get() < 0 || ::fstat(next.get(), &status) != 0) return fail_errno(errno, path_);
    if (!S_ISLNK(status.st_mode)) {
      here_.replace(next.release());
      return {};
    }
    if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
      return fail(Kind::Internal,
                  "{}: '{}' in it is a symbolic link that user id {} made, which is not followed; remove it", path_,
                  printable(name), status.st_uid);
    }
    if (++links_ > kLinksMost) return fail_errno(ELOOP, path_);
    auto target = target_of(next.get(), path_);
    if (!target) return std::unexpected(target.error());
    const std::filesystem::path behind(*target);
    if (behind.is_absolute()) here_.replace(start(behind));
    rest_.insert(rest_.begin(), behind.begin(), behind.end());
    return {};
  }

  std::string path_;
  Folder here_;
  std::list<std::string> rest_;
  int links_ = 0;
};

}  // namespace

Result<int> open_trusted_folder(const std::filesystem::path& path) {
  const int direct = open_without_links(path.string());
  if (direct >= 0) return direct;
  if (errno == ELOOP || errno == ENOSYS || errno == EPERM) return Walk(path).to_its_end();
  return fail_errno(errno, path.string());
}

}  // namespace garner
