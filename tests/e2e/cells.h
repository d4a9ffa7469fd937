// Tables as rows of texts, so that what a harvest wrote is compared with the archive's own rows cell by cell, whatever
// the format. Read with expat, CFITSIO and plain text: no code of garner's.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rig.h"

namespace garner::e2e {

// Nothing: null. A number in its shortest spelling that reads back as the same bits; true or false; a text as it is,
// without the blanks at its end. An empty text is null, as the formats cannot tell them apart.
using Cell = std::optional<std::string>;

enum class CellKind { Boolean, Integer, Float, Double, Text };

struct Cells {
  std::vector<std::string> names;
  std::vector<CellKind> kinds;
  std::vector<std::vector<Cell>> rows;

  std::size_t column(std::string_view name) const;
  // The distinct values of a column that are not null.
  std::set<std::string> values(std::string_view name) const;
};

// A VOTable (TABLEDATA, BINARY, BINARY2), FITS, CSV or ECSV, told apart by its first bytes. CSV has no types: `kinds`
// are used. What is damaged fails the test.
Cells read_cells(const std::string& bytes, const std::vector<CellKind>& kinds);

// Every table below directory/folder ("gaiadr3.gaia_source", "result"), also in packs: its rows one behind the other.
Cells read_harvest(const fs::path& directory, const std::string& folder, const std::vector<CellKind>& kinds);

// The same columns, and the same rows in whatever order, each as often.
void expect_same_rows(Cells truth, Cells found);

}  // namespace garner::e2e
