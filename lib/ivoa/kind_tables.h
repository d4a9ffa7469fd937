// Tables that turn a service's words and HTTP statuses into a Kind: how a row is read, for every service's own table.
// First match wins. Pure; any thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace garner::ivoa {

struct TextRow {
  std::string_view text;  // of the server's message, either case
  Kind kind;
};

struct StatusRow {
  int first, last;
  Kind kind;
};

inline std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

// Error pages are long and the tables, too: each text is looked for by the C library.
inline std::optional<Kind> kind_of_message(std::span<const TextRow> rows, std::string_view message) {
  const std::string lower = in_lower_case(message);
  const auto row = std::ranges::find_if(rows, [&lower](const TextRow& each) {
    const std::string text = in_lower_case(each.text);
    return ::memmem(lower.data(), lower.size(), text.data(), text.size()) != nullptr;
  });
  return row == rows.end() ? std::nullopt : std::optional(row->kind);
}

// Malformed where no row holds the status.
inline Kind kind_of_status(std::span<const StatusRow> rows, int status) {
  const auto row = std::ranges::find_if(
      rows, [status](const StatusRow& each) { return status >= each.first && status <= each.last; });
  return row == rows.end() ? Kind::Malformed : row->kind;
}

}  // namespace garner::ivoa
