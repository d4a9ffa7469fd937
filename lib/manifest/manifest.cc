#include "manifest/manifest.h"

#include <algorithm>
#include <array>

#include "base/strict_yaml.h"
#include "manifest/id_list.h"

namespace garner::manifest {

namespace {

constexpr std::int64_t kChunkSizeMost = 5000;  // the DataLink route's ceiling
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestPath = 4096;

constexpr std::array<std::string_view, 4> kStructures = {"INDIVIDUAL", "RAW", "DATAMODEL_STANDARD", "DATAMODEL_GAIA"};
constexpr std::array<std::string_view, 5> kFormats = {"votable", "votable_plain", "fits", "csv", "ecsv"};
constexpr std::array<std::string_view, 4> kLayouts = {"zip", "files", "tar.zst", "table"};
constexpr std::array<std::string_view, 2> kCompressions = {"none", "zst"};

constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kDigits = "0123456789";

bool consists_of(std::string_view text, std::initializer_list<std::string_view> alphabets) {
  return std::ranges::all_of(text, [&](char c) {
    return std::ranges::any_of(alphabets, [c](std::string_view alphabet) { return alphabet.find(c) != alphabet.npos; });
  });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && consists_of(text, {kUpper, kLower, kDigits, "-_."}) &&
         consists_of(text.substr(0, 1), {kUpper, kLower, kDigits});
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string upper_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

std::optional<std::string> text_of(const yaml::Map& map, std::string_view key, bool required) {
  return required ? map.required_string(key) : map.string(key);
}

// A key whose value must be a name; a problem at the value itself otherwise.
std::string read_name(const yaml::Map& map, std::string_view key) {
  auto text = text_of(map, key, true);
  if (!text) return {};
  if (!is_name(*text)) {
    map.find(key)->problem(
        fmt::format("'{}' is no name: 1 to {} letters, digits, '-', '_' or '.', the first a letter or digit",
                    printable(*text, 60), kLongestName));
  }
  return *text;
}

std::string read_release(const yaml::Map& root) {
  auto text = text_of(root, "release", true);
  if (!text) return {};
  if (text->empty() || text->size() > kLongestName || has_control_character(*text)) {
    root.find("release")->problem("expected a release's name, such as \"Gaia DR3\"");
  }
  return *text;
}

std::vector<std::string> read_ids(const yaml::Node& list, std::string_view release) {
  std::vector<std::string> ids;
  const auto items = list.items();
  if (list.shape() == yaml::Node::Shape::Sequence && items.empty())
    list.problem("the list is empty; name one source at least");
  for (const auto& item : items) {
    auto text = item.as_string();
    if (!text) continue;
    if (const auto id = parse_id_text(*text, release); !id) {
      item.problem(fmt::format("'{}': {}", printable(*text, 60), id.error().detail));
    }
    ids.push_back(std::move(*text));
  }
  return ids;
}

void check_file(const yaml::Node& node, const std::string& file) {
  if (file.empty()) node.problem("expected the name of a file, or \"-\" for standard input");
  if (file.size() > kLongestPath || has_control_character(file)) node.problem("this is no file name");
}

Sources read_sources_map(const yaml::Map& map, std::string_view release) {
  Sources sources;
  const auto file = map.find("file");
  const auto ids = map.find("ids");
  sources.column = map.string("column");
  if (file) {
    sources.file = file->as_string().value_or("-");
    check_file(*file, sources.file);
  }
  if (ids) sources.ids = read_ids(*ids, release);
  if (file && ids) ids->problem("give either 'file' or 'ids', not both");
  if (!file && !ids) map.problem("give 'file' (the name of a list) or 'ids' (a list of source_ids)");
  if (sources.column && sources.column->empty()) map.find("column")->problem("expected a column's name");
  if (sources.column && !file) map.find("column")->problem("only a file has columns");
  map.refuse_unknown_keys();
  return sources;
}

Sources read_sources(const yaml::Map& root, std::string_view release) {
  Sources sources;
  const auto node = root.required("sources");
  if (!node) return sources;
  switch (node->shape()) {
    case yaml::Node::Shape::Scalar:
      sources.file = node->as_string().value_or("");
      check_file(*node, sources.file);
      return sources;
    case yaml::Node::Shape::Sequence:
      sources.ids = read_ids(*node, release);
      return sources;
    case yaml::Node::Shape::Map:
      return read_sources_map(*node->as_map(), release);
    case yaml::Node::Shape::Null:
      break;
  }
  node->problem("expected a file's name, a list of source_ids, or 'file' and 'column'");
  return sources;
}

std::vector<std::string> read_retrieval_types(const yaml::Map& root) {
  const auto node = root.required("retrieval_types");
  if (!node) return {};
  auto types = node->as_strings();
  const bool is_list = node->shape() == yaml::Node::Shape::Sequence;
  if (is_list && node->items().empty()) node->problem("the list is empty; name one type at least, or ALL");
  const auto places = is_list ? node->items() : std::vector<yaml::Node>{*node};
  for (std::size_t i = 0; i < types.size() && types.size() == places.size(); ++i) {
    const auto& type = types[i];
    if (type.empty() || type.size() > kLongestName || !consists_of(type, {kUpper, kLower, kDigits, "_"})) {
      places[i].problem(fmt::format("'{}' is no retrieval_type: capital letters, digits and '_', such as XP_CONTINUOUS",
                                    printable(type, 60)));
    } else if (upper_case(type) != type) {
      places[i].problem(fmt::format("retrieval_types are written in capitals: '{}'", upper_case(type)));
    } else if (std::find(types.begin(), types.begin() + static_cast<std::ptrdiff_t>(i), type) !=
               types.begin() + static_cast<std::ptrdiff_t>(i)) {
      places[i].problem(fmt::format("'{}' stands twice", type));
    } else if (type == "ALL" && types.size() > 1) {
      places[i].problem("ALL stands alone: it means every type of the release");
    }
  }
  return types;
}

void read_output(const yaml::Map& root, Manifest& manifest) {
  const auto node = root.required("output");
  const auto output = node ? node->as_map() : std::nullopt;
  if (!output) return;
  if (const auto directory = text_of(*output, "directory", true)) {
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
  if (!allowed_combination(manifest.data_structure, manifest.format, manifest.layout, manifest.compress_files)) {
    const bool compress_is_why = allowed_combination(manifest.data_structure, manifest.format, manifest.layout, false);
    if (compress_is_why) {
      output->find("compress")
          ->problem(fmt::format("goes with layout 'files' only, not with '{}'", layout_name(manifest.layout)));
    } else {
      output->find("layout").value_or(*node).problem(
          fmt::format("layout '{}' does not go with data_structure {} and format {}", layout_name(manifest.layout),
                      manifest.data_structure_spelling, format_name(manifest.format)));
    }
  }
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, const std::string& file_name) {
  const auto document = yaml::Document::parse(text, file_name);
  if (!document) return std::unexpected(document.error());
  const auto root = (*document)->root();
  Manifest manifest;
  manifest.harvest = read_name(root, "harvest");
  manifest.archive = read_name(root, "archive");
  manifest.release = read_release(root);
  manifest.sources = read_sources(root, manifest.release);
  manifest.retrieval_types = read_retrieval_types(root);
  if (const auto spelling = root.choice("data_structure", kStructures)) {
    manifest.data_structure_spelling = *spelling;
    manifest.data_structure = parse_data_structure(*spelling).value_or(DataStructure::Individual);
  }
  if (const auto format = root.choice("format", kFormats))
    manifest.format = parse_product_format(*format).value_or(manifest.format);
  manifest.valid_data = root.boolean("valid_data").value_or(false);
  if (const auto size = root.integer("chunk_size", 1, kChunkSizeMost)) {
    manifest.chunk_size = static_cast<std::uint32_t>(*size);
    manifest.chunk_size_given = true;
  }
  read_output(root, manifest);
  root.refuse_unknown_keys();
  if (const auto verdict = (*document)->verdict(); !verdict) return std::unexpected(verdict.error());
  return manifest;
}

}  // namespace garner::manifest
