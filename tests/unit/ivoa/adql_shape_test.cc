// What is seen of a query from outside, and what is no query.
#include <gtest/gtest.h>

#include "ivoa/adql.h"

namespace garner::ivoa {
namespace {

struct ShapeCase {
  const char* adql;
  SelectShape shape;
};

void expect_each(std::initializer_list<ShapeCase> cases) {
  for (const auto& row : cases) {
    const auto shape = shape_of(row.adql);
    ASSERT_TRUE(shape) << row.adql << ": " << shape.error().detail;
    EXPECT_TRUE(*shape == row.shape) << row.adql;
  }
}

TEST(AdqlShape, SeesEachClause) {
  expect_each({
      {"SELECT 1", {}},
      {"SELECT a FROM t", {.has_from = true}},
      {"select a from t;", {.has_from = true}},
      {"SELECT DISTINCT a FROM t", {.distinct = true, .has_from = true}},
      {"SELECT ALL a FROM t", {.has_from = true}},
      {"SELECT TOP 10 a FROM t", {.has_top = true, .top = 10, .has_from = true}},
      {"SELECT DISTINCT TOP 0 a FROM t", {.distinct = true, .has_top = true, .top = 0, .has_from = true}},
      {"SELECT a FROM t WHERE a > 1", {.has_from = true, .has_where = true}},
      {"SELECT a, AVG(b) FROM t GROUP BY a HAVING AVG(b) > 1",
       {.has_aggregate = true, .has_from = true, .has_group_by = true, .has_having = true}},
      {"SELECT a FROM t WHERE a>1 ORDER BY a DESC OFFSET 5",
       {.has_from = true, .has_where = true, .has_order_by = true, .has_offset = true}},
      {"SELECT a FROM t LIMIT 5 OFFSET 6", {.has_from = true, .has_offset = true, .has_limit = true}},
      {"SELECT a FROM t FETCH FIRST 5 ROWS ONLY", {.has_from = true, .has_limit = true}},
      {"SELECT a FROM t UNION ALL SELECT b FROM u WHERE b > 2 ORDER BY 1",
       {.has_from = true, .has_order_by = true, .set_operation = true}},
      {"SELECT a FROM t EXCEPT (SELECT b FROM u)", {.has_from = true, .set_operation = true}},
      {"SELECT a FROM t INTERSECT SELECT b FROM u UNION SELECT c FROM v", {.has_from = true, .set_operation = true}},
      {"WITH q AS (SELECT a FROM t WHERE a > 1), r (x) AS (SELECT 1) SELECT * FROM q",
       {.has_from = true, .with_clause = true}},
  });
}

TEST(AdqlShape, KeywordsElsewhereAreNone) {
  expect_each({
      {"SELECT 'FROM t WHERE x; -- ORDER BY' FROM t", {.has_from = true}},
      {"SELECT 'it''s -- WHERE' AS x FROM t", {.has_from = true}},
      {"SELECT \"where\", \"a\"\"group by\" FROM \"order by\"", {.has_from = true}},
      {"SELECT a -- WHERE ' \" (\nFROM t -- ORDER BY a", {.has_from = true}},
      {"/* SELECT ( ' */ SELECT a /* WHERE */ FROM t", {.has_from = true}},
      {"SELECT t.where, t.\"order\" FROM t", {.has_from = true}},
      {"SELECT a FROM (SELECT TOP 5 b AS a FROM u WHERE b > 1 GROUP BY b ORDER BY b) AS q", {.has_from = true}},
      {"SELECT a FROM t WHERE a IN (SELECT DISTINCT b FROM u ORDER BY b)", {.has_from = true, .has_where = true}},
      {"SELECT EXTRACT(YEAR FROM epoch), TRIM(LEADING 'x' FROM y) FROM t", {.has_from = true}},
      {"SELECT CASE WHEN a > 1 THEN 'FROM' ELSE 'WHERE' END AS c FROM t", {.has_from = true}},
      {"SELECT top, offset FROM t WHERE offset > 5 AND top < 3", {.has_from = true, .has_where = true}},
      {"SELECT a AS distinct_a, selected FROM t", {.has_from = true}},
      {"SELECT a FROM t JOIN u ON t.id = u.id LEFT OUTER JOIN v USING (id)", {.has_from = true}},
      {"SELECT a FROM t AS group_by WHERE a BETWEEN 1 AND 2", {.has_from = true, .has_where = true}},
      {"SELECT größe FROM t", {.has_from = true}},
      {"SELECT 1e-5, .5, 0x1F, 2.5E+3-1 FROM t", {.has_from = true}},
  });
}

TEST(AdqlShape, AggregatesAreThoseOfTheSelectItself) {
  for (const char* adql :
       {"SELECT COUNT(*) FROM t", "SELECT a, 2 * round(avg(b), 2) FROM t", "SELECT max ( a ) FROM t",
        "SELECT (SELECT a FROM u) + SUM(b) FROM t", "SELECT ROW_NUMBER() OVER (ORDER BY a) FROM t"}) {
    const auto shape = shape_of(adql);
    ASSERT_TRUE(shape) << adql;
    EXPECT_TRUE(shape->has_aggregate) << adql;
  }
  for (const char* adql :
       {"SELECT count FROM t", "SELECT a FROM t WHERE a = (SELECT MAX(b) FROM u)", "SELECT \"COUNT\"(a) FROM t",
        "SELECT (SELECT MAX(b) FROM u) AS m FROM t", "SELECT ABS((SELECT MAX(b) FROM u)) FROM t",
        "SELECT u.count(a) FROM t", "SELECT minimum(a) FROM t", "SELECT a FROM (SELECT COUNT(*) AS a FROM u) AS q"}) {
    const auto shape = shape_of(adql);
    ASSERT_TRUE(shape) << adql;
    EXPECT_FALSE(shape->has_aggregate) << adql;
  }
}

struct BadCase {
  const char *adql, *message;
};

TEST(AdqlShape, WhatIsNoQueryIsToldWithItsPlace) {
  const BadCase cases[] = {
      {"", "there is no query here: expected SELECT"},
      {"  -- SELECT a FROM t", "there is no query here: expected SELECT"},
      {"DELETE FROM t", "line 1, column 1: a query begins with SELECT, this one with 'DELETE'"},
      {"(SELECT a FROM t)", "line 1, column 1: a query begins with SELECT, this one with '('"},
      {"'SELECT'", "line 1, column 1: a query begins with SELECT, this one with ''SELECT''"},
      {"SELECT 'abc FROM t", "line 1, column 8: the text ('…') is never closed"},
      {"SELECT a\nFROM t WHERE b = 'it''s", "line 2, column 18: the text ('…') is never closed"},
      {"SELECT \"abc FROM t", "line 1, column 8: the delimited identifier (\"…\") is never closed"},
      {"SELECT a /* FROM t", "line 1, column 10: the comment is never closed"},
      {"SELECT a /* b /* c */ FROM t",
       "line 1, column 15: a comment inside a comment, which services read differently"},
      {"SELECT ABS((a) FROM t", "line 1, column 11: this '(' is never closed"},
      {"SELECT a) FROM t", "line 1, column 9: this ')' closes nothing"},
      {"SELECT a FROM t; DELETE FROM t", "line 1, column 18: there is more behind the ';': only one query is taken"},
      {"SELECT (a; b) FROM t", "line 1, column 10: a ';' inside parentheses"},
      {"SELECT a FROM t SELECT b FROM u", "line 1, column 17: a second SELECT; a subquery stands in parentheses"},
      {"SELECT a FROM t WHERE a > 1 WHERE a < 5",
       "line 1, column 29: WHERE does not belong here: a second one, or out of its order"},
      {"SELECT a FROM t ORDER BY a WHERE a < 5",
       "line 1, column 28: WHERE does not belong here: a second one, or out of its order"},
      {"SELECT a FROM t AS x.", "the query ends in the middle of a name"},
      {"SELECT a FROM t WHERE", "line 1, column 17: nothing follows WHERE"},
      {"SELECT a FROM t ORDER BY -- a", "line 1, column 17: nothing follows ORDER BY"},
      {"SELECT FROM t", "line 1, column 1: nothing follows SELECT"},
      {"SELECT a FROM", "line 1, column 10: nothing follows FROM"},
      {"SELECT a FROM t UNION", "line 1, column 17: nothing follows UNION"},
      {"SELECT TOP 1.5 a FROM t", "line 1, column 12: TOP takes a whole number, not '1.5'"},
      {"WITH q AS (SELECT a FROM t)", "there is no SELECT behind WITH"},
  };
  for (const auto& row : cases) {
    const auto shape = shape_of(row.adql);
    ASSERT_FALSE(shape) << row.adql;
    EXPECT_EQ(shape.error().kind, Kind::Invalid) << row.adql;
    EXPECT_EQ(shape.error().detail, row.message) << row.adql;
  }
}

TEST(AdqlShape, DepthAndLengthAreNoMatterUpToABound) {
  const std::string deep = "SELECT " + std::string(1'000'000, '(') + "1" + std::string(1'000'000, ')') + " FROM t";
  EXPECT_TRUE(shape_of(deep));
  const auto long_one = shape_of("SELECT 1 FROM t" + std::string(16u << 20, ' '));
  ASSERT_FALSE(long_one);
  EXPECT_EQ(long_one.error().kind, Kind::TooLarge);
}

}  // namespace
}  // namespace garner::ivoa
