// Names, conditions and whole queries.
#include "ivoa/adql.h"

#include <algorithm>

namespace garner::ivoa {

namespace {

std::string doubled(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += c;
    out += c;
  }
  return out + quote;
}

bool is_plain(std::string_view part) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !part.empty() && letter(part[0]) && !is_adql_word(part) &&
         std::ranges::all_of(part, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

// The text up to the next dot outside of quotes; `open` where a quote is never closed.
std::string_view part_of(std::string_view rest, bool& open) {
  open = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"') open = !open;
    if (rest[i] == '.' && !open) return rest.substr(0, i);
  }
  return rest;
}

// "…", every quote inside doubled.
bool is_delimited(std::string_view part) {
  if (part.size() < 3 || !part.starts_with('"') || !part.ends_with('"')) return false;
  const auto inside = part.substr(1, part.size() - 2);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] != '"') continue;
    if (i + 1 == inside.size() || inside[++i] != '"') return false;
  }
  return true;
}

// A name that a manifest was checked for.
std::string known_name(std::string_view name) {
  return adql_table_name(name).value_or(adql_identifier(name));
}

std::string column_list(std::span<const std::string> columns, std::string_view qualifier) {
  if (columns.empty()) return fmt::format("{}*", qualifier);
  std::string out;
  for (const auto& column : columns)
    fmt::format_to(std::back_inserter(out), "{}{}{}", out.empty() ? "" : ", ", qualifier, known_name(column));
  return out;
}

std::string ids_where(std::string_view table, std::string_view id_column, const std::string& condition) {
  return fmt::format("SELECT {} FROM {} WHERE {}", known_name(id_column), known_name(table), condition);
}

}  // namespace

std::string adql_string(std::string_view text) {
  return doubled(text, '\'');
}

std::string adql_identifier(std::string_view name) {
  return doubled(name, '"');
}

Result<std::string> adql_table_name(std::string_view name) {
  const bool control =
      std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  std::string out;
  auto rest = name;
  for (;;) {
    bool open = false;
    const auto part = part_of(rest, open);
    if (part.empty() || open || control)
      return fail(Kind::Invalid, "'{}' is no name of a table: expected schema.table", printable(name, 100));
    out += is_plain(part) || is_delimited(part) ? std::string(part) : adql_identifier(part);
    if (part.size() == rest.size()) return out;
    rest.remove_prefix(part.size() + 1);
    out += '.';
  }
}

std::string in_list(std::string_view column, std::span<const SourceId> ids) {
  constexpr std::size_t kBytesAnId = 20;
  std::string out = known_name(column) + " IN (";
  out.reserve(out.size() + ids.size() * kBytesAnId + 1);
  for (const auto id : ids) {
    fmt::format_to(std::back_inserter(out), "{}", id.value);
    out += ',';
  }
  if (!ids.empty()) out.pop_back();
  return out + ')';
}

std::string between(std::string_view column, std::int64_t from, std::int64_t to) {
  return fmt::format("{} BETWEEN {} AND {}", known_name(column), from, to);
}

std::string is_null(std::string_view column) {
  return known_name(column) + " IS NULL";
}

std::string cone_condition(const Cone& cone) {
  return fmt::format("1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {:.14f}, {:.14f}, {:.14f}))", cone.ra_deg,
                     cone.dec_deg, cone.radius_deg);
}

std::string box_condition(const Box& box) {
  return fmt::format("1 = CONTAINS(POINT('ICRS', ra, dec), BOX('ICRS', {:.14f}, {:.14f}, {:.14f}, {:.14f}))",
                     box.ra_deg, box.dec_deg, box.width_deg, box.height_deg);
}

std::string rows_by_ids(std::string_view table, std::span<const std::string> columns, std::string_view id_column,
                        std::span<const SourceId> ids) {
  return fmt::format("SELECT {} FROM {} WHERE {}", column_list(columns, ""), known_name(table),
                     in_list(id_column, ids));
}

std::string rows_by_upload(std::string_view table, std::span<const std::string> columns, std::string_view id_column,
                           std::string_view upload_table) {
  return fmt::format("SELECT {0} FROM tap_upload.{1} AS u JOIN {2} AS t ON t.{3} = u.{3}", column_list(columns, "t."),
                     upload_table, known_name(table), known_name(id_column));
}

std::string ids_of_cone(std::string_view table, std::string_view id_column, const Cone& cone) {
  return ids_where(table, id_column, cone_condition(cone));
}

std::string ids_of_box(std::string_view table, std::string_view id_column, const Box& box) {
  return ids_where(table, id_column, box_condition(box));
}

}  // namespace garner::ivoa
