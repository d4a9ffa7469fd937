// The value of a bound expression for one row, with SQL's three-valued logic. Any thread.
#pragma once

#include <array>
#include <cstdint>

#include "archive_sim/adql/query.h"
#include "archive_sim/adql/relation.h"

namespace garner::archive_sim::adql {

// Row numbers in the one or two tables of a query.
using Rows = std::array<std::uint32_t, 2>;
using Tables = std::array<const Relation*, 2>;

enum class Truth : std::uint8_t { No, Yes, Unknown };

Value evaluate(const Expression& expression, const Tables& tables, const Rows& rows);
Truth holds(const Expression& expression, const Tables& tables, const Rows& rows);

// Negative, zero or positive; of two values that are not null. Numbers with numbers, texts with texts; a boolean
// compares with the texts 'true', 'false', 't' and 'f'.
int compare(const Value& a, const Value& b);

// Degrees, by the haversine formula: good for small angles.
double angular_distance(double lon1, double lat1, double lon2, double lat2);

}  // namespace garner::archive_sim::adql
