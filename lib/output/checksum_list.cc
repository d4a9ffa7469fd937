#include "output/checksum_list.h"

#include "output/sha256.h"

namespace garner::output {

namespace {

constexpr std::size_t kHashDigits = 64;
constexpr std::string_view kGap = "  ";

}  // namespace

std::string format_checksum_list(std::span<const ListedFile> files) {
  std::string text;
  for (const auto& file : files) text.append(to_hex(file.hash)).append(kGap).append(file.path) += '\n';
  return text;
}

Result<std::vector<ListedFile>> parse_checksum_list(std::string_view text) {
  std::vector<ListedFile> files;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const auto hash = parse_hex(line.substr(0, kHashDigits));
    const bool good = end != std::string_view::npos && hash && line.substr(kHashDigits, kGap.size()) == kGap &&
                      line.size() > kHashDigits + kGap.size();
    if (!good) return fail(Kind::Corrupt, "line {}: expected '<64 hex digits>  <path>'", files.size() + 1);
    files.push_back({*hash, std::string(line.substr(kHashDigits + kGap.size()))});
    text.remove_prefix(end + 1);
  }
  return files;
}

}  // namespace garner::output
