// What is cut out of queries and put into them.
#include "ivoa/adql_outline.h"

namespace garner::ivoa {

namespace {

// Why the rows of a query in parts are not the rows of the whole; empty if they are.
std::string why_not_in_parts(const SelectShape& shape) {
  const std::pair<bool, std::string_view> rows[] = {
      {!shape.has_from, "it reads no table"},
      {shape.with_clause, "WITH can't be cut; write its query as a subquery in FROM"},
      {shape.set_operation, "UNION, INTERSECT and EXCEPT can't be cut; make a harvest of each SELECT"},
      {shape.has_top, "TOP would hold in each part; leave it out"},
      {shape.has_limit, "LIMIT would hold in each part (and is no ADQL); leave it out"},
      {shape.has_offset, "OFFSET would hold in each part; leave it out"},
      {shape.distinct, "DISTINCT would hold in each part alone; leave it out"},
      {shape.has_group_by || shape.has_having, "GROUP BY would group each part alone"},
      {shape.has_aggregate, "an aggregate would be reckoned for each part alone"},
      {shape.has_order_by, "ORDER BY means nothing across parts; leave it out"}};
  for (const auto& [so, reason] : rows) {
    if (so) return std::string(reason);
  }
  return {};
}

// The query without its ORDER BY.
std::string unordered(std::string_view adql, const AdqlOutline& outline, std::size_t from) {
  if (!outline.shape.has_order_by) return std::string(adql.substr(from, outline.end - from));
  const auto& order = outline.span(Clause::OrderBy);
  std::string out(adql.substr(from, order.keyword - from));
  if (order.end < outline.end) out += adql.substr(order.end, outline.end - order.end);
  while (out.ends_with(' ') || out.ends_with('\n')) out.pop_back();
  return out;
}

}  // namespace

Result<SelectShape> shape_of(std::string_view adql) {
  auto outline = outline_of(adql);
  if (!outline) return std::unexpected(std::move(outline.error()));
  return outline->shape;
}

Result<std::string> with_condition(std::string_view adql, std::string_view condition) {
  const auto outline = outline_of(adql);
  if (!outline) return std::unexpected(outline.error());
  if (const auto why = why_not_in_parts(outline->shape); !why.empty())
    return fail(Kind::Invalid, "this query can't be asked in parts: {}", why);
  // Nothing follows: all that could was refused.
  const auto& where = outline->span(Clause::Where);
  if (!outline->shape.has_where) return fmt::format("{}\nWHERE {}", adql.substr(0, outline->end), condition);
  return fmt::format("{}WHERE ({}) AND ({})", adql.substr(0, where.keyword),
                     adql.substr(where.begin, where.end - where.begin), condition);
}

Result<std::string> count_of(std::string_view adql) {
  const auto outline = outline_of(adql);
  if (!outline) return std::unexpected(outline.error());
  const SelectShape& shape = outline->shape;
  if (!shape.has_from) return fail(Kind::Invalid, "a query without FROM has no rows to count");
  const std::size_t select = outline->span(Clause::Select).keyword;
  const auto before = adql.substr(0, select);
  const bool rows_of_tables = !(shape.has_top || shape.distinct || shape.has_limit || shape.has_offset ||
                                shape.has_group_by || shape.has_having || shape.has_aggregate || shape.set_operation);
  if (rows_of_tables)
    return fmt::format("{}SELECT COUNT(*) AS n {}", before,
                       unordered(adql, *outline, outline->span(Clause::From).keyword));
  // On a line of its own, lest the query ends with a comment.
  return fmt::format("{}SELECT COUNT(*) AS n FROM ({}\n) AS q", before, unordered(adql, *outline, select));
}

}  // namespace garner::ivoa
