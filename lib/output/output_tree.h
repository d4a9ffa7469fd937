// The folders below one output directory. Walks them component by component and follows no symbolic link on the way, so
// that nothing planted below the output directory redirects what we write, read or remove; above it only those of root
// and of our own user (base/trusted_path.h). What it makes is durable: a folder's entry is fsynced in its parent before
// anything is put into it, also if another thread or an earlier, killed process made it. When the output directory
// becomes another one (its disk unmounted: an empty mount point is left), nothing is found or made in it until it is
// one of ours again. Relative paths have '/' between components, no "." and no "..": they come from paths.h only.
// Blocking; may be used by many threads. Errors: NotFound, DiskFull, Internal; Corrupt where something that is no
// folder or file of ours is to be read.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "output/descriptor.h"
#include "output/layout.h"

namespace garner::output {

class OutputTree {
 public:
  explicit OutputTree(const OutputSpec& spec) : directory_(spec.directory), group_(spec.group) {}

  // "" is the output directory itself.
  Result<Descriptor> open_directory(std::string_view relative) const;
  Result<Descriptor> make_directory(std::string_view relative);
  // For reading; a regular file or an error.
  Result<Descriptor> open_file(std::string_view relative) const;
  // That it is not there is no error. Unless durably, a power cut may bring it back.
  Result<void> remove_file(std::string_view relative, bool durably = true) const;
  // Names in a folder, in any order; none if it is not there.
  Result<std::vector<std::string>> names_in(std::string_view relative) const;

  std::string full(std::string_view relative) const { return (directory_ / relative).string(); }
  std::optional<std::uint32_t> group() const { return group_; }

 private:
  Result<Descriptor> root() const;
  Result<void> recognise(int root) const;
  Result<Descriptor> enter(int parent, const std::string& name, std::string_view so_far);
  bool known(std::string_view relative);
  void remember(std::string_view relative);

  std::filesystem::path directory_;
  std::optional<std::uint32_t> group_;
  mutable std::mutex mutex_;
  mutable std::unordered_set<std::string> durable_;  // folders whose entry this process has seen fsynced
  mutable std::optional<std::pair<std::uint64_t, std::uint64_t>> identity_;  // of the output directory: device, inode
};

// "a/b/c" -> {"a/b", "c"}; {"", "c"} for "c".
std::pair<std::string_view, std::string_view> split_last(std::string_view relative);

// Calls with each entry's name but "." and "..", until it returns false.
Result<void> each_entry(const Descriptor& directory, const std::string& name_for_errors,
                        const std::function<bool(const char*)>& call);
Result<void> sync_directory(int directory, const std::string& name_for_errors);
Result<void> give_to_group(int file, std::optional<std::uint32_t> group, const std::string& name_for_errors);

}  // namespace garner::output
