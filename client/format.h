// Numbers, sizes and times as people read them: thousands separators, units, and never more precision than meaning.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "base/number_text.h"

namespace garner::client {

using garner::bytes_text;
using garner::counted;
using garner::thousands;
std::string rate_text(double a_second);                             // 0.3, 5.1, 87, 1,240
std::string hours_text(double hours);                               // 3.0, 26.7, 310
std::string duration_text(double seconds);                          // 14 s, 12 min, 5 h 10 min, 2 d 3 h
std::string percent_text(std::uint64_t part, std::uint64_t whole);  // "48 %", rounded down: 100 % means all
std::string clock_text(std::time_t when, std::time_t now);  // 20:00, tomorrow 06:00, Mon 24 Nov 06:00; local time
std::string eta_text(double seconds, std::time_t now);      // in 12 min, tonight 23:40, tomorrow 06:00

std::string zone_text(std::time_t when);  // of the local clocks then: CET, UTC, +03
// Who that is on this machine: "root", or "user id 1000" where nobody has the number.
std::string user_text(std::uint32_t uid);
// The text without numbers and durations, which change by themselves while it says the same.
std::string without_numbers(std::string_view text);

// UTF-8 by code points, which all count as one column.
std::size_t text_width(std::string_view text);
std::string pad_right(std::string text, std::size_t width);
std::string pad_left(std::string text, std::size_t width);
std::string cut(std::string_view text, std::size_t width);  // "…" at its end where something is missing

// For terminals without UTF-8: our signs by ASCII ones.
std::string to_ascii(std::string_view text);

// What the daemon or a file said, safe for a terminal: control characters and broken UTF-8 are replaced, line ends
// stay.
std::string printable_lines(std::string_view text);

}  // namespace garner::client
