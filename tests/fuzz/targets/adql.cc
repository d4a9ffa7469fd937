// Surgery on queries: what comes out can be operated on again; and the form in which a query travels with a table.
#include "ivoa/adql.h"
#include "ivoa/multipart.h"
#include "target.h"

namespace garner::fuzz {
namespace {

// Taken apart as a server does it, by the boundary, each part is what was put in.
void check_form(std::string_view text) {
  const std::string whole(text);
  const auto form = ivoa::multipart_form({{"REQUEST", "doQuery"}, {"QUERY", whole}},
                                         {{"t", std::string(text.substr(0, 10)), "text/xml", whole}});
  if (!form) return;  // a name that no head can hold
  const std::string boundary = "--" + form->content_type.substr(form->content_type.find('=') + 1);
  std::string_view rest = form->body;
  for (const std::string& content : {std::string("doQuery"), whole, whole}) {
    require(rest.starts_with(boundary + "\r\n"), "a part begins with the boundary");
    rest.remove_prefix(boundary.size());
    const auto end = rest.find("\r\n" + boundary);
    require(end != rest.npos, "and ends with it");
    const auto part = rest.substr(0, end);
    const auto head = part.find("\r\n\r\n");
    require(head != part.npos && part.substr(head + 4) == content, "a part is what was put in");
    rest.remove_prefix(end + 2);
  }
  require(rest == boundary + "--\r\n", "there are no more parts");
}

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
  check_form(query);
  (void)ivoa::adql_table_name(query);
  const auto quoted = "SELECT a FROM t WHERE b = " + ivoa::adql_string(query);
  const auto quoted_shape = ivoa::shape_of(quoted);
  require(quoted_shape.has_value() && !quoted_shape->set_operation, "a string literal stays one");
}

const Target kTarget("adql", run);

}  // namespace
}  // namespace garner::fuzz
