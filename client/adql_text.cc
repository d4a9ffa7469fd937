#include "client/adql_text.h"

#include <algorithm>

#include "ivoa/tap.h"

namespace garner::client {

namespace {

bool is_plain(std::string_view part) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !part.empty() && letter(part[0]) &&
         std::ranges::all_of(part, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

// The text up to the next dot outside of quotes. Nothing where a quote stays open.
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

}  // namespace

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
    out += is_plain(part) || is_delimited(part) ? std::string(part) : ivoa::adql_identifier(part);
    if (part.size() == rest.size()) return out;
    rest.remove_prefix(part.size() + 1);
    out += '.';
  }
}

std::string cone_adql(const Cone& cone) {
  const auto top = cone.limit == 0 ? std::string() : fmt::format("TOP {} ", cone.limit);
  return fmt::format(
      "SELECT {0}*, DISTANCE(POINT('ICRS', ra, dec), POINT('ICRS', {1:.14f}, {2:.14f})) AS dist\n"
      "FROM {4}\n"
      "WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {1:.14f}, {2:.14f}, {3:.14f})) ORDER BY dist ASC",
      top, cone.ra_deg, cone.dec_deg, cone.radius_deg, cone.table);
}

}  // namespace garner::client
