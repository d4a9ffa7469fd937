// A table that can be queried: fields and cells. Immutable once made, so any thread may read it. Names are lower case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "archive_sim/adql/value.h"
#include "archive_sim/table.h"

namespace garner::archive_sim::adql {

class Relation {
 public:
  virtual ~Relation() = default;

  virtual const std::vector<Field>& fields() const = 0;
  virtual std::size_t rows() const = 0;
  virtual Value cell(std::size_t row, std::size_t column) const = 0;
  // The rows whose integer `column` lies in [low, high], in ascending order. Nothing: the column has no index.
  virtual std::optional<std::vector<std::uint32_t>> rows_between(std::size_t /*column*/, std::int64_t /*low*/,
                                                                 std::int64_t /*high*/) const {
    return std::nullopt;
  }
};

using RelationPtr = std::shared_ptr<const Relation>;

// Where the names behind FROM are looked up; `name` is lower case, "schema.table". Null: there is no such table.
class Catalogue {
 public:
  virtual ~Catalogue() = default;
  virtual RelationPtr find(std::string_view name) const = 0;
};

}  // namespace garner::archive_sim::adql
