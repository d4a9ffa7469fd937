// Records of CSV and TSV text (RFC 4180: quotes, doubled quotes, line breaks in quotes, LF or CRLF) and of ECSV's
// space-separated rows. Pure functions. Errors: Malformed for a quote out of place or a control character, Corrupt for
// a text that ends inside quotes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace garner::table {

struct CsvCell {
  std::size_t begin = 0, end = 0;  // in the text scanned, without the quotes around it
  bool is_escaped = false;         // holds doubled quotes
};

struct CsvRecord {
  enum class Found : std::uint8_t { Record, NeedMore };
  Found found = Found::NeedMore;
  std::size_t consumed = 0;    // line break included
  std::size_t cells = 0;       // 0 for an empty line
  std::uint64_t lines = 0;     // line breaks consumed
  bool ends_in_break = false;  // false at the text's end only
};

// Scans the record at the text's front. `final`: nothing comes behind the text. `cells` may be null, when only their
// number counts.
Result<CsvRecord> scan_csv_record(std::string_view text, bool final, char delimiter, std::vector<CsvCell>* cells);

// The cell's characters. Where quotes were doubled they are appended to `scratch`, whose capacity the caller reserves
// so that views into it stay.
std::string_view csv_cell_text(std::string_view text, const CsvCell& cell, std::string& scratch);

}  // namespace garner::table
