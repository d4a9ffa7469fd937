// Getting an output directory ready, and telling beforehand whether it will do.
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>

#include "base/trusted_path.h"
#include "output/paths.h"
#include "output/publish.h"

namespace garner::output {

namespace {

namespace fs = std::filesystem;

Result<bool> is_empty(const Descriptor& directory, const std::string& path) {
  bool empty = true;
  auto listed = each_entry(directory, path, [&](const char*) { return empty = false; });
  if (!listed) return std::unexpected(listed.error());
  return empty;
}

Result<void> empty_folder(const Descriptor& directory, const std::string& path) {
  std::vector<std::string> names;  // removing while reading may skip entries
  auto listed = each_entry(directory, path, [&](const char* name) {
    names.emplace_back(name);
    return true;
  });
  if (!listed) return listed;
  for (const auto& name : names) {
    if (::unlinkat(directory.get(), name.c_str(), 0) == 0 || errno == ENOENT) continue;
    if (errno == EISDIR && ::unlinkat(directory.get(), name.c_str(), AT_REMOVEDIR) == 0) continue;
    return fail_errno(errno, path + "/" + name);
  }
  return {};
}

// Makes the output directory itself, durably: its entry is fsynced also if it was there, who made it may have been
// killed in between.
Result<void> make_root(const OutputSpec& spec) {
  const std::string path = spec.directory.string();
  const std::string name = spec.directory.filename().string();
  auto opened = open_trusted_folder(spec.directory.parent_path());
  if (!opened) return std::unexpected(opened.error());
  const Descriptor parent(*opened);
  const bool made = ::mkdirat(parent.get(), name.c_str(), 0750) == 0;
  if (!made && errno != EEXIST) return fail_errno(errno, path);
  if (made) {
    const Descriptor root(::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!root) return fail_errno(errno, path);
    if (::fchmod(root.get(), 0750) != 0) return fail_errno(errno, path);
    if (auto given = give_to_group(root.get(), spec.group, path); !given) return given;
  }
  const Descriptor readable(::openat(parent.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable && !made) return {};  // an operator's directory in a place that we may not read
  if (!readable) return fail_errno(errno, spec.directory.parent_path().string());
  return sync_directory(readable.get(), path);
}

Result<void> write_if_different(OutputTree& tree, std::string_view text, std::string_view name) {
  const auto present = read_whole(tree, name, text.size());
  if (present && *present == text) return {};
  return publish_text(tree, text, name);
}

Result<std::string> resolve(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr) return fail_errno(errno, path);
  return std::string(resolved);
}

bool lies_below(const fs::path& path, const fs::path& root) {
  const auto [root_end, rest] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return root_end == root.end() && rest != path.end();
}

// The path with every symbolic link resolved; the last component need not exist.
Result<fs::path> canonical_output(const std::string& directory) {
  fs::path given(directory);
  if (!given.has_filename()) given = given.parent_path();  // a slash at the end
  const std::string last = given.filename().string();
  struct stat status{};
  if (::lstat(given.c_str(), &status) == 0 || last == "." || last == "..") {
    auto resolved = resolve(given.string());
    if (!resolved)
      return fail(Kind::Invalid, "output.directory {}; name a directory that exists, or a new one in it",
                  resolved.error().detail);
    return fs::path(*resolved);
  }
  auto parent = resolve(given.parent_path().string());
  if (!parent)
    return fail(Kind::Invalid, "output.directory {}: its parent directory {}; create that first", directory,
                parent.error().detail);
  return fs::path(*parent) / last;
}

// The root, resolved, in which the directory lies.
Result<fs::path> root_of(const fs::path& directory, std::span<const std::string> roots) {
  for (const auto& root : roots) {
    const auto resolved = resolve(root);
    if (resolved && lies_below(directory, *resolved)) return fs::path(*resolved);
  }
  if (roots.empty())
    return fail(Kind::Invalid, "output.directory {}: output_roots in garnerd.yaml is empty; add a directory to it",
                directory.string());
  return fail(Kind::Invalid,
              "output.directory {}: lies in none of the output_roots; choose a directory below {}, or add one to "
              "output_roots in garnerd.yaml",
              directory.string(), fmt::join(roots, " or "));
}

Result<void> check_no_harvest_around(const fs::path& directory, const fs::path& root) {
  for (fs::path above = directory.parent_path(); lies_below(above, root); above = above.parent_path()) {
    struct stat status{};
    if (::lstat((above / kOwnFolder).c_str(), &status) != 0) continue;
    return fail(Kind::Invalid,
                "output.directory {}: lies inside {}, the output of another harvest; choose a directory beside it",
                directory.string(), above.string());
  }
  return {};
}

Result<void> check_writable(const fs::path& directory, const fs::path& place) {
  if (::faccessat(AT_FDCWD, place.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0) return {};
  return fail(Kind::Invalid,
              "output.directory {}: the service can't write to {}: {}; give its user read and write permission there "
              "(if systemd runs it, "
              "ReadWritePaths= in the unit must hold it too)",
              directory.string(), place.string(), std::strerror(errno));
}

}  // namespace

Result<void> prepare_output(const OutputSpec& spec, std::string_view manifest, std::string_view credit,
                            bool holds_products) {
  struct stat own_folder{};
  if (holds_products && ::lstat((spec.directory / kOwnFolder).c_str(), &own_folder) != 0) {
    return fail(Kind::NotFound,
                "{} is not there, though products were delivered to it: is its disk mounted? Mount it, or move the "
                "data back; where systemd's sandbox hides the mount, restart garnerd then",
                spec.directory.string());
  }
  if (auto made = make_root(spec); !made) return made;
  OutputTree tree(spec);
  const std::string path = spec.directory.string();
  auto own = tree.open_directory(kOwnFolder);
  if (!own && own.error().kind != Kind::NotFound) return std::unexpected(own.error());
  if (!own) {
    auto root = tree.open_directory("");
    if (!root) return std::unexpected(root.error());
    auto empty = is_empty(*root, path);
    if (!empty) return std::unexpected(empty.error());
    if (!*empty)
      return fail(Kind::Conflict, "{}: is not empty and no output directory of ours; choose another one, or empty it",
                  path);
    if (auto given = give_to_group(root->get(), spec.group, path); !given) return given;
  }
  auto temp = tree.make_directory(kTempFolder);
  if (!temp) return std::unexpected(temp.error());
  if (::fchmod(temp->get(), 0700) != 0) return fail_errno(errno, tree.full(kTempFolder));
  if (auto emptied = empty_folder(*temp, tree.full(kTempFolder)); !emptied) return emptied;
  if (auto written = write_if_different(tree, manifest, kManifestFile); !written) return written;
  if (credit.empty()) return {};
  return write_if_different(tree, credit, kCreditFile);
}

Result<fs::path> check_output_directory(const std::string& directory, std::span<const std::string> roots) {
  const bool printable_only =
      std::ranges::none_of(directory, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (!printable_only || directory.size() >= PATH_MAX) {
    return fail(Kind::Invalid, "output.directory '{}': holds control characters or is too long", printable(directory));
  }
  if (!directory.starts_with('/'))
    return fail(Kind::Invalid, "output.directory '{}': expected an absolute path (it starts with /)", directory);
  auto canonical = canonical_output(directory);
  if (!canonical) return canonical;
  const auto root = root_of(*canonical, roots);
  if (!root) return root;
  if (auto alone = check_no_harvest_around(*canonical, *root); !alone) return std::unexpected(alone.error());

  struct stat status{};
  if (::lstat(canonical->c_str(), &status) != 0) {
    if (auto writable = check_writable(*canonical, canonical->parent_path()); !writable)
      return std::unexpected(writable.error());
    return canonical;
  }
  if (!S_ISDIR(status.st_mode))
    return fail(Kind::Invalid, "output.directory {}: is not a directory; choose another name", canonical->string());
  if (auto writable = check_writable(*canonical, *canonical); !writable) return std::unexpected(writable.error());
  const Descriptor open_one(::open(canonical->c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!open_one) return fail_errno(errno, canonical->string());
  const auto empty = is_empty(open_one, canonical->string());
  if (!empty) return std::unexpected(empty.error());
  if (!*empty)
    return fail(Kind::Invalid, "output.directory {}: is not empty; choose a new or an empty directory",
                canonical->string());
  return canonical;
}

Result<std::uint64_t> free_bytes(const fs::path& directory) {
  struct statvfs status{};
  if (::statvfs(directory.c_str(), &status) != 0) return fail_errno(errno, directory.string());
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace garner::output
