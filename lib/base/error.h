// The one error value of the project: what the caller can do about it, and a text to show.
//
// Kind answers "what now?", not "where from?". The text is for people and is never matched to decide; the one table
// that reads archives' own words (archive/reply) turns them into a Kind. Context is put in front while going up:
//   return with_context(std::move(e), "chunk {} of {}", no, name);
// Values; safe to move between threads.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace garner {

enum class Kind {
  Transient,    // network trouble that passes by itself: resolve, connect, reset, time-out
  Overloaded,   // the archive says that it has too much to do
  Maintenance,  // the archive is down on purpose, or answers pages where data is due
  RateLimited,  // asked to come later (429, 503 with Retry-After)
  NotFound,     // what was named does not exist
  Malformed,    // bytes or input that break their format's rules
  TooLarge,     // over a limit, ours or theirs
  Auth,         // not logged in, or not allowed
  Quota,        // an account's quota is used up
  Suspect,      // failed for no stated reason: perhaps one of the sources asked for
  Unsupported,  // the request itself is wrong for this archive: unknown type, format, release
  DiskFull,     // no space or quota left where we write
  Corrupt,      // data damaged or cut on its way or on disk
  Cancelled,    // stopped by us
  Invalid,      // the user's input is wrong
  Conflict,     // clashes with what is already there
  Internal,     // a fault of ours or of the machine
};

// The kind's name as in logs and JSON: "overloaded", "suspect", ...
std::string_view kind_name(Kind kind);

struct [[nodiscard]] Error {
  Kind kind = Kind::Internal;
  std::string detail;
  std::optional<std::chrono::seconds> retry_after = std::nullopt;  // as the archive asked, clamped by who read it
};

template <class T>
using Result = std::expected<T, Error>;

// return fail(Kind::Malformed, "line {}: expected a source_id, found '{}'", line, text);
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(Kind kind, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error{kind, fmt::format(format, std::forward<Args>(args)...), std::nullopt});
}

// Passes an error on with context in front of its text.
template <class... Args>
[[nodiscard]] std::unexpected<Error> with_context(Error error, fmt::format_string<Args...> format, Args&&... args) {
  error.detail = fmt::format(format, std::forward<Args>(args)...) + ": " + error.detail;
  return std::unexpected(std::move(error));
}

// The error of a failed system call: ENOSPC and EDQUOT are DiskFull, ENOENT is NotFound, the rest Internal.
[[nodiscard]] std::unexpected<Error> fail_errno(int error_number, std::string_view what);

// What a foreign text may look like in logs, JSON and terminals: control characters and broken UTF-8 become '?', cut at
// max_bytes.
std::string printable(std::string_view text, std::size_t max_bytes = 400);

}  // namespace garner
