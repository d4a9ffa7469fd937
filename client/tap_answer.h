// A TAP answer as a whole: is it good, how many rows, was it cut? And how it is handed out: rendered for people and
// scripts, or the service's own bytes. Errors: as ivoa/dali.h; Corrupt for a table that does not read to its end.
#pragma once

#include <span>

#include "client/session.h"
#include "http/body.h"
#include "ivoa/votable_verdict.h"

namespace garner::client {

// The words of --format; also what a file's name ends in.
inline constexpr const char* kTapFormats[] = {"votable", "votable_plain", "fits", "csv", "ecsv", "json"};
// What is asked for where the rows are to be rendered: TABLEDATA, which keeps the server's own digits.
inline constexpr const char* kRenderedFormat = "votable_plain";

struct AnswerFacts {
  ivoa::Verdict verdict = ivoa::Verdict::Cut;
  Error why{};  // of Error and Cut
  std::uint64_t rows = 0;
};

// Reads the whole answer. `format` is what was asked for. An answer of exactly `row_limit` rows counts as Overflow (0:
// no limit is known); of formats that can't say OVERFLOW, only that tells. Pure.
AnswerFacts examine_answer(std::span<const std::byte> body, std::string_view format, std::uint64_t row_limit);

// "fits" of "x.fits"; empty where the name tells nothing.
std::string format_of_file(std::string_view path);

struct Delivery {
  std::string format;                   // what the service was asked for
  bool rendered = true;                 // else its own bytes
  std::string output;                   // a file; empty or "-": standard output
  std::vector<std::string> front = {};  // columns that a terminal shows first
};

// Before anything is asked: binary to a terminal, --json beside other forms. Invalid.
Result<void> check_delivery(const Session& session, const Delivery& delivery);
// Hands out a good answer.
Result<void> deliver(Session& session, const Delivery& delivery, std::span<const std::byte> body,
                     const AnswerFacts& facts);

}  // namespace garner::client
