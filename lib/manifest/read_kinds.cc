// What the kinds of harvest have of their own: products, rows, query.
#include <algorithm>
#include <array>
#include <tuple>

#include "manifest/manifest_parts.h"

namespace garner::manifest {

namespace {

constexpr unsigned bit(HarvestKind kind) {
  return 1u << static_cast<unsigned>(kind);
}
constexpr unsigned kProducts = bit(HarvestKind::Products), kRows = bit(HarvestKind::Rows),
                   kQuery = bit(HarvestKind::Query);

// The keys that are not of every kind.
struct KeyRow {
  std::string_view key;
  unsigned kinds;
};
constexpr std::array<KeyRow, 13> kKeys = {{{"sources", kProducts | kRows},
                                           {"confirm_absent", kProducts | kRows},
                                           {"retrieval_types", kProducts},
                                           {"data_structure", kProducts},
                                           {"valid_data", kProducts},
                                           {"prefilter", kProducts},
                                           {"chunk_size", kProducts | kRows},
                                           {"tables", kRows},
                                           {"upload", kRows},
                                           {"mode", kRows | kQuery},
                                           {"adql", kQuery},
                                           {"partition", kQuery},
                                           {"count", kQuery}}};

constexpr std::array<std::string_view, 4> kStructures = {"INDIVIDUAL", "RAW", "DATAMODEL_STANDARD", "DATAMODEL_GAIA"};
constexpr std::array<std::string_view, 3> kUploads = {"auto", "always", "never"};  // in the order of UploadUse
constexpr std::array<std::string_view, 3> kModes = {"auto", "sync", "async"};      // of QueryMode

constexpr std::int64_t kProductsAChunkMost = 5000;  // the DataLink route's ceiling
constexpr std::int64_t kRowsAChunkMost = 100'000;   // ids in an upload
constexpr std::size_t kTablesMost = 64;

std::string names_of(unsigned kinds) {
  std::string names;
  for (const auto kind : {HarvestKind::Products, HarvestKind::Rows, HarvestKind::Query}) {
    if ((kinds & bit(kind)) != 0) names.append(names.empty() ? "" : " and ").append(harvest_kind_name(kind));
  }
  return names;
}

template <class Enum, std::size_t N>
Enum read_choice(const yaml::Map& root, std::string_view key, const std::array<std::string_view, N>& words) {
  const auto word = root.choice(key, words);
  const auto found = word ? std::ranges::find(words, *word) : words.end();
  return found == words.end() ? Enum{} : static_cast<Enum>(found - words.begin());
}

void read_chunk_size(const yaml::Map& root, std::int64_t most, Manifest& manifest) {
  if (const auto size = root.integer("chunk_size", 1, most)) {
    manifest.chunk_size = static_cast<std::uint32_t>(*size);
    manifest.chunk_size_given = true;
  }
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

void read_columns(const yaml::Node& node, RowsTable& table) {
  const auto is = [](const std::string& folded) {
    return [&folded](const std::string& column) { return lower_case(column) == folded; };
  };
  const auto items = node.items();
  if (node.shape() == yaml::Node::Shape::Sequence && items.empty())
    node.problem("the list is empty; leave 'columns' out for all of them");
  for (const auto& item : items) {
    auto column = read_column_name(item);
    if (!column) continue;
    if (std::ranges::any_of(table.columns, is(lower_case(*column)))) {
      item.problem(fmt::format("'{}' stands twice", *column));
    }
    table.columns.push_back(std::move(*column));
  }
  // What came for which source is told by its id.
  if (!items.empty() && std::ranges::none_of(table.columns, is(lower_case(table.id_column))))
    table.columns.insert(table.columns.begin(), table.id_column);
}

RowsTable read_table(const yaml::Node& node) {
  RowsTable table;
  if (node.shape() != yaml::Node::Shape::Map) {
    table.name = read_table_name(node).value_or("");
    return table;
  }
  const auto map = *node.as_map();
  if (const auto name = map.required("table")) table.name = read_table_name(*name).value_or("");
  if (const auto id = map.find("id_column")) table.id_column = read_column_name(*id).value_or(table.id_column);
  if (const auto columns = map.find("columns")) read_columns(*columns, table);
  map.refuse_unknown_keys();
  return table;
}

std::vector<RowsTable> read_tables(const yaml::Map& root) {
  std::vector<RowsTable> tables;
  const auto node = root.required("tables");
  if (!node) return tables;
  const bool is_list = node->shape() == yaml::Node::Shape::Sequence;
  const auto places = is_list ? node->items() : std::vector<yaml::Node>{*node};
  if (places.empty()) node->problem("the list is empty; name one table at least");
  if (places.size() > kTablesMost)
    node->problem(fmt::format("{} tables; at most {} go into one harvest", places.size(), kTablesMost));
  for (const auto& place : places) {
    auto table = read_table(place);
    const auto same = [&table](const RowsTable& other) { return lower_case(other.name) == lower_case(table.name); };
    if (!table.name.empty() && std::ranges::any_of(tables, same))
      place.problem(fmt::format("'{}' stands twice", table.name));
    tables.push_back(std::move(table));
  }
  return tables;
}

void read_products(const yaml::Map& root, Manifest& manifest) {
  manifest.sources = read_sources(root, manifest.release);
  manifest.retrieval_types = read_retrieval_types(root);
  if (const auto spelling = root.choice("data_structure", kStructures)) {
    manifest.data_structure_spelling = *spelling;
    manifest.data_structure = parse_data_structure(*spelling).value_or(DataStructure::Individual);
  }
  manifest.valid_data = root.boolean("valid_data").value_or(false);
  manifest.prefilter = root.boolean("prefilter").value_or(false);
  manifest.confirm_absent = root.boolean("confirm_absent").value_or(true);
  read_chunk_size(root, kProductsAChunkMost, manifest);
}

void read_rows(const yaml::Map& root, Manifest& manifest) {
  manifest.data_structure = DataStructure::Raw;
  manifest.sources = read_sources(root, manifest.release);
  manifest.tables = read_tables(root);
  manifest.confirm_absent = root.boolean("confirm_absent").value_or(true);
  manifest.upload = read_choice<UploadUse>(root, "upload", kUploads);
  manifest.mode = read_choice<QueryMode>(root, "mode", kModes);
  read_chunk_size(root, kRowsAChunkMost, manifest);
}

void read_query(const yaml::Map& root, Manifest& manifest) {
  manifest.data_structure = DataStructure::Raw;
  if (const auto adql = root.required("adql")) manifest.adql = read_adql(*adql);
  if (const auto partition = root.required("partition")) manifest.partition = read_partition(*partition);
  manifest.mode = read_choice<QueryMode>(root, "mode", kModes);
  manifest.count = root.boolean("count").value_or(false);
}

}  // namespace

void pass_keys_of_kinds(const yaml::Map& root) {
  for (const auto& row : kKeys) std::ignore = root.find(row.key);
}

void read_keys_of_kind(const yaml::Map& root, Manifest& manifest) {
  for (const auto& row : kKeys) {
    const auto node = root.find(row.key);
    if (!node || (row.kinds & bit(manifest.kind)) != 0) continue;
    node->problem(fmt::format("goes with kind {} only; this harvest is of kind {}", names_of(row.kinds),
                              harvest_kind_name(manifest.kind)));
  }
  switch (manifest.kind) {
    case HarvestKind::Products:
      return read_products(root, manifest);
    case HarvestKind::Rows:
      return read_rows(root, manifest);
    case HarvestKind::Query:
      return read_query(root, manifest);
  }
}

}  // namespace garner::manifest
