#include "client/row_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/format.h"

namespace garner::client {

namespace {

constexpr std::size_t kWidestText = 48, kLeastText = 12, kGap = 2;

struct Placed {
  std::size_t column, width;
};

std::size_t natural_width(const RowTable& table, std::size_t column) {
  const auto& head = table.columns[column];
  std::size_t width = std::max(text_width(head.name), text_width(head.unit));
  for (const auto& row : table.rows) width = std::max(width, text_width(row[column]));
  return width;
}

// The columns that fit, from the left; a text may be cut, the last one to what is left.
std::vector<Placed> place(const RowTable& table, std::size_t width) {
  std::vector<Placed> placed;
  std::size_t used = 0;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const bool last = i + 1 == table.columns.size();
    std::size_t wanted = natural_width(table, i);
    if (!table.columns[i].right && !last)
      wanted = std::min(wanted, std::max(kWidestText, text_width(table.columns[i].name)));
    const std::size_t gap = placed.empty() ? 0 : kGap;
    if (used + gap + wanted > width) {
      const std::size_t left = width - std::min(width, used + gap);
      const bool may_be_cut = !table.columns[i].right && left >= kLeastText;
      if (!may_be_cut && !placed.empty()) break;
      if (may_be_cut) wanted = left;
    }
    placed.push_back({i, wanted});
    used += gap + wanted;
    if (used >= width) break;
  }
  return placed;
}

template <class Cell>
std::string line_of(const RowTable& table, const std::vector<Placed>& placed, const Cell& cell) {
  std::string line;
  for (const auto& [column, width] : placed) {
    const auto text = cut(cell(column), width);
    if (!line.empty() || column != placed.front().column) line += std::string(kGap, ' ');
    line += table.columns[column].right ? pad_left(text, width) : pad_right(text, width);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string more_columns(const RowTable& table, std::size_t shown, std::size_t width) {
  std::string names;
  for (std::size_t i = shown; i < table.columns.size(); ++i)
    names += (names.empty() ? "" : ", ") + table.columns[i].name;
  return cut(fmt::format("… {}: {}", counted(table.columns.size() - shown, "more column", "more columns"), names),
             width) +
         "\n";
}

}  // namespace

std::string row_table_text(const RowTable& table, std::size_t width) {
  if (table.columns.empty()) return {};
  const auto placed = place(table, width);
  auto out = line_of(table, placed, [&](std::size_t i) -> const std::string& { return table.columns[i].name; });
  if (std::ranges::any_of(placed, [&](const Placed& each) { return !table.columns[each.column].unit.empty(); })) {
    out += line_of(table, placed, [&](std::size_t i) -> const std::string& { return table.columns[i].unit; });
  }
  for (const auto& row : table.rows) {
    out += line_of(table, placed, [&](std::size_t i) -> const std::string& { return row[i]; });
  }
  if (table.more_rows > 0) out += fmt::format("… {}\n", counted(table.more_rows, "more row", "more rows"));
  if (placed.size() < table.columns.size()) out += more_columns(table, placed.size(), width);
  return out;
}

}  // namespace garner::client
