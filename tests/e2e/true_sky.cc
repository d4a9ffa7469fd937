#include "true_sky.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "archive_sim/adql/execute.h"
#include "archive_sim/tap/sky.h"

namespace garner::e2e {

using namespace archive_sim;

namespace {

Knobs knobs_of(const Json& json) {
  auto knobs = merge_knobs({}, json.dump());
  EXPECT_TRUE(knobs) << (knobs ? "" : knobs.error().detail);
  return knobs.value_or(Knobs{});
}

CellKind kind_of(Type type) {
  switch (type) {
    case Type::Bool:
      return CellKind::Boolean;
    case Type::Float:
      return CellKind::Float;
    case Type::Double:
      return CellKind::Double;
    case Type::Text:
      return CellKind::Text;
    default:
      return CellKind::Integer;
  }
}

Cell cell_of(const Column& column, std::size_t row) {
  if (column.is_null(row)) return std::nullopt;
  switch (column.field.type) {
    case Type::Bool:
      return column.integers[row] != 0 ? "true" : "false";
    case Type::Float:
      return fmt::format("{}", static_cast<float>(column.reals[row]));
    case Type::Double:
      return fmt::format("{}", column.reals[row]);
    case Type::Text:
      return column.texts[row].empty() ? Cell() : column.texts[row];
    default:
      return std::to_string(column.integers[row]);
  }
}

}  // namespace

class TrueSky::Catalogue final : public adql::Catalogue {
 public:
  explicit Catalogue(const Knobs& knobs) : sky_(knobs) {}
  adql::RelationPtr find(std::string_view name) const override { return sky_.find(name); }

 private:
  Sky sky_;
};

TrueSky::TrueSky(const Json& knobs) : catalogue_(std::make_unique<const Catalogue>(knobs_of(knobs))) {}
TrueSky::~TrueSky() = default;

Cells TrueSky::ask(const std::string& adql) const {
  Cells out;
  auto parsed = adql::parse(adql);
  if (const auto* complaint = std::get_if<adql::Complaint>(&parsed)) {
    ADD_FAILURE() << adql << ": " << complaint->text;
    return out;
  }
  const auto ran = adql::execute(std::get<adql::Query>(std::move(parsed)), *catalogue_, {});
  if (const auto* complaint = std::get_if<adql::Complaint>(&ran)) {
    ADD_FAILURE() << adql << ": " << complaint->text;
    return out;
  }
  const auto& result = *std::get<0>(ran);
  out.rows.resize(result.rows);
  for (const Column& column : result.table.columns) {
    out.names.emplace_back(column.field.name);
    out.kinds.push_back(kind_of(column.field.type));
    for (std::size_t row = 0; row < result.rows; ++row) out.rows[row].push_back(cell_of(column, row));
  }
  return out;
}

std::set<std::string> TrueSky::ids_in(const std::string& where) const {
  return ask("SELECT source_id FROM " + where).values("source_id");
}

}  // namespace garner::e2e
