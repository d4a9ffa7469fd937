#include "archive_sim/tap/sky.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "archive_sim/ids.h"
#include "archive_sim/tap/sources.h"
#include "archive_sim/tap/static_relation.h"

namespace garner::archive_sim {
namespace {

using adql::Value;

constexpr std::string_view kDatatypes[] = {"boolean", "short", "int", "long", "float", "double", "char"};

SourceIds sky_ids(const Knobs& knobs) {
  auto ids = std::make_shared<std::vector<std::uint64_t>>();
  ids->reserve(knobs.sky_sources);
  each_sorted_id({knobs.sky_sources, knobs.sky_seed, 0}, [&](std::uint64_t id) { ids->push_back(id); });
  return ids;
}

Value text(std::string_view t) {
  return t.empty() ? Value{} : Value::of(std::string(t));
}

std::shared_ptr<StaticRelation> texts_relation(std::initializer_list<std::string_view> names) {
  auto out = std::make_shared<StaticRelation>();
  for (const std::string_view name : names) out->add_field({name, Type::Text});
  return out;
}

// TAP_SCHEMA after TAP 1.1 §4, describing itself too.
void add_tap_schema(std::vector<CatalogueTable>& tables) {
  auto schemas = texts_relation({"schema_name", "utype", "description"});
  schemas->add_row({text("gaiadr3"), {}, text("Gaia Data Release 3, simulated")});
  schemas->add_row({text("tap_schema"), {}, text("Tables that describe the tables, columns and more")});
  auto names = texts_relation({"schema_name", "table_name", "table_type", "utype", "description"});
  auto columns =
      texts_relation({"table_name", "column_name", "datatype", "arraysize", "unit", "ucd", "utype", "description"});
  for (const std::string_view name : {"indexed", "principal", "std", "column_index"})
    columns->add_field({name, Type::Int});
  tables.push_back({"tap_schema", "tap_schema.schemas", "Schemas of this service", schemas});
  tables.push_back({"tap_schema", "tap_schema.tables", "Tables of this service", names});
  tables.push_back(
      {"tap_schema", "tap_schema.columns", "Columns of the tables, with unit, ucd and description", columns});
  for (const CatalogueTable& table : tables) {
    names->add_row({text(table.schema), text(table.name), text("table"), {}, text(table.description)});
    std::int64_t index = 0;
    for (const Field& f : table.relation->fields())
      columns->add_row({text(table.name), text(f.name), text(kDatatypes[static_cast<std::size_t>(f.type)]),
                        f.type == Type::Text ? text("*") : Value{}, text(f.unit), text(f.ucd), text(f.utype),
                        text(f.description), Value::of(std::int64_t{f.name == "source_id" ? 1 : 0}),
                        Value::of(std::int64_t{1}), Value::of(std::int64_t{0}), Value::of(index++)});
  }
}

}  // namespace

Sky::Sky(const Knobs& knobs) {
  const SourceIds ids = sky_ids(knobs);
  tables_.push_back({"gaiadr3", "gaiadr3.gaia_source",
                     "This table has an entry for every Gaia observed source as published with this data release.",
                     gaia_source(ids, knobs)});
  tables_.push_back({"gaiadr3", "gaiadr3.nss_two_body_orbit",
                     "Non-single star orbital models for sources compatible with an orbital model: several solutions a "
                     "source, \"best\" first.",
                     nss_two_body_orbit(ids)});
  add_tap_schema(tables_);
}

std::string Sky::key(const Knobs& knobs) {
  std::string out = fmt::format("{} {} {} {} {}", knobs.sky_sources, knobs.sky_seed, knobs.sky_null_random_index,
                                knobs.seed, knobs.absent_fraction);
  for (const auto& [type, fraction] : knobs.absent_of_type) out += fmt::format(" {}={}", type, fraction);
  return out;
}

adql::RelationPtr Sky::find(std::string_view name) const {
  const auto found = std::ranges::find(tables_, name, &CatalogueTable::name);
  return found == tables_.end() ? nullptr : found->relation;
}

}  // namespace garner::archive_sim
