// `sources`: a list's place, ids, or a query for them.
#include <array>

#include "manifest/id_list.h"
#include "manifest/manifest_parts.h"

namespace garner::manifest {

namespace {

constexpr double kWholeCircle = 360, kHalfCircle = 180;

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

// A required key whose value is written as a position or an angle.
template <class Parse>
double read_angle(const yaml::Map& map, std::string_view key, const Parse& parse) {
  const auto node = map.required(key);
  const auto text = node ? node->as_string() : std::nullopt;
  if (!text) return 0;
  const Result<double> value = parse(*text);
  if (!value) node->problem(value.error().detail);
  return value.value_or(0);
}

std::string read_where(const yaml::Map& map) {
  const auto table = map.find("table");
  return table ? read_table_name(*table).value_or("") : "";
}

void read_cone(const yaml::Node& node, Sources& sources) {
  Cone& cone = sources.cone.emplace();
  const auto map = node.as_map();
  if (!map) return;
  cone.ra_deg = read_angle(*map, "ra", parse_right_ascension);
  cone.dec_deg = read_angle(*map, "dec", parse_declination);
  cone.radius_deg = read_angle(*map, "radius", [](const auto& text) { return parse_angle(text, kHalfCircle); });
  sources.table = read_where(*map);
  map->refuse_unknown_keys();
}

void read_box(const yaml::Node& node, Sources& sources) {
  Box& box = sources.box.emplace();
  const auto map = node.as_map();
  if (!map) return;
  box.ra_deg = read_angle(*map, "ra", parse_right_ascension);
  box.dec_deg = read_angle(*map, "dec", parse_declination);
  box.width_deg = read_angle(*map, "width", [](const auto& text) { return parse_angle(text, kWholeCircle); });
  box.height_deg = read_angle(*map, "height", [](const auto& text) { return parse_angle(text, kHalfCircle); });
  sources.table = read_where(*map);
  map->refuse_unknown_keys();
}

void read_id_column(const yaml::Map& map, Sources& sources) {
  const auto column = map.find("column");
  if (!column) return;
  if (sources.by_query()) {  // it is put into queries
    sources.column = read_column_name(*column);
    return;
  }
  sources.column = column->as_string();
  if (sources.column && sources.column->empty()) column->problem("expected a column's name");
  if (!map.find("file")) column->problem("only a file or a query has columns");
}

Sources read_sources_map(const yaml::Map& map, std::string_view release) {
  constexpr std::array<std::string_view, 5> kWays = {"file", "ids", "adql", "cone", "box"};
  Sources sources;
  bool given = false;
  for (const auto way : kWays) {
    const auto node = map.find(way);
    if (!node) continue;
    if (given) node->problem("give only one of file, ids, adql, cone and box");
    given = true;
    if (way == "file") {
      sources.file = node->as_string().value_or("-");
      check_file(*node, sources.file);
    } else if (way == "ids") {
      sources.ids = read_ids(*node, release);
    } else if (way == "adql") {
      sources.adql = read_adql(*node);
    } else if (way == "cone") {
      read_cone(*node, sources);
    } else {
      read_box(*node, sources);
    }
  }
  if (!given) {
    map.problem("give 'file' (the name of a list), 'ids' (a list of source_ids), or a query: 'adql', 'cone' or 'box'");
  }
  read_id_column(map, sources);
  map.refuse_unknown_keys();
  return sources;
}

}  // namespace

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
  node->problem("expected a file's name, a list of source_ids, or one of the keys file, ids, adql, cone and box");
  return sources;
}

}  // namespace garner::manifest
