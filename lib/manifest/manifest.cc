// What every manifest has, and the whole of it.
#include "manifest/manifest.h"

#include <algorithm>
#include <array>

#include "manifest/manifest_parts.h"

namespace garner::manifest {

namespace {

constexpr std::array<std::string_view, 3> kKinds = {"products", "rows", "query"};  // in the order of HarvestKind
constexpr std::array<std::string_view, 5> kFormats = {"votable", "votable_plain", "fits", "csv", "ecsv"};
constexpr std::array<std::string_view, 4> kLayouts = {"zip", "files", "tar.zst", "table"};
constexpr std::array<std::string_view, 2> kCompressions = {"none", "zst"};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && consists_of(text, {kUpper, kLower, kDigits, "-_."}) &&
         consists_of(text.substr(0, 1), {kUpper, kLower, kDigits});
}

// A key whose value must be a name; a problem at the value itself otherwise.
std::string read_name(const yaml::Map& map, std::string_view key) {
  auto text = map.required_string(key);
  if (!text) return {};
  if (!is_name(*text)) {
    map.find(key)->problem(
        fmt::format("'{}' is no name: 1 to {} letters, digits, '-', '_' or '.', the first a letter or digit",
                    printable(*text, 60), kLongestName));
  }
  return *text;
}

// Nothing for a word that is no kind; a problem is recorded.
std::optional<HarvestKind> read_kind(const yaml::Map& root) {
  if (!root.find("kind")) return HarvestKind::Products;
  const auto word = root.choice("kind", kKinds);
  const auto found = word ? std::ranges::find(kKinds, *word) : kKinds.end();
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<HarvestKind>(found - kKinds.begin());
}

std::string read_release(const yaml::Map& root, bool required) {
  auto text = required ? root.required_string("release") : root.string("release");
  if (!text) return {};
  if (text->empty() || text->size() > kLongestName || has_control_character(*text)) {
    root.find("release")->problem("expected a release's name, such as \"Gaia DR3\"");
  }
  return *text;
}

void read_output(const yaml::Map& root, Manifest& manifest) {
  const auto node = root.required("output");
  const auto output = node ? node->as_map() : std::nullopt;
  if (!output) return;
  if (const auto directory = output->required_string("directory")) {
    manifest.output_directory = *directory;
    const auto place = *output->find("directory");
    if (!directory->starts_with('/')) {
      place.problem(fmt::format("'{}' is not absolute; the daemon does not know where you stand: begin with '/'",
                                printable(*directory, 60)));
    } else if (directory->size() > kLongestPath || has_control_character(*directory)) {
      place.problem("this is no directory name");
    }
  }
  manifest.output_group = output->string("group");
  if (manifest.output_group && (!is_name(*manifest.output_group) || manifest.output_group->size() > 32)) {
    output->find("group")->problem(fmt::format("'{}' is no group's name", printable(*manifest.output_group, 60)));
  }
  if (const auto layout = output->choice("layout", kLayouts))
    manifest.layout = parse_layout(*layout).value_or(manifest.layout);
  if (const auto compress = output->choice("compress", kCompressions)) manifest.compress_files = *compress == "zst";
  output->refuse_unknown_keys();
  if (allowed_combination(manifest)) return;
  Manifest uncompressed = manifest;
  uncompressed.compress_files = false;
  if (allowed_combination(uncompressed)) {
    output->find("compress")
        ->problem(fmt::format("goes with layout 'files' only, not with '{}'", layout_name(manifest.layout)));
  } else {
    output->find("layout").value_or(*node).problem(why_not_together(manifest));
  }
}

}  // namespace

std::string_view harvest_kind_name(HarvestKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

Result<Manifest> parse_manifest(std::string_view text, const std::string& file_name) {
  const auto document = yaml::Document::parse(text, file_name);
  if (!document) return std::unexpected(document.error());
  const auto root = (*document)->root();
  Manifest manifest;
  manifest.harvest = read_name(root, "harvest");
  manifest.archive = read_name(root, "archive");
  const auto kind = read_kind(root);
  manifest.kind = kind.value_or(HarvestKind::Products);
  manifest.release = read_release(root, kind && *kind != HarvestKind::Query);
  if (kind) {
    read_keys_of_kind(root, manifest);
  } else {
    pass_keys_of_kinds(root);
  }
  if (const auto format = root.choice("format", kFormats))
    manifest.format = parse_product_format(*format).value_or(manifest.format);
  read_output(root, manifest);
  manifest.timing = read_timing(root);
  root.refuse_unknown_keys();
  if (const auto verdict = (*document)->verdict(); !verdict) return std::unexpected(verdict.error());
  return manifest;
}

}  // namespace garner::manifest
