// Rows as a terminal shows them: columns aligned, units under the names, numbers to the right and never cut, whole
// columns as far as the width goes. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace garner::client {

struct RowHead {
  std::string name, unit;
  bool right = false;  // a number
};

struct RowTable {
  std::vector<RowHead> columns;
  std::vector<std::vector<std::string>> rows;  // as many cells as columns; printable
  std::uint64_t more_rows = 0;                 // not shown
};

std::string row_table_text(const RowTable& table, std::size_t width);

}  // namespace garner::client
