// Private to lib/ivoa: where the clauses of a query stand in its text.
#pragma once

#include <array>

#include "ivoa/adql.h"

namespace garner::ivoa {

enum class Clause : std::uint8_t { With, Select, From, Where, GroupBy, Having, OrderBy, RowLimit, OtherSelect };
inline constexpr std::size_t kClauses = 9;

struct AdqlOutline {
  struct Span {
    std::size_t keyword = 0;         // where its keyword begins
    std::size_t begin = 0, end = 0;  // what follows the keyword, without blanks and comments at its ends; 0: nothing
  };
  SelectShape shape;
  std::array<Span, kClauses> spans{};
  std::size_t end = 0;  // of the query, without a ';'

  const Span& span(Clause clause) const { return spans[static_cast<std::size_t>(clause)]; }
};

// Errors: those of shape_of().
Result<AdqlOutline> outline_of(std::string_view adql);

}  // namespace garner::ivoa
