// Where a listing goes on that comes in pages. For lib/harvest only.
#pragma once

#include <charconv>
#include <string>

#include "base/error.h"

namespace garner::harvest {

// As text: "type.block.place".
struct Cursor {
  std::uint64_t type = 0, block = 0, place = 0;
  std::string text() const { return fmt::format("{}.{}.{}", type, block, place); }
};

inline Result<Cursor> parse_cursor(const std::string& text) {
  Cursor cursor;
  if (text.empty()) return cursor;
  const char* at = text.data();
  const char* end = at + text.size();
  for (auto* part : {&cursor.type, &cursor.block, &cursor.place}) {
    const auto [next, status] = std::from_chars(at, end, *part);
    if (status != std::errc{}) return fail(Kind::Invalid, "cursor '{}' is none of ours", printable(text, 60));
    at = next;
    if (at != end && *at == '.') ++at;
  }
  if (at != end) return fail(Kind::Invalid, "cursor '{}' is none of ours", printable(text, 60));
  return cursor;
}

}  // namespace garner::harvest
