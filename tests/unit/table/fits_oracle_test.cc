// CFITSIO as the oracle: a table it wrote, of every column type, is read as it says; and its cells of the archive's
// files agree with ours.
#include <fitsio.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "samples.h"

namespace garner::table {
namespace {

using samples::bytes_of;

std::string written_by_cfitsio() {
  int status = 0;
  std::size_t size = 2880;
  void* memory = std::malloc(size);
  fitsfile* file = nullptr;
  fits_create_memfile(&file, &memory, &size, 2880, &std::realloc, &status);
  const char* names[] = {"L", "X", "B", "I", "J",   "K",   "A",   "E",  "D",
                         "C", "M", "P", "Q", "U16", "U32", "U64", "S8", "arr"};
  const char* forms[] = {"1L", "9X", "1B",  "1I",  "1J", "1K", "12A", "1E", "1D",
                         "1C", "1M", "1PE", "1QD", "1U", "1V", "1W",  "1S", "3J"};
  fits_create_tbl(file, BINARY_TBL, 0, 18, const_cast<char**>(names), const_cast<char**>(forms), nullptr, "all",
                  &status);
  for (long long row = 1; row <= 50; ++row) {
    char logical = row % 2 == 0;
    fits_write_col(file, TLOGICAL, 1, row, 1, 1, &logical, &status);
    unsigned char byte = static_cast<unsigned char>(row * 5);
    fits_write_col(file, TBYTE, 3, row, 1, 1, &byte, &status);
    long long value = (row - 25) * 1000;
    for (int column : {4, 5}) fits_write_col(file, TLONGLONG, column, row, 1, 1, &value, &status);
    long long id = 5937083312263887616 + row;
    fits_write_col(file, TLONGLONG, 6, row, 1, 1, &id, &status);
    const std::string text = "text " + std::to_string(row);
    char* pointer = const_cast<char*>(text.c_str());
    fits_write_col(file, TSTRING, 7, row, 1, 1, &pointer, &status);
    double real = 0.25 * static_cast<double>(row);
    for (int column : {8, 9}) fits_write_col(file, TDOUBLE, column, row, 1, 1, &real, &status);
    double many[4] = {real, 1, 2, 3};
    if (row % 3 != 0) fits_write_col(file, TDOUBLE, 12, row, 1, row % 4 + 1 > 4 ? 4 : row % 4 + 1, many, &status);
    if (row % 3 != 0) fits_write_col(file, TDOUBLE, 13, row, 1, 2, many, &status);
    long long positive = row * 1000;
    for (int column : {14, 15, 16}) fits_write_col(file, TLONGLONG, column, row, 1, 1, &positive, &status);
    long long small = row - 25;
    fits_write_col(file, TLONGLONG, 17, row, 1, 1, &small, &status);
  }
  fits_write_chksum(file, &status);
  fits_flush_file(file, &status);
  long long end = 0;
  fits_get_hduaddrll(file, nullptr, nullptr, &end, &status);
  EXPECT_EQ(status, 0);
  std::string bytes(static_cast<const char*>(memory), static_cast<std::size_t>(end));
  fits_close_file(file, &status);
  std::free(memory);
  return bytes;
}

// Compares every scalar cell with what CFITSIO reads from the same bytes.
void compare_with_cfitsio(std::string bytes, const std::string& name) {
  auto reader = open_table(from_memory(bytes_of(bytes)), {});
  ASSERT_TRUE(reader) << name << reader.error().detail;
  int status = 0;
  void* memory = bytes.data();
  std::size_t size = bytes.size();
  fitsfile* file = nullptr;
  fits_open_memfile(&file, "memory", READONLY, &memory, &size, 0, nullptr, &status);
  for (int type = 0; status == 0 && type != BINARY_TBL;) fits_movrel_hdu(file, 1, &type, &status);
  long rows = 0;
  int columns = 0;
  fits_get_num_rows(file, &rows, &status);
  fits_get_num_cols(file, &columns, &status);
  ASSERT_EQ(status, 0) << name;
  ASSERT_EQ((*reader)->columns().size(), static_cast<std::size_t>(columns)) << name;
  std::size_t compared = 0;
  for (long row = 1; row <= rows; ++row) {
    const auto next = (*reader)->next_row();
    ASSERT_TRUE(next && *next) << name << " row " << row;
    for (int i = 1; i <= columns; ++i) {
      const auto& column = (*reader)->columns()[static_cast<std::size_t>(i) - 1];
      const Cell& cell = (*reader)->cell(static_cast<std::size_t>(i) - 1);
      if (column.is_array) continue;
      int any_null = 0;
      ++compared;
      if (column.type == ColumnType::Integer) {
        long long value = 0;
        char null = 0;
        fits_read_colnull(file, TLONGLONG, i, row, 1, 1, &value, &null, &any_null, &status);
        ASSERT_EQ(cell.null, null != 0) << name << " " << column.name << " row " << row;
        if (!cell.null) EXPECT_EQ(cell.integer, value) << name << " " << column.name << " row " << row;
      } else if (column.type == ColumnType::Float) {
        double value = 0;
        char null = 0;
        fits_read_colnull(file, TDOUBLE, i, row, 1, 1, &value, &null, &any_null, &status);
        ASSERT_EQ(cell.null, null != 0) << name << " " << column.name << " row " << row;
        if (!cell.null) {
          EXPECT_EQ(cell.real, value) << name << " " << column.name << " row " << row;
        }
      } else if (column.type == ColumnType::Text) {
        char value[1000] = "";
        char* pointer = value;
        fits_read_col(file, TSTRING, i, row, 1, 1, const_cast<char*>(""), &pointer, &any_null, &status);
        EXPECT_EQ(cell.text, value) << name << " " << column.name << " row " << row;
      } else if (column.type == ColumnType::Boolean) {
        char value = 0;
        fits_read_col(file, TLOGICAL, i, row, 1, 1, nullptr, &value, &any_null, &status);
        EXPECT_EQ(cell.integer, value) << name << " " << column.name << " row " << row;
      } else {
        --compared;
      }
      ASSERT_EQ(status, 0) << name << " " << column.name << " row " << row;
    }
  }
  EXPECT_FALSE((*reader)->next_row().value()) << name;
  EXPECT_GT(compared, 0u) << name;
  fits_close_file(file, &status);
}

TEST(FitsOracle, ReadsATableOfEveryTypeAsCfitsioWroteIt) {
  const std::string bytes = written_by_cfitsio();
  EXPECT_EQ(check_table(bytes_of(bytes), Format::Fits)->rows, 50u);
  compare_with_cfitsio(bytes, "written");
}

TEST(FitsOracle, AgreesOnTheArchivesOwnFiles) {
  const char* folder = std::getenv("GARNER_TEST_DATA");
  if (!folder) GTEST_SKIP() << "GARNER_TEST_DATA is not set";
  std::size_t files = 0;
  for (const char* part : {"gaia/gaiaxpy", "gaia/tap"}) {
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(folder) / part)) {
      if (entry.path().extension() != ".fits") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      compare_with_cfitsio(std::string(std::istreambuf_iterator<char>(in), {}), entry.path().filename().string());
      ++files;
    }
  }
  EXPECT_EQ(files, 8u);
}

}  // namespace
}  // namespace garner::table
