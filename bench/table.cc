#include "table.h"

#include <cstdio>

namespace garner::bench {

void Table::add(std::string figure, double measured, Bound bound, double target, std::string_view unit, int digits,
                std::string notes) {
  const bool pass = bound == Bound::AtMost ? measured <= target : measured >= target;
  const std::string suffix = unit.empty() ? "" : fmt::format(" {}", unit);
  rows_.push_back({std::move(figure), fmt::format("{:.{}f}{}", measured, digits, suffix),
                   fmt::format("{} {}{}", bound == Bound::AtMost ? "≤" : "≥", target, suffix), std::move(notes), pass});
  const Row& row = rows_.back();
  progress(fmt::format("{}: {} (target {}) {} - {}", row.figure, row.measured, row.target, pass ? "pass" : "MISS",
                       row.notes));
}

bool Table::print() const {
  std::puts("| figure | measured | target | | notes |\n|---|---|---|---|---|");
  for (const auto& row : rows_) {
    fmt::print("| {} | {} | {} | {} | {} |\n", row.figure, row.measured, row.target, row.pass ? "pass" : "**miss**",
               row.notes);
  }
  std::fflush(stdout);
  return std::ranges::all_of(rows_, &Row::pass);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string spread(const std::vector<double>& values, int digits) {
  const auto [low, high] = std::ranges::minmax(values);
  return fmt::format("{:.{}f} to {:.{}f} in {} rounds", low, digits, high, digits, values.size());
}

void progress(std::string_view text) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

}  // namespace garner::bench
