// One more condition for a query, and its count.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ivoa/adql.h"

namespace garner::ivoa {
namespace {

struct Case {
  const char *adql, *made;
};

TEST(WithCondition, HoldsForTheSelectItself) {
  const Case cases[] = {
      {"SELECT a FROM t", "SELECT a FROM t\nWHERE c IS NULL"},
      {"SELECT a FROM t ;", "SELECT a FROM t\nWHERE c IS NULL"},
      {"SELECT a FROM t -- all of it", "SELECT a FROM t\nWHERE c IS NULL"},
      {"SELECT a FROM t WHERE b > 1 OR d < 2", "SELECT a FROM t WHERE (b > 1 OR d < 2) AND (c IS NULL)"},
      {"SELECT a FROM t WHERE b > 1 -- bright ones\n", "SELECT a FROM t WHERE (b > 1) AND (c IS NULL)"},
      {"SELECT a FROM t where /* x */ b > 1 -- )\n OR d = ')' /* ( */",
       "SELECT a FROM t WHERE (b > 1 -- )\n OR d = ')') AND (c IS NULL)"},
      {"SELECT a FROM (SELECT a FROM u WHERE a > 1) AS q",
       "SELECT a FROM (SELECT a FROM u WHERE a > 1) AS q\nWHERE c IS NULL"},
      {"SELECT a FROM t WHERE a IN (SELECT TOP 5 b FROM u WHERE b > 2 ORDER BY b)",
       "SELECT a FROM t WHERE (a IN (SELECT TOP 5 b FROM u WHERE b > 2 ORDER BY b)) AND (c IS NULL)"},
      {"SELECT 'WHERE', t.where FROM t", "SELECT 'WHERE', t.where FROM t\nWHERE c IS NULL"},
      {"SELECT CASE WHEN a > 1 THEN 2 END FROM t JOIN u ON t.i = u.i",
       "SELECT CASE WHEN a > 1 THEN 2 END FROM t JOIN u ON t.i = u.i\nWHERE c IS NULL"},
  };
  for (const auto& row : cases) {
    const auto made = with_condition(row.adql, "c IS NULL");
    ASSERT_TRUE(made) << row.adql << ": " << made.error().detail;
    EXPECT_EQ(*made, row.made);
  }
}

TEST(WithCondition, MayBePutOnceMore) {
  const auto once = with_condition("SELECT a FROM t", "a = 1 OR a = 2");
  ASSERT_TRUE(once);
  EXPECT_EQ(with_condition(*once, "b = 3").value_or(""), "SELECT a FROM t\nWHERE (a = 1 OR a = 2) AND (b = 3)");
}

TEST(WithCondition, RefusesWhatDoesNotAddUp) {
  const std::pair<const char*, const char*> cases[] = {
      {"SELECT 1", "reads no table"},
      {"SELECT TOP 5 a FROM t", "TOP"},
      {"SELECT DISTINCT a FROM t", "DISTINCT"},
      {"SELECT a FROM t GROUP BY a", "GROUP BY"},
      {"SELECT a FROM t HAVING a > 1", "GROUP BY"},
      {"SELECT COUNT(*) FROM t", "aggregate"},
      {"SELECT a FROM t ORDER BY a", "ORDER BY"},
      {"SELECT a FROM t OFFSET 5", "OFFSET"},
      {"SELECT a FROM t LIMIT 5", "LIMIT"},
      {"SELECT a FROM t UNION SELECT a FROM u", "UNION"},
      {"WITH q AS (SELECT a FROM t) SELECT a FROM q", "WITH"},
      {"SELECT a FROM t WHERE b = 'x", "never closed"},
  };
  for (const auto& [adql, why] : cases) {
    const auto made = with_condition(adql, "c = 1");
    ASSERT_FALSE(made) << adql;
    EXPECT_EQ(made.error().kind, Kind::Invalid);
    EXPECT_THAT(made.error().detail, testing::HasSubstr(why)) << adql;
  }
}

TEST(CountOf, CountsTheRowsOfTheTables) {
  const Case cases[] = {
      {"SELECT a, b AS c FROM t", "SELECT COUNT(*) AS n FROM t"},
      {"SELECT a FROM t -- all\n;", "SELECT COUNT(*) AS n FROM t"},
      {"SELECT EXTRACT(YEAR FROM e), 'FROM' FROM t WHERE a > 1", "SELECT COUNT(*) AS n FROM t WHERE a > 1"},
      {"SELECT a FROM t WHERE a > 1 ORDER BY a, b DESC", "SELECT COUNT(*) AS n FROM t WHERE a > 1"},
      {"SELECT (SELECT MAX(b) FROM u) FROM t JOIN u ON t.i = u.i", "SELECT COUNT(*) AS n FROM t JOIN u ON t.i = u.i"},
      {"WITH q AS (SELECT a FROM t) SELECT a FROM q", "WITH q AS (SELECT a FROM t) SELECT COUNT(*) AS n FROM q"},
  };
  for (const auto& row : cases) {
    const auto made = count_of(row.adql);
    ASSERT_TRUE(made) << row.adql << ": " << made.error().detail;
    EXPECT_EQ(*made, row.made);
  }
}

TEST(CountOf, CountsTheRowsOfTheQueryWhereTheyAreOthers) {
  const Case cases[] = {
      {"SELECT TOP 5 a FROM t", "SELECT COUNT(*) AS n FROM (SELECT TOP 5 a FROM t\n) AS q"},
      {"SELECT TOP 5 a FROM t ORDER BY b -- the first", "SELECT COUNT(*) AS n FROM (SELECT TOP 5 a FROM t\n) AS q"},
      {"SELECT DISTINCT a FROM t WHERE b > 1",
       "SELECT COUNT(*) AS n FROM (SELECT DISTINCT a FROM t WHERE b > 1\n) AS q"},
      {"SELECT a, MAX(b) FROM t GROUP BY a", "SELECT COUNT(*) AS n FROM (SELECT a, MAX(b) FROM t GROUP BY a\n) AS q"},
      {"SELECT MIN(a) FROM t", "SELECT COUNT(*) AS n FROM (SELECT MIN(a) FROM t\n) AS q"},
      {"SELECT a FROM t ORDER BY b OFFSET 5", "SELECT COUNT(*) AS n FROM (SELECT a FROM t  OFFSET 5\n) AS q"},
      {"SELECT a FROM t UNION SELECT b FROM u ORDER BY 1",
       "SELECT COUNT(*) AS n FROM (SELECT a FROM t UNION SELECT b FROM u\n) AS q"},
      {"WITH w AS (SELECT 1) SELECT TOP 2 a FROM w",
       "WITH w AS (SELECT 1) SELECT COUNT(*) AS n FROM (SELECT TOP 2 a FROM w\n) AS q"},
  };
  for (const auto& row : cases) {
    const auto made = count_of(row.adql);
    ASSERT_TRUE(made) << row.adql << ": " << made.error().detail;
    EXPECT_EQ(*made, row.made);
  }
  EXPECT_FALSE(count_of("SELECT 1"));
  EXPECT_FALSE(count_of("SELECT a FROM t; SELECT b FROM u"));
}

// Nothing that is made may be something else than one query, whatever is put in.
TEST(AdqlSurgery, MakesQueriesOfOneStatement) {
  const std::string pieces[] = {"SELECT ", "a ", "FROM t ", "WHERE ", "b=1 ", "'",         "\"",     "--", "/*",
                                "*/",      "\n", "(",       ")",      ";",    "ORDER BY ", "TOP 5 ", "x.", "UNION "};
  std::uint64_t state = 7;
  const auto draw = [&state](std::size_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % n;
  };
  int taken = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string adql = draw(4) == 0 ? "" : "SELECT a FROM t ";
    for (std::size_t n = draw(8); n > 0; --n) adql += pieces[draw(std::size(pieces))];
    const auto parted = with_condition(adql, "c = 3");
    const auto counted = count_of(adql);
    if (parted) {
      ++taken;
      const auto shape = shape_of(*parted);
      ASSERT_TRUE(shape) << adql << "\n" << *parted;
      ASSERT_TRUE(shape->has_where) << adql << "\n" << *parted;
      ASSERT_TRUE(parted->ends_with("c = 3") || parted->ends_with("AND (c = 3)"));
    }
    if (counted) {
      const auto shape = shape_of(*counted);
      ASSERT_TRUE(shape) << adql << "\n" << *counted;
      ASSERT_TRUE(shape->has_aggregate && !shape->has_order_by && !shape->has_top) << adql << "\n" << *counted;
    }
  }
  EXPECT_GT(taken, 1'000);
}

}  // namespace
}  // namespace garner::ivoa
