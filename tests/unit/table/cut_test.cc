// No table that was cut is ever called well-formed, wherever the cut is. What the formats themselves can't tell is said
// here: CSV, TSV and ECSV cut at the end of a line, or inside of a line's last cell (RFC 4180 §2.2: the last line break
// may be missing).
#include <gtest/gtest.h>

#include "samples.h"

namespace garner::table {
namespace {

using samples::bytes_of;

struct CutCase {
  std::string name;
  std::string bytes;
  Format format;
};

std::vector<CutCase> cases() {
  return {
      {"tabledata", samples::tabledata(20), Format::VOTable},
      {"fixed_binary2", samples::fixed_binary2(40), Format::VOTable},
      {"variable_binary2", samples::variable_binary2(40), Format::VOTable},
      {"fits", samples::fits_table_file(400), Format::Fits},
      {"fits_two_tables",
       samples::fits_table_file(4) + samples::fits_bintable(8, 2, {{"x", "D"}}, std::string(16, '\1')), Format::Fits},
      {"csv", samples::csv(40), Format::Csv},
      {"ecsv", samples::ecsv(40), Format::Ecsv}};
}

// Whether a cut there leaves a table of the format that is whole, only shorter.
bool format_cannot_tell(const CutCase& table, std::size_t size) {
  const std::string_view kept = std::string_view(table.bytes).substr(0, size);
  if (table.format == Format::VOTable)
    return kept.find_last_of('>') != kept.npos && kept.substr(0, kept.find_last_of('>') + 1).ends_with("</VOTABLE>");
  if (table.format == Format::Fits)
    return size == 2880 || (table.name == "fits_two_tables" && size == table.bytes.size() - 2 * 2880);  // an HDU's end
  const std::size_t line_start = kept.find_last_of('\n') + 1;
  const std::string_view line = kept.substr(line_start);
  if (line.empty()) return size > table.bytes.find("\nsource_id") || (table.format == Format::Csv && size > 0);
  if (table.format == Format::Csv && line_start == 0)
    return true;  // the line of names itself: fewer names are names too
  const auto whole_line =
      std::string_view(table.bytes).substr(line_start, table.bytes.find('\n', line_start) - line_start);
  const auto last_cell = whole_line.rfind(",\"");
  return !line.starts_with('#') && (line == whole_line || (last_cell != whole_line.npos && line.size() > last_cell));
}

class Cut : public ::testing::TestWithParam<CutCase> {};

TEST_P(Cut, IsNeverCalledWellFormed) {
  const auto& table = GetParam();
  ASSERT_TRUE(check_table(bytes_of(table.bytes), table.format))
      << check_table(bytes_of(table.bytes), table.format).error().detail;
  const std::size_t step = table.format == Format::Fits ? 41 : 1;
  for (std::size_t size = 0; size < table.bytes.size(); size += step) {
    const auto kept = std::string_view(table.bytes).substr(0, size);
    if (format_cannot_tell(table, size)) continue;
    ASSERT_FALSE(check_table(bytes_of(kept), table.format))
        << "cut to " << size << " bytes: ..." << kept.substr(size < 40 ? 0 : size - 40);
    ASSERT_FALSE(samples::count_rows(kept, table.format)) << "cut to " << size << " bytes";
  }
}

TEST_P(Cut, OutOfTheMiddleGetsOneVerdictFromBothWaysToRead) {
  const auto& table = GetParam();
  const auto whole = check_table(bytes_of(table.bytes), table.format);
  ASSERT_TRUE(whole);
  // Both ways to read must come to the same verdict, whatever the damage.
  for (std::size_t at = 1; at + 60 < table.bytes.size(); at += 97) {
    std::string damaged = table.bytes;
    damaged.erase(at, 50);
    const auto checked = check_table(bytes_of(damaged), table.format);
    const auto counted = samples::count_rows(damaged, table.format);
    // (Where the check passes the reader may still find a cell that is no number.)
    if (checked && counted) {
      EXPECT_EQ(checked->rows, *counted) << at;
    }
    if (!checked) {
      EXPECT_FALSE(counted) << at << ": " << checked.error().detail;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, Cut, ::testing::ValuesIn(cases()), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace garner::table
