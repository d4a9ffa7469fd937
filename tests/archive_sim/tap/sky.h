// The simulated catalogue behind TAP. Its sources are those of `ids --count sky_sources --seed sky_seed`; every value
// is a pure function of the source_id, and the has_... flags are the truth of data-server/data. Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive_sim/adql/relation.h"
#include "archive_sim/knobs.h"

namespace garner::archive_sim {

// One table with what the metadata say of it.
struct CatalogueTable {
  std::string schema, name, description;  // name: "schema.table"
  adql::RelationPtr relation;
};

class Sky {
 public:
  // About 24 bytes of memory a source, and a second for 5 million of them.
  explicit Sky(const Knobs& knobs);

  // What of the knobs it depends on: two skies with the same key are the same.
  static std::string key(const Knobs& knobs);

  const std::vector<CatalogueTable>& tables() const { return tables_; }
  adql::RelationPtr find(std::string_view name) const;

 private:
  std::vector<CatalogueTable> tables_;
};

}  // namespace garner::archive_sim
