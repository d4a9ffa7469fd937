// The rows of the real server's table gaia.source: 50,000 sources of the simulated archive's sky, as a function of
// nothing, so that they can be put into the server and, later, be compared with what comes out. Ascending by source_id.
// Immutable; any thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "archive_sim/adql/relation.h"

namespace garner::real_server {

inline constexpr std::size_t kSources = 50'000;

class Sources {
 public:
  Sources();

  // Names and types; unit, ucd and description are the simulated archive's, not always q.rd's.
  const std::vector<archive_sim::Field>& fields() const { return fields_; }
  archive_sim::adql::Value cell(std::size_t row, std::size_t column) const {
    return relation_->cell(row, column_of_[column]);
  }
  // The column of that name; there must be one.
  std::size_t column(std::string_view name) const;

 private:
  archive_sim::adql::RelationPtr relation_;
  std::vector<archive_sim::Field> fields_;
  std::vector<std::size_t> column_of_;  // of the relation
};

}  // namespace garner::real_server
