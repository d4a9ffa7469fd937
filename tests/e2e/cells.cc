#include "cells.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fitsio.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "disk.h"
#include "votable_cells.h"

namespace garner::e2e {
namespace {

Cell real_cell(double value, bool single) {
  if (std::isnan(value)) return std::nullopt;
  return single ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
}

// The cells of text formats, by the kind that the column ought to have.
Cell text_cell(CellKind kind, std::string text) {
  if (text.empty()) return std::nullopt;
  if (kind == CellKind::Text) return text;
  if (kind == CellKind::Boolean) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  }
  char* end = nullptr;
  if (kind == CellKind::Integer) {
    const long long value = std::strtoll(text.c_str(), &end, 10);
    EXPECT_EQ(*end, '\0') << text << " is no integer";
    return std::to_string(value);
  }
  // Not by way of a double: it would round twice.
  const Cell cell = kind == CellKind::Float ? real_cell(std::strtof(text.c_str(), &end), true)
                                            : real_cell(std::strtod(text.c_str(), &end), false);
  EXPECT_EQ(*end, '\0') << text << " is no number";
  return cell;
}

// RFC 4180, with `delimiter`; the first line is the names.
Cells read_text(std::string_view text, char delimiter, const std::vector<CellKind>& kinds) {
  Cells out;
  out.kinds = kinds;
  std::vector<std::string> fields(1);
  bool quoted = false;
  const auto end_line = [&] {
    if (out.names.empty()) {
      out.names = fields;
      EXPECT_EQ(fields.size(), kinds.size());
    } else if (fields.size() != kinds.size()) {
      ADD_FAILURE() << "a row of " << fields.size() << " fields, not " << kinds.size();
    } else {
      auto& row = out.rows.emplace_back();
      for (std::size_t i = 0; i < fields.size(); ++i) row.push_back(text_cell(kinds[i], std::move(fields[i])));
    }
    fields.assign(1, {});
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"')
        fields.back() += text[i++];
      else
        quoted = !quoted;
    } else if (!quoted && c == delimiter) {
      fields.emplace_back();
    } else if (!quoted && c == '\n') {
      end_line();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  EXPECT_TRUE(fields.size() == 1 && fields[0].empty()) << "the last line has no end";
  return out;
}

Cells read_ecsv(std::string_view text, const std::vector<CellKind>& kinds) {
  char delimiter = ' ';
  while (text.starts_with('#')) {
    if (text.starts_with("# delimiter: ','") || text.starts_with("# delimiter: ,")) delimiter = ',';
    text.remove_prefix(text.find('\n') + 1);
  }
  return read_text(text, delimiter, kinds);
}

class FitsCells {
 public:
  explicit FitsCells(const std::string& bytes) : bytes_(bytes) {}

  Cells read() {
    void* memory = bytes_.data();
    std::size_t size = bytes_.size();
    fits_open_memfile(&file_, "harvested.fits", READONLY, &memory, &size, 0, nullptr, &status_);
    fits_movabs_hdu(file_, 2, nullptr, &status_);
    int columns = 0;
    fits_get_num_rowsll(file_, &rows_, &status_);
    fits_get_num_cols(file_, &columns, &status_);
    out_.rows.resize(static_cast<std::size_t>(rows_));
    for (int column = 1; column <= columns && status_ == 0; ++column) read_column(column);
    char why[FLEN_STATUS] = "";
    fits_get_errstatus(status_, why);
    EXPECT_EQ(status_, 0) << why;
    int closed = 0;
    if (file_ != nullptr) fits_close_file(file_, &closed);
    return std::move(out_);
  }

 private:
  void read_column(int column) {
    char name[FLEN_VALUE] = "";
    fits_read_key(file_, TSTRING, fmt::format("TTYPE{}", column).c_str(), name, nullptr, &status_);
    out_.names.emplace_back(name);
    int code = 0;
    LONGLONG repeat = 0, width = 0;
    fits_get_eqcoltypell(file_, column, &code, &repeat, &width, &status_);
    switch (code) {
      case TLOGICAL:
        return each<char>(column, TLOGICAL, CellKind::Boolean, [](char v) { return Cell(v != 0 ? "true" : "false"); });
      case TFLOAT:
        return each<float>(column, TFLOAT, CellKind::Float, [](float v) { return real_cell(v, true); });
      case TDOUBLE:
        return each<double>(column, TDOUBLE, CellKind::Double, [](double v) { return real_cell(v, false); });
      case TSTRING:
      case -TSTRING:
        return texts(column);
      default:
        return each<LONGLONG>(column, TLONGLONG, CellKind::Integer, [](LONGLONG v) { return Cell(std::to_string(v)); });
    }
  }

  template <class Value, class Show>
  void each(int column, int type, CellKind kind, Show show) {
    out_.kinds.push_back(kind);
    const auto values = std::make_unique<Value[]>(static_cast<std::size_t>(rows_) + 1);
    std::vector<char> nulls(static_cast<std::size_t>(rows_) + 1);
    int any_null = 0;
    if (rows_ > 0) fits_read_colnull(file_, type, column, 1, 1, rows_, values.get(), nulls.data(), &any_null, &status_);
    for (std::size_t row = 0; row < out_.rows.size(); ++row)
      out_.rows[row].push_back(nulls[row] != 0 ? Cell() : show(values[row]));
  }

  void texts(int column) {
    out_.kinds.push_back(CellKind::Text);
    std::string cell(1 << 16, '\0');
    for (LONGLONG row = 1; row <= rows_ && status_ == 0; ++row) {
      char* at = cell.data();
      cell[0] = '\0';
      char none[] = "";
      int any_null = 0;
      fits_read_col(file_, TSTRING, column, row, 1, 1, none, &at, &any_null, &status_);
      std::string text(at, strnlen(at, cell.size()));
      text.erase(text.find_last_not_of(' ') + 1);
      out_.rows[static_cast<std::size_t>(row) - 1].push_back(text.empty() ? Cell() : text);
    }
  }

  std::string bytes_;
  fitsfile* file_ = nullptr;
  int status_ = 0;
  LONGLONG rows_ = 0;
  Cells out_;
};

std::string shown(const std::vector<Cell>& row) {
  std::string out;
  for (const Cell& cell : row) out += cell.value_or("(null)") + " ";
  return out;
}

}  // namespace

std::size_t Cells::column(std::string_view name) const {
  const auto found = std::ranges::find(names, name);
  EXPECT_NE(found, names.end()) << "no column " << name;
  return static_cast<std::size_t>(found - names.begin());
}

std::set<std::string> Cells::values(std::string_view name) const {
  const std::size_t at = column(name);
  std::set<std::string> out;
  for (const auto& row : rows)
    if (at < row.size() && row[at]) out.insert(*row[at]);
  return out;
}

Cells read_cells(const std::string& bytes, const std::vector<CellKind>& kinds) {
  if (bytes.starts_with("SIMPLE  =")) return FitsCells(bytes).read();
  if (bytes.starts_with("<?xml") || bytes.starts_with("<VOTABLE")) return read_votable_cells(bytes);
  if (bytes.starts_with("# %ECSV")) return read_ecsv(bytes, kinds);
  return read_text(bytes, ',', kinds);
}

Cells read_harvest(const fs::path& directory, const std::string& folder, const std::vector<CellKind>& kinds) {
  Cells all;
  for (const auto& part : unpack(directory)) {
    if (!part.file.starts_with(folder + "/")) continue;
    Cells cells = read_cells(part.bytes, kinds);
    if (all.names.empty()) {
      all = std::move(cells);
      continue;
    }
    EXPECT_EQ(all.names, cells.names) << part.file;
    EXPECT_EQ(all.kinds, cells.kinds) << part.file;
    std::ranges::move(cells.rows, std::back_inserter(all.rows));
  }
  return all;
}

void expect_same_rows(Cells truth, Cells found) {
  EXPECT_EQ(truth.rows.size(), found.rows.size());
  if (truth.rows.empty() || found.rows.empty()) return;
  EXPECT_EQ(truth.names, found.names);
  EXPECT_EQ(truth.kinds, found.kinds);
  std::ranges::sort(truth.rows);
  std::ranges::sort(found.rows);
  int told = 0;
  for (std::size_t row = 0; row < std::min(truth.rows.size(), found.rows.size()) && told < 3; ++row) {
    if (truth.rows[row] == found.rows[row]) continue;
    ADD_FAILURE() << "in order, row " << row << " is\n  " << shown(found.rows[row]) << "\nnot\n  "
                  << shown(truth.rows[row]);
    ++told;
  }
}

}  // namespace garner::e2e
