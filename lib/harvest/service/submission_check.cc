#include "harvest/service/submission_check.h"

#include "base/nearest_word.h"
#include "base/strict_yaml.h"

namespace garner::harvest {

namespace {

using manifest::HarvestKind;

template <class Rows>
std::vector<std::string_view> names_of(const Rows& rows) {
  std::vector<std::string_view> names;
  for (const auto& row : rows) names.push_back(row.name);
  return names;
}

// At the key of the manifest, or where it would stand. `key` may be one of `output`: "output.group".
void problem_at(const yaml::Map& root, std::string_view key, const std::string& message) {
  if (const auto dot = key.find('.'); dot != key.npos) {
    if (const auto map = root.map(key.substr(0, dot))) return problem_at(*map, key.substr(dot + 1), message);
  }
  if (const auto node = root.find(key)) return node->problem(message);
  root.problem(fmt::format("{}: {}", key, message));
}

void check_prefilter(const CheckedManifest& checked, const yaml::Map& root) {
  if (!checked.manifest.prefilter) return;
  const auto* release = checked.profile.find(checked.manifest.release);
  for (const auto& type : checked.types) {
    const auto* known = release ? release->find(type) : nullptr;
    if (known != nullptr && !known->flag.empty() && !release->source_table.empty()) continue;
    problem_at(
        root, "prefilter",
        fmt::format("the archive profile '{}' names no flag for {} in {} (source_table and flag); leave prefilter "
                    "out, or complete the profile",
                    checked.profile.name, type, checked.manifest.release));
  }
}

// What the release does not have, each at its place.
void check_types(const CheckedManifest& checked, const archive::Release& release, const yaml::Map& root) {
  const auto own = names_of(release.retrieval_types);
  const auto check = [&](const yaml::Node& node) {
    const auto type = node.as_string();
    if (!type || *type == "ALL" || release.find(*type) != nullptr) return;
    node.problem(fmt::format("'{}' is unknown in {}{}; it has: {}", printable(*type, 64), checked.manifest.release,
                             did_you_mean(*type, own), fmt::join(own, ", ")));
  };
  const auto list = root.find("retrieval_types");
  if (!list) return;
  if (list->shape() != yaml::Node::Shape::Sequence) return check(*list);
  for (const auto& item : list->items()) check(item);
}

Result<void> check_products(CheckedManifest& checked, const yaml::Document& document) {
  const auto root = document.root();
  const archive::Manners& manners = checked.profile.manners;
  checked.chunk_size = checked.manifest.chunk_size_given ? checked.manifest.chunk_size : manners.ids_per_request;
  if (checked.chunk_size > manners.ids_per_request_most) {
    problem_at(root, "chunk_size",
               fmt::format("{} takes at most {} ids a request, not {}", checked.profile.title,
                           manners.ids_per_request_most, checked.chunk_size));
  }
  const std::string& asked = checked.manifest.release;
  const archive::Release* release = checked.profile.find(asked);
  if (checked.profile.releases.empty()) {
    problem_at(
        root, "kind",
        fmt::format("{} has no service of products; kinds rows and query ask its tables", checked.profile.title));
  } else if (release == nullptr) {
    const auto known = names_of(checked.profile.releases);
    problem_at(root, "release",
               fmt::format("'{}' is unknown to the archive '{}'{}; it has: {}", printable(asked, 64),
                           checked.profile.name, did_you_mean(asked, known), fmt::join(known, ", ")));
  } else {
    check_types(checked, *release, root);
  }
  if (auto good = document.verdict(); !good) return good;
  auto types = archive::expand_retrieval_types(checked.profile, asked, checked.manifest.retrieval_types);
  if (!types) return std::unexpected(types.error());
  checked.types = std::move(*types);
  check_prefilter(checked, root);
  return document.verdict();
}

// A chunk is a request's worth of ids: of a list, or of a table that is sent along.
Result<void> check_rows(CheckedManifest& checked, const yaml::Document& document) {
  const manifest::Manifest& manifest = checked.manifest;
  for (const auto& table : manifest.tables) checked.types.push_back(table.name);
  const bool upload = manifest.upload == manifest::UploadUse::Always ||
                      (manifest.upload == manifest::UploadUse::Auto && checked.profile.uploads_welcome());
  const std::uint32_t most = upload ? checked.profile.tap.ids_per_upload : checked.profile.tap.ids_per_list;
  checked.chunk_size = manifest.chunk_size_given ? manifest.chunk_size : most;
  if (checked.chunk_size > most) {
    problem_at(document.root(), "chunk_size",
               fmt::format("{} ids at most go into one {} of {}, not {}", most,
                           upload ? "uploaded table" : "IN (…) list", checked.profile.title, checked.chunk_size));
  }
  return document.verdict();
}

}  // namespace

Result<CheckedManifest> check_manifest(const std::string& text, const std::string& file,
                                       const ServiceOptions& options) {
  CheckedManifest out;
  auto parsed = manifest::parse_manifest(text, file);
  if (!parsed) return std::unexpected(parsed.error());
  out.manifest = std::move(*parsed);
  // Once more, for the places of what only this machine and the profile know to be wrong.
  const auto document = yaml::Document::parse(text, file);
  if (!document) return std::unexpected(document.error());
  const auto root = (*document)->root();
  if (out.manifest.output_group && options.find_group && !options.find_group(*out.manifest.output_group)) {
    problem_at(root, "output.group",
               fmt::format("there is no group '{}' on this machine", printable(*out.manifest.output_group, 60)));
  }
  auto profile = options.find_profile(out.manifest.archive);
  if (!profile) {
    problem_at(root, "archive", profile.error().detail);
    return std::unexpected((*document)->verdict().error());
  }
  out.profile = std::move(*profile);
  const manifest::Sources& sources = out.manifest.sources;
  if ((sources.cone || sources.box) && sources.table.empty() && out.profile.tap.cone_table.empty()) {
    problem_at(root, "sources",
               fmt::format("name the table to look in ('table'): the archive profile '{}' has no usual one",
                           out.profile.name));
  }
  Result<void> good;
  switch (out.manifest.kind) {
    case HarvestKind::Products:
      good = check_products(out, **document);
      break;
    case HarvestKind::Rows:
      good = check_rows(out, **document);
      break;
    case HarvestKind::Query:
      out.types = {"result"};
      out.chunk_size = 1;
      good = (*document)->verdict();
      break;
  }
  if (!good) return std::unexpected(good.error());
  return out;
}

}  // namespace garner::harvest
