// ADQL's words with their places. Comments (-- to the end of the line) are skipped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive_sim/adql/query.h"

namespace garner::archive_sim::adql {

struct Token {
  enum class Kind { Word, Quoted, Integer, Real, Text, Symbol, End };

  Kind kind = Kind::End;
  std::string text = {};  // Word: as written; Quoted and Text: without the quotes
  Place from = {}, to = {};
};

// The last token is End. A character that begins no token becomes a Symbol, which no rule of the grammar wants.
std::vector<Token> tokens_of(std::string_view adql);

}  // namespace garner::archive_sim::adql
