#include "client/adql_text.h"

#include "ivoa/adql.h"

namespace garner::client {

std::string cone_adql(const Cone& cone, std::string_view table, std::uint64_t limit) {
  const auto top = limit == 0 ? std::string() : fmt::format("TOP {} ", limit);
  return fmt::format(
      "SELECT {}t.*, DISTANCE(POINT('ICRS', ra, dec), POINT('ICRS', {:.14f}, {:.14f})) AS dist\nFROM {} AS t\nWHERE {} "
      "ORDER "
      "BY dist ASC",
      top, cone.ra_deg, cone.dec_deg, table, ivoa::cone_condition(cone));
}

}  // namespace garner::client
