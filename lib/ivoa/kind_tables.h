// Tables that turn a service's words and HTTP statuses into a Kind: how a row is read, for every service's own table.
// First match wins. Pure; any thread.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "ivoa/server_words.h"

namespace garner::ivoa {

struct TextRow {
  std::string_view text;  // of the server's message, either case
  Kind kind;
};

struct StatusRow {
  int first, last;
  Kind kind;
};

inline std::optional<Kind> kind_of_message(std::span<const TextRow> rows, std::string_view message) {
  const auto row = std::ranges::find_if(rows, [message](const TextRow& each) { return contains(message, each.text); });
  return row == rows.end() ? std::nullopt : std::optional(row->kind);
}

// Malformed where no row holds the status.
inline Kind kind_of_status(std::span<const StatusRow> rows, int status) {
  const auto row = std::ranges::find_if(
      rows, [status](const StatusRow& each) { return status >= each.first && status <= each.last; });
  return row == rows.end() ? Kind::Malformed : row->kind;
}

}  // namespace garner::ivoa
