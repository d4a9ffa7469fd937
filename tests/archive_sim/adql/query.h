// A parsed query, and the parser of the ADQL subset:
//
//   SELECT [ALL|DISTINCT] [TOP n] * | t.* | expression [AS name] | COUNT(*) | MIN(c) | MAX(c), ...
//   FROM table [AS a] [ [INNER] JOIN table [AS b] USING (c) | ON a.c = b.c ]      table: a name, or (SELECT ...)
//   [WHERE condition] [ORDER BY expression [ASC|DESC], ...]
//
// Conditions: AND, OR, NOT, = <> != < <= > >=, [NOT] BETWEEN, [NOT] IN (literals | SELECT one column), IS [NOT] NULL,
// [NOT] LIKE. Expressions: columns, numbers, texts, + - * /, DISTANCE, CONTAINS(POINT, CIRCLE | BOX), ABS. No GROUP BY,
// HAVING, UNION or outer joins. Pure functions over values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "archive_sim/adql/value.h"

namespace garner::archive_sim::adql {

struct Place {
  std::size_t line = 1, column = 1;
};

struct Query;

enum class Op {
  Column,
  Literal,
  Negate,
  Add,
  Subtract,
  Multiply,
  Divide,
  Abs,
  Distance,  // lon1, lat1, lon2, lat2
  InCircle,  // lon, lat, centre lon, centre lat, radius
  InBox,     // lon, lat, centre lon, centre lat, width, height
  CountAll,
  Minimum,
  Maximum,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Between,  // value, low, high
  In,
  IsNull,
  Like,
  And,
  Or,
  Not,
};

struct Expression {
  Op op = Op::Literal;
  std::vector<Expression> parts = {};
  bool negated = false;                // NOT BETWEEN, NOT IN, IS NOT NULL, NOT LIKE
  Value literal = {};                  // Literal
  std::vector<std::string> name = {};  // Column: qualifiers and name, as written
  Place from = {}, to = {};            // Column: where it stands
  std::vector<Value> list = {};        // In, with literals
  std::shared_ptr<Query> query = {};   // In, with a subquery
  // Set when the query is bound to its tables:
  std::size_t table = 0, column = 0;
  std::vector<std::int64_t> sorted_list = {};  // In, where the whole list is integers
};

struct Item {
  bool star = false;
  std::vector<std::string> star_of = {};  // the qualifier of "t.*"
  Expression expression = {};
  std::string alias = {};
};

struct TableName {
  std::vector<std::string> name = {};  // as written
  std::shared_ptr<Query> query = {};   // instead of a name
  std::string alias = {};
  Place from = {}, to = {};
};

struct Order {
  Expression by;
  bool descending = false;
};

struct Query {
  bool distinct = false;
  std::optional<std::uint64_t> top = {};
  std::vector<Item> items = {};
  std::vector<TableName> tables = {};  // one or two
  std::vector<std::string> using_columns = {};
  std::optional<Expression> on = {}, where = {};
  std::vector<Order> order = {};
};

// Why a query is refused: the part of the server's message behind "Cannot parse query '...' for job '...': ".
struct Complaint {
  std::string text;
  bool bare = false;  // the server says only "null"
};

std::variant<Query, Complaint> parse(std::string_view adql);

std::string lower(std::string_view text);

}  // namespace garner::archive_sim::adql
