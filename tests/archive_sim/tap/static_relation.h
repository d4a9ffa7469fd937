// A small table held in memory: metadata and uploads.
#pragma once

#include <deque>
#include <string>

#include "archive_sim/adql/relation.h"

namespace garner::archive_sim {

class StaticRelation final : public adql::Relation {
 public:
  // The field's texts are copied.
  void add_field(const Field& field);
  void add_row(std::vector<adql::Value> cells) { rows_.push_back(std::move(cells)); }

  const std::vector<Field>& fields() const override { return fields_; }
  std::size_t rows() const override { return rows_.size(); }
  adql::Value cell(std::size_t row, std::size_t column) const override { return rows_[row][column]; }

 private:
  std::string_view kept(std::string_view text) { return texts_.emplace_back(text); }

  std::deque<std::string> texts_;
  std::vector<Field> fields_;
  std::vector<std::vector<adql::Value>> rows_;
};

}  // namespace garner::archive_sim
