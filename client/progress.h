// One harvest as bars and lines for a terminal, and as a single line for a pipe. Pure functions of a status: the caller
// draws and waits.
#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "harvest/run/status.h"

namespace garner::client {

struct View {
  std::size_t width = 100;  // columns; bars fit in them
  std::time_t now = 0;
  bool cut_lines =
      true;  // no line is longer than width: what is redrawn in place must not wrap. Otherwise texts stay whole.
  bool verbose = false;  // also how the archive is asked
};

// A bar of that many columns, filled in eighths of a column.
std::string bar(std::uint64_t part, std::uint64_t whole, std::size_t columns);

// First the headline, then a bar a retrieval_type, the rates, what is in flight, the last trouble, and the next useful
// command.
std::vector<std::string> progress_lines(const harvest::HarvestStatus& status, const View& view);

// "rvs-bright: running · 577,500 of 2,406,004 products (24 %) · delivered …, absent …, failed … · 87 sources/s · about
// 5 h left"; where it does not move, why at the end.
std::string progress_line(const harvest::HarvestStatus& status);

// How it ended, and what to do now; empty while it goes on.
std::string ending_line(const harvest::HarvestStatus& status);

// What a harvest of that kind counts: products, sources × tables, parts.
std::string_view unit_of(std::string_view kind);

// "waiting until 20:00": state and, where something is waited for, what for.
std::string state_text(const harvest::HarvestStatus& status);
// What for alone; empty while it moves.
std::string why_text(const harvest::HarvestStatus& status);

// Without what changes by itself while nothing moves: two looks that say the same are equal.
harvest::HarvestStatus stilled(harvest::HarvestStatus status);

// The command that takes its blocks off; empty where no chunk and no type is blocked.
std::string retry_command(const harvest::HarvestStatus& status);

}  // namespace garner::client
