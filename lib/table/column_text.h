// What a FIELD says of itself, as the headers of other formats can hold it. Pure functions.
#pragma once

#include <string>

#include "table/votable_field.h"

namespace garner::table {

// Without control characters; FIELDs without a name get one.
inline std::string column_name(const VotableTable& table, std::size_t column) {
  std::string name = table.fields[column].column.name;
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return name.empty() ? fmt::format("col{}", column + 1) : name;
}

// Line breaks and runs of blanks are how the XML was laid out: a blank each.
inline std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool is_blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!is_blank)
      line += c;
    else if (!line.ends_with(' '))
      line += ' ';
  }
  return line;
}

}  // namespace garner::table
