// ADQL as text: what a query looks like from outside, one more condition for it, its count, and the queries that a
// harvest makes of its own. Clauses are found by tokens, never by words inside strings, delimited identifiers, comments
// or subqueries; nothing else of the language is understood, so what a service does with the rest is its own matter.
// Pure functions; any thread. Texts over 16 MiB are TooLarge; no recursion. Errors are Invalid, with line and column
// where there is one. ADQL 2.1 (IVOA REC 2023-12-15), whose §2.1 is the lexical part.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/sky.h"
#include "base/source_id.h"

namespace garner::ivoa {

// The shape of one SELECT at its top level.
struct SelectShape {
  bool distinct = false;
  bool has_top = false;
  std::optional<std::uint64_t> top{};  // its number
  bool has_aggregate = false;          // COUNT(…), SUM(…), … among what is selected, outside of subqueries
  bool has_from = false;
  bool has_where = false;
  bool has_group_by = false;
  bool has_having = false;
  bool has_order_by = false;
  bool has_offset = false;
  bool has_limit = false;  // LIMIT n, FETCH FIRST: no ADQL, but some services take them
  bool set_operation =
      false;  // UNION, INTERSECT, EXCEPT; then the shape is the first SELECT's, has_order_by the whole's
  bool with_clause = false;

  bool operator==(const SelectShape&) const = default;
};

// Invalid: no SELECT, several statements, a string, delimited identifier or comment that is never closed, parentheses
// that don't match. A ';' at the end is let pass.
Result<SelectShape> shape_of(std::string_view adql);

// The query for those of its rows that fulfil the condition: "… WHERE (old) AND (condition)". Invalid also where the
// rows of all conditions would not add up to the rows of the whole (TOP, DISTINCT, GROUP BY, aggregates, set
// operations, …), and for ORDER BY, which means nothing across parts.
Result<std::string> with_condition(std::string_view adql, std::string_view condition);

// How many rows the query has: "SELECT COUNT(*) AS n FROM …". ORDER BY is dropped; where the rows are not simply those
// of the tables (TOP, DISTINCT, GROUP BY, …) the query becomes a derived table: "… FROM (query) AS q".
Result<std::string> count_of(std::string_view adql);

// A string literal, a delimited identifier (§2.1.3, §2.1.4): quotes doubled.
std::string adql_string(std::string_view text);
std::string adql_identifier(std::string_view name);
// A name as a query may say it: plain identifiers as they are, delimited where they are reserved words or no plain
// identifiers. Invalid for an empty part, an open quote or control characters. For names of columns, the parts may be
// a table's alias and the column.
Result<std::string> adql_table_name(std::string_view name);

// Conditions. A column may be qualified: "g.source_id". Names as manifests give them: plain identifiers, with dots.
std::string in_list(std::string_view column, std::span<const SourceId> ids);       // one id at least
std::string between(std::string_view column, std::int64_t from, std::int64_t to);  // both included
std::string is_null(std::string_view column);
std::string cone_condition(const Cone& cone);  // by the columns ra and dec
std::string box_condition(const Box& box);

// Rows of a table for ids. No columns: all of them.
std::string rows_by_ids(std::string_view table, std::span<const std::string> columns, std::string_view id_column,
                        std::span<const SourceId> ids);
// By a join with an uploaded table, whose one column is called like the table's id_column.
std::string rows_by_upload(std::string_view table, std::span<const std::string> columns, std::string_view id_column,
                           std::string_view upload_table);
// The ids of a table's rows inside, by its columns ra and dec.
std::string ids_of_cone(std::string_view table, std::string_view id_column, const Cone& cone);
std::string ids_of_box(std::string_view table, std::string_view id_column, const Box& box);

// Whether a word means something to ADQL 2.1 (§2.1.2, §2.1.3), so that a name must be delimited; any case
// (adql_words.cc).
bool is_adql_word(std::string_view word);

}  // namespace garner::ivoa
