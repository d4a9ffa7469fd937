// Names looked up: tables in the catalogue, columns in the tables; literals judged against the columns they meet.
#pragma once

#include <array>
#include <optional>

#include "archive_sim/adql/evaluate.h"
#include "archive_sim/adql/query.h"
#include "archive_sim/adql/relation.h"

namespace garner::archive_sim::adql {

struct Binding {
  std::array<RelationPtr, 2> owners = {};
  Tables tables = {};
  std::size_t count = 0;

  const Field& field(const Expression& column) const { return tables[column.table]->fields()[column.column]; }
};

// Fills in the places of all columns of `query` (of subqueries too: they are run). Stars are replaced by columns.
std::variant<Binding, Complaint> bind(Query& query, const Catalogue& catalogue);

}  // namespace garner::archive_sim::adql
