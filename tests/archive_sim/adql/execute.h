// Runs a parsed query over a catalogue. Any thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "archive_sim/adql/query.h"
#include "archive_sim/adql/relation.h"
#include "archive_sim/table.h"

namespace garner::archive_sim::adql {

// Neither copied nor moved: the table's fields point at `names`.
struct ResultTable {
  ResultTable() = default;
  ResultTable(const ResultTable&) = delete;
  ResultTable& operator=(const ResultTable&) = delete;

  Table table;
  std::deque<std::string> names;
  std::vector<RelationPtr> keep;  // whose fields the table's fields point at
  bool cut = false;               // there were more rows than `max_rows`
  std::size_t rows = 0;
};

struct Execution {
  std::optional<std::uint64_t> max_rows = {};  // behind TOP
  bool lower_case_names = true;                // as the archive does, whatever the alias
  bool miscounts = false;                      // COUNT(*) says one too many
};

std::variant<std::unique_ptr<ResultTable>, Complaint> execute(Query query, const Catalogue& catalogue,
                                                              const Execution& how);

}  // namespace garner::archive_sim::adql
