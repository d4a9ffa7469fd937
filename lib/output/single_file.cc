#include "output/single_file.h"

namespace garner::output {

Result<std::optional<std::string>> damage_of(const OutputTree& tree, const std::string& relative,
                                             const ledger::Sha256& expected) {
  const auto hash = hash_file(tree, relative);
  if (hash) {
    if (*hash == expected) return std::nullopt;
    return relative + ": sha256 differs";
  }
  if (hash.error().kind == Kind::NotFound) return relative + " is missing";
  if (hash.error().kind == Kind::Corrupt) return fmt::format("{} is damaged: {}", relative, hash.error().detail);
  return std::unexpected(hash.error());
}

Result<void> SingleFileLayout::discard(const PackKey& key, std::span<const SourceId>) {
  return tree_.remove_file(path_of(key));
}

Result<std::vector<std::pair<std::string, std::string>>> SingleFileLayout::checksums(const PackKey& key,
                                                                                     const ledger::Pack& pack) {
  return std::vector{std::pair(to_hex(pack.hash), path_of(key))};
}

Result<std::vector<std::string>> SingleFileLayout::verify(const PackKey& key, const ledger::Pack& pack) {
  auto damage = damage_of(tree_, path_of(key), pack.hash);
  if (!damage) return std::unexpected(damage.error());
  std::vector<std::string> found;
  if (*damage) found.push_back(std::move(**damage));
  return found;
}

}  // namespace garner::output
