// Surgery on queries: what comes out can be operated on again.
#include "ivoa/adql.h"

#include "target.h"

namespace garner::fuzz {
namespace {

void run(Bytes bytes) {
  const auto query = text_of(bytes);
  const auto shape = ivoa::shape_of(query);
  const auto narrowed = ivoa::with_condition(query, "source_id BETWEEN 1 AND 2");
  const auto counted = ivoa::count_of(query);
  if (!shape) require(!narrowed && !counted, "what has no shape can't be cut");
  if (narrowed) {
    const auto after = ivoa::shape_of(*narrowed);
    require(after.has_value() && after->has_where, "a query with a condition is one");
    auto without_where = *shape;
    without_where.has_where = true;
    require(*after == without_where, "nothing else has changed");
    require(ivoa::with_condition(*narrowed, "1 = 1").has_value(), "another condition goes as well");
  }
  if (counted) {
    const auto after = ivoa::shape_of(*counted);
    require(after.has_value(), "a count is a query");
    require(after->has_aggregate && !after->has_order_by && !after->has_top, "of one number");
  }
  (void)ivoa::adql_table_name(query);
  const auto quoted = "SELECT a FROM t WHERE b = " + ivoa::adql_string(query);
  const auto quoted_shape = ivoa::shape_of(quoted);
  require(quoted_shape.has_value() && !quoted_shape->set_operation, "a string literal stays one");
}

const Target kTarget("adql", run);

}  // namespace
}  // namespace garner::fuzz
