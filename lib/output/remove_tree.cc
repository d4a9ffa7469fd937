#include "output/remove_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/trusted_path.h"
#include "output/output_tree.h"

namespace garner::output {

namespace {

constexpr int kDepthMost = 64;  // ours are six deep; each level holds a descriptor

Result<void> remove_entry(int parent, const std::string& name, const std::string& path, int depth) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return fail_errno(errno, path);
  if (depth > kDepthMost) return fail(Kind::Internal, "{}: more than {} folders deep", path, kDepthMost);
  {
    const Descriptor folder(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) return fail_errno(errno, path);
    std::vector<std::string> names;  // removing while reading may skip entries
    auto listed = each_entry(folder, path, [&names](const char* entry) {
      names.emplace_back(entry);
      return true;
    });
    if (!listed) return listed;
    for (const auto& entry : names) {
      if (auto removed = remove_entry(folder.get(), entry, path + "/" + entry, depth + 1); !removed) return removed;
    }
  }
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return fail_errno(errno, path);
  return {};
}

}  // namespace

Result<void> remove_tree(const std::filesystem::path& directory) {
  auto opened = open_trusted_folder(directory.parent_path());
  if (!opened && opened.error().kind == Kind::NotFound) return {};
  if (!opened) return std::unexpected(opened.error());
  const Descriptor parent(*opened);
  return remove_entry(parent.get(), directory.filename().string(), directory.string(), 0);
}

}  // namespace garner::output
