#include "archive/profile.h"

#include <algorithm>
#include <filesystem>

#include "base/nearest_word.h"
#include "base/strict_yaml.h"

namespace garner::archive {

namespace {

constexpr std::string_view kExtension = ".yaml";

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

const RetrievalType* Release::find(std::string_view type) const {
  const auto found = std::ranges::find(retrieval_types, type, &RetrievalType::name);
  return found == retrieval_types.end() ? nullptr : &*found;
}

const Release* Profile::find(std::string_view release) const {
  const auto found = std::ranges::find(releases, release, &Release::name);
  return found == releases.end() ? nullptr : &*found;
}

bool Profile::uploads_welcome() const {
  switch (tap.uploads) {
    case TapFacts::Uploads::Always:
      return true;
    case TapFacts::Uploads::LoggedIn:
      return !credential_file.empty();
    case TapFacts::Uploads::Never:
      return false;
  }
  return false;
}

Result<Profile> read_profile(const std::string& path) {
  auto text = yaml::read_text_file(path);
  if (!text) return std::unexpected(std::move(text.error()));
  return parse_profile(*text, path);
}

std::vector<std::string> profile_names(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(directory, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    const auto& path = entry->path();
    if (path.extension() == kExtension && !path.stem().string().starts_with('.')) names.push_back(path.stem().string());
  }
  std::ranges::sort(names);
  return names;
}

Result<Profile> find_profile(const std::string& directory, std::string_view name) {
  const auto names = profile_names(directory);
  if (std::ranges::find(names, name) == names.end()) {
    if (names.empty())
      return fail(Kind::NotFound, "no archive '{}': {} holds no archive profile (*.yaml)", printable(name, 64),
                  directory);
    const std::vector<std::string_view> known(names.begin(), names.end());
    return fail(Kind::NotFound, "no archive '{}' in {}{}; there are: {}", printable(name, 64), directory,
                did_you_mean(name, known), joined(names));
  }
  const std::string path = (std::filesystem::path(directory) / fmt::format("{}{}", name, kExtension)).string();
  auto profile = read_profile(path);
  if (profile && profile->name != name) {
    return fail(Kind::Invalid, "{}: its name is '{}', which must be the file's: '{}'", path, profile->name, name);
  }
  return profile;
}

Result<std::vector<std::string>> expand_retrieval_types(const Profile& profile, std::string_view release,
                                                        const std::vector<std::string>& types) {
  const Release* const held = profile.find(release);
  if (held == nullptr) {
    std::vector<std::string> names;
    for (const auto& each : profile.releases) names.push_back(each.name);
    return fail(Kind::Invalid, "release '{}' is unknown to the archive '{}'; it has: {}", printable(release, 64),
                profile.name, joined(names));
  }
  std::vector<std::string> own;
  for (const auto& each : held->retrieval_types) own.push_back(each.name);
  std::vector<std::string> expanded;
  for (const auto& type : types) {
    if (type == "ALL") return own;
    if (held->find(type) == nullptr) {
      return fail(Kind::Invalid, "retrieval_type '{}' is unknown in {}; it has: {}", printable(type, 64), release,
                  joined(own));
    }
    if (std::ranges::find(expanded, type) == expanded.end()) expanded.push_back(type);
  }
  return expanded;
}

}  // namespace garner::archive
