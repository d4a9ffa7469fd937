// The words of a manifest: what texts consist of; names of tables and columns, which become names of folders and files,
// so that they are plain identifiers and nothing else; queries.
#include <algorithm>

#include "manifest/manifest_parts.h"

namespace garner::manifest {

namespace {

constexpr std::size_t kMostParts = 3;  // catalogue.schema.table; or alias.column and the like

bool is_identifier(std::string_view text) {
  return !text.empty() && consists_of(text.substr(0, 1), {kUpper, kLower, "_"}) &&
         consists_of(text, {kUpper, kLower, kDigits, "_"});
}

bool is_dotted_name(std::string_view name) {
  for (std::size_t parts = 1; parts <= kMostParts; ++parts) {
    const auto dot = name.find('.');
    if (!is_identifier(name.substr(0, dot))) return false;
    if (dot == name.npos) return true;
    name.remove_prefix(dot + 1);
  }
  return false;
}

std::optional<std::string> read_checked(const yaml::Node& node, bool (*good)(std::string_view), std::string_view what) {
  auto text = node.as_string();
  if (!text) return std::nullopt;
  if (good(*text) && text->size() <= kLongestName) return text;
  const std::string shown = printable(*text, 60);
  if (text->find('"') != text->npos) {
    node.problem(
        fmt::format("'{}': quoted names can't be used here, because files and folders are named after them", shown));
  } else {
    node.problem(
        fmt::format("'{}' is no {}: letters, digits and '_', at most {} characters", shown, what, kLongestName));
  }
  return std::nullopt;
}

}  // namespace

bool consists_of(std::string_view text, std::initializer_list<std::string_view> alphabets) {
  return std::ranges::all_of(text, [&](char c) {
    return std::ranges::any_of(alphabets, [c](std::string_view alphabet) { return alphabet.find(c) != alphabet.npos; });
  });
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string upper_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

std::optional<std::string> read_table_name(const yaml::Node& node) {
  return read_checked(node, is_dotted_name, "table's name such as gaiadr3.gaia_source");
}

std::optional<std::string> read_column_name(const yaml::Node& node) {
  return read_checked(node, is_identifier, "column's name");
}

std::optional<std::string> read_qualified_column(const yaml::Node& node) {
  return read_checked(node, is_dotted_name, "column's name such as random_index or g.source_id");
}

std::string read_adql(const yaml::Node& node) {
  auto text = node.as_string();
  if (!text) return {};
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  if (std::ranges::all_of(*text, is_blank)) node.problem("expected a query: SELECT … FROM …");
  std::string without_breaks = *text;
  std::erase_if(without_breaks, is_blank);
  if (has_control_character(without_breaks)) node.problem("there are control characters in this query");
  return std::move(*text);
}

}  // namespace garner::manifest
