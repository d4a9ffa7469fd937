// What a FIELD says of itself, as the headers of other formats can hold it. Pure functions.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "table/votable/field.h"

namespace garner::table {

// How long the control character is that the UTF-8 begins with, or 0: C0, DEL, C1, and Unicode's line and paragraph
// separators, which YAML takes for line breaks or refuses.
inline std::size_t control_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  if (byte(0) < ' ' || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) < 0xa0) return 2;
  return byte(0) == 0xe2 && byte(1) == 0x80 && (byte(2) == 0xa8 || byte(2) == 0xa9) ? 3 : 0;
}

// A blank for each control character; FIELDs without a name get one.
inline std::string column_name(const VotableTable& table, std::size_t column) {
  std::string name;
  for (std::string_view text = table.fields[column].column.name; !text.empty();) {
    const auto control = control_length(text);
    name += control > 0 ? ' ' : text.front();
    text.remove_prefix(std::max<std::size_t>(control, 1));
  }
  return name.empty() ? fmt::format("col{}", column + 1) : name;
}

// Line breaks and runs of blanks are how the XML was laid out: a blank each.
inline std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const auto control = text.starts_with(' ') ? 1 : control_length(text);
    if (control == 0)
      line += text.front();
    else if (!line.ends_with(' '))
      line += ' ';
    text.remove_prefix(std::max<std::size_t>(control, 1));
  }
  return line;
}

}  // namespace garner::table
