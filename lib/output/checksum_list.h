// Lists in the format of sha256sum: "<64 hex digits>  <path>\n" a line, sorted by path. Layout `files` keeps one a
// chunk as its index. Paths hold no backslash and no line feed (they come from paths.h), so sha256sum's escaping never
// occurs. Pure functions. Errors: Corrupt, with the line.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "ledger/chunk_record.h"

namespace garner::output {

struct ListedFile {
  ledger::Sha256 hash{};
  std::string path;
};

std::string format_checksum_list(std::span<const ListedFile> files);
Result<std::vector<ListedFile>> parse_checksum_list(std::string_view text);

}  // namespace garner::output
