// Lists written to files and read back. Header-only; tests only.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "manifest/id_list.h"

namespace garner::manifest::testing {

struct ReadList {
  Result<IdListCounts> counts = IdListCounts{};
  std::vector<std::uint64_t> ids;
  std::vector<std::string> refused;  // "line 3: 'text': reason"
};

inline ReadList read_path(const std::string& path, std::optional<std::string> column = std::nullopt,
                          std::string release = "Gaia DR3") {
  ReadList list;
  list.counts = read_id_list(
      path, {std::move(release), std::move(column)},
      [&list](std::span<const SourceId> ids) -> Result<void> {
        for (const auto id : ids) list.ids.push_back(id.value);
        return {};
      },
      [&list](const RefusedId& row) -> Result<void> {
        list.refused.push_back(
            fmt::format("{} {}: '{}': {}", row.is_line ? "line" : "row", row.row, row.text, row.reason));
        return {};
      });
  return list;
}

class ListFile {
 public:
  explicit ListFile(std::string_view bytes)
      : path_(std::filesystem::path(::testing::TempDir()) / fmt::format("garner-ids-{}", ::getpid())) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~ListFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline ReadList read_text(std::string_view bytes, std::optional<std::string> column = std::nullopt,
                          std::string release = "Gaia DR3") {
  const ListFile file(bytes);
  return read_path(file.path(), std::move(column), std::move(release));
}

}  // namespace garner::manifest::testing
