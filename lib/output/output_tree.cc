#include "output/output_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/durable_step.h"
#include "base/trusted_path.h"
#include "output/paths.h"

namespace garner::output {

namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr std::size_t kMostRemembered = 8192;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

std::unexpected<Error> not_ours(Kind kind, const std::string& path) {
  return fail(
      kind, "{}: is not a folder, or is a symbolic link, which is not followed below an output directory; move it away",
      path);
}

bool is_foreign(int error_number) {
  return error_number == ENOTDIR || error_number == ELOOP;
}

// Takes the first component off rest.
std::string next_component(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  const std::string name(rest.substr(0, slash));
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  return name;
}

}  // namespace

std::pair<std::string_view, std::string_view> split_last(std::string_view relative) {
  const std::size_t slash = relative.rfind('/');
  if (slash == std::string_view::npos) return {{}, relative};
  return {relative.substr(0, slash), relative.substr(slash + 1)};
}

Result<void> each_entry(const Descriptor& directory, const std::string& path,
                        const std::function<bool(const char*)>& call) {
  const int own = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseFolder> folder(own < 0 ? nullptr : fdopendir(own));
  if (!folder) return fail_errno(errno, path);
  for (errno = 0; const dirent* entry = readdir(folder.get()); errno = 0) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && !call(entry->d_name)) return {};
  }
  if (errno != 0) return fail_errno(errno, path);
  return {};
}

Result<void> sync_directory(int directory, const std::string& name_for_errors) {
  const DurableStepMark mark(DurableStep::DirectoryFsync);
  if (::fsync(directory) != 0) return fail_errno(errno, name_for_errors);
  return {};
}

Result<void> give_to_group(int file, std::optional<std::uint32_t> group, const std::string& name_for_errors) {
  if (!group || ::fchown(file, static_cast<uid_t>(-1), *group) == 0) return {};
  return fail_errno(errno, fmt::format("{}: can't be given to group {} (is the service's user a member of it?)",
                                       name_for_errors, *group));
}

Result<Descriptor> OutputTree::root() const {
  auto parent = open_trusted_folder(directory_.parent_path());
  if (!parent) return std::unexpected(parent.error());
  Descriptor root(::openat(Descriptor(*parent).get(), directory_.filename().c_str(), kDirectoryFlags));
  if (root) {
    if (auto known = recognise(root.get()); !known) return std::unexpected(known.error());
    return root;
  }
  if (is_foreign(errno)) return not_ours(Kind::Internal, directory_.string());
  return fail_errno(errno, directory_.string());
}

Result<void> OutputTree::recognise(int root) const {
  struct stat status{};
  if (::fstat(root, &status) != 0) return fail_errno(errno, directory_.string());
  const std::pair<std::uint64_t, std::uint64_t> found(status.st_dev, status.st_ino);
  const std::lock_guard lock(mutex_);
  if (identity_ == found) return {};
  struct stat own{};
  if (identity_ && ::fstatat(root, std::string(kOwnFolder).c_str(), &own, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail(Kind::NotFound, "{}: another, foreign directory lies there now (is its disk mounted?)",
                directory_.string());
  }
  identity_ = found;
  durable_.clear();
  return {};
}

Result<Descriptor> OutputTree::open_directory(std::string_view relative) const {
  auto here = root();
  for (std::string_view rest = relative; here && !rest.empty();) {
    const std::string name = next_component(rest);
    Descriptor next(::openat(here->get(), name.c_str(), kDirectoryFlags));
    if (!next) {
      const int reason = errno;
      const std::string path = full(relative.substr(0, relative.size() - rest.size()));
      if (is_foreign(reason)) return not_ours(Kind::Corrupt, path);
      return fail_errno(reason, path);
    }
    here = std::move(next);
  }
  return here;
}

Result<Descriptor> OutputTree::make_directory(std::string_view relative) {
  auto here = root();
  for (std::string_view rest = relative; here && !rest.empty();) {
    const std::string name = next_component(rest);
    const std::size_t end = relative.size() - rest.size();
    here = enter(here->get(), name, relative.substr(0, rest.empty() ? end : end - 1));
  }
  return here;
}

Result<Descriptor> OutputTree::enter(int parent, const std::string& name, std::string_view so_far) {
  Descriptor here(::openat(parent, name.c_str(), kDirectoryFlags));
  if (here && known(so_far)) return here;
  const std::string path = full(so_far);
  if (!here) {
    if (is_foreign(errno)) return not_ours(Kind::Internal, path);
    if (errno != ENOENT) return fail_errno(errno, path);
    const bool made = ::mkdirat(parent, name.c_str(), 0750) == 0;
    if (!made && errno != EEXIST) return fail_errno(errno, path);
    here = Descriptor(::openat(parent, name.c_str(), kDirectoryFlags));
    if (!here) return is_foreign(errno) ? not_ours(Kind::Internal, path) : fail_errno(errno, path);
    if (made && ::fchmod(here.get(), 0750) != 0) return fail_errno(errno, path);  // whatever the umask
  }
  // Also for a folder that was there: who made it may have been killed in between.
  struct stat status{};
  if (::fstat(here.get(), &status) != 0) return fail_errno(errno, path);
  if (group_ && status.st_gid != *group_) {
    if (auto given = give_to_group(here.get(), group_, path); !given) return std::unexpected(given.error());
  }
  if (auto synced = sync_directory(parent, path); !synced) return std::unexpected(synced.error());
  remember(so_far);
  return here;
}

Result<Descriptor> OutputTree::open_file(std::string_view relative) const {
  const auto [folder, name] = split_last(relative);
  auto directory = open_directory(folder);
  if (!directory) return directory;
  // Nonblocking: a pipe that somebody put there must not hold us up.
  Descriptor file(
      ::openat(directory->get(), std::string(name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) {
    if (is_foreign(errno)) return fail(Kind::Corrupt, "{}: is a symbolic link, expected a file", full(relative));
    return fail_errno(errno, full(relative));
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fail_errno(errno, full(relative));
  if (!S_ISREG(status.st_mode)) return fail(Kind::Corrupt, "{}: is not a regular file", full(relative));
  return file;
}

Result<void> OutputTree::remove_file(std::string_view relative, bool durably) const {
  const auto [folder, name] = split_last(relative);
  auto directory = open_directory(folder);
  if (!directory) {
    if (directory.error().kind == Kind::NotFound) return {};
    return std::unexpected(directory.error());
  }
  if (::unlinkat(directory->get(), std::string(name).c_str(), 0) != 0) {
    if (errno == ENOENT) return {};
    return fail_errno(errno, full(relative));
  }
  if (!durably) return {};
  return sync_directory(directory->get(), full(relative));
}

Result<std::vector<std::string>> OutputTree::names_in(std::string_view relative) const {
  std::vector<std::string> names;
  auto directory = open_directory(relative);
  if (!directory && directory.error().kind == Kind::NotFound) return names;
  if (!directory) return std::unexpected(directory.error());
  auto listed = each_entry(*directory, full(relative), [&](const char* name) {
    names.emplace_back(name);
    return true;
  });
  if (!listed) return std::unexpected(listed.error());
  return names;
}

bool OutputTree::known(std::string_view relative) {
  const std::lock_guard lock(mutex_);
  return durable_.contains(std::string(relative));
}

void OutputTree::remember(std::string_view relative) {
  const std::lock_guard lock(mutex_);
  if (durable_.size() >= kMostRemembered) durable_.clear();  // costs some fsyncs, bounds the memory
  durable_.emplace(relative);
}

}  // namespace garner::output
