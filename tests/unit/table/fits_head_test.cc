// Heads of FITS files, held against CFITSIO and against our own reader.
#include <fitsio.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "samples.h"
#include "table/fits/head.h"
#include "table/fits/header.h"
#include "table/fits/sum.h"

namespace garner::table {
namespace {

using samples::bytes_of;

FitsHead two_columns() {
  FitsHead head;
  head.name = "XP_SAMPLED";
  head.columns = {{.name = "source_id", .tform = "K", .ucd = "meta.id;meta.main", .description = "Unique identifier"},
                  {.name = "flux",
                   .tform = "1QE(343)",
                   .unit = "W.nm**-1.m**-2",
                   .ucd = "phot.flux",
                   .description = std::string(100, 'd') + " it's \xc3\xa9",
                   .display = "E10.3"},
                  {.name = "n", .tform = "I", .null = -32768, .scale = "1", .zero = "32768"}};
  head.cards = {{"HPXLEVEL", 3, "HEALPix level"}, {"CREATOR", "garner", "who made it"}};
  return head;
}

constexpr std::size_t kRowBytes = 8 + 16 + 2;

// Rows of numbers that rise, and a heap.
std::string data_of(std::uint64_t rows, std::uint64_t heap_bytes) {
  std::string data(rows * kRowBytes + heap_bytes, '\0');
  for (std::size_t i = rows * kRowBytes; i < data.size(); ++i) data[i] = static_cast<char>(i * 7);
  return data;
}

std::string file_of(FitsHead head, std::uint64_t rows, std::uint64_t heap_bytes) {
  head.rows = rows;
  head.heap_bytes = heap_bytes;
  std::string data = data_of(rows, heap_bytes);
  FitsSum sum;
  sum.add(bytes_of(data));
  const auto made = make_fits_head(head, sum.value());
  EXPECT_TRUE(made) << made.error().detail;
  return *made + samples::fits_padded(data);
}

TEST(FitsHead, IsGoodToCfitsioWithItsChecksums) {
  for (const std::uint64_t rows : {0U, 1U, 2U, 111U, 1000U}) {
    std::string bytes = file_of(two_columns(), rows, rows * 13);
    void* memory = bytes.data();
    std::size_t size = bytes.size();
    fitsfile* file = nullptr;
    int status = 0, data_good = 0, hdu_good = 0;
    fits_open_memfile(&file, "x", READONLY, &memory, &size, 0, nullptr, &status);
    for (int hdu = 1; hdu <= 2; ++hdu) {
      fits_movabs_hdu(file, hdu, nullptr, &status);
      fits_verify_chksum(file, &data_good, &hdu_good, &status);
      EXPECT_EQ(data_good, 1) << "HDU " << hdu << ", " << rows << " rows";
      EXPECT_EQ(hdu_good, 1) << "HDU " << hdu << ", " << rows << " rows";
    }
    long long rows_found = 0;
    fits_get_num_rowsll(file, &rows_found, &status);
    EXPECT_EQ(rows_found, static_cast<long long>(rows));
    std::array<char, FLEN_VALUE> text{};
    fits_read_key(file, TSTRING, "TUCD2", text.data(), nullptr, &status);
    EXPECT_STREQ(text.data(), "phot.flux");
    char* description = nullptr;
    fits_read_key_longstr(file, "TCOMM2", &description, nullptr, &status);
    EXPECT_EQ(std::string(description), std::string(100, 'd') + " it's ??");
    fits_free_memory(description, &status);
    double zero = 0;
    fits_read_key(file, TDOUBLE, "TZERO3", &zero, nullptr, &status);
    EXPECT_EQ(zero, 32768);
    fits_close_file(file, &status);
    EXPECT_EQ(status, 0);
  }
}

TEST(FitsHead, HasTheSameLengthWhateverItsNumbers) {
  FitsHead head = two_columns();
  const auto small = make_fits_head(head, 0);
  head.rows = 123'456'789'012;
  head.heap_bytes = 1ull << 45;
  head.columns[1].tform = "1QE(1234567890)";
  const auto large = make_fits_head(head, 4'294'967'294);
  ASSERT_TRUE(small && large);
  EXPECT_EQ(small->size(), large->size());
  EXPECT_EQ(small->size() % kFitsBlock, 0U);
}

TEST(FitsHead, TheSameTableGivesTheSameBytes) {
  EXPECT_EQ(file_of(two_columns(), 3, 5), file_of(two_columns(), 3, 5));
}

TEST(FitsHead, IsReadByOurOwnReader) {
  const std::string bytes = file_of(two_columns(), 5, 9);
  const auto summary = check_table(bytes_of(bytes), Format::Fits);
  ASSERT_TRUE(summary) << summary.error().detail;
  EXPECT_EQ(summary->rows, 5U);
  EXPECT_EQ(summary->columns[1].unit, "W.nm**-1.m**-2");
  EXPECT_EQ(summary->parameters.at("HPXLEVEL"), "3");
  EXPECT_EQ(summary->parameters.at("TNULL3"), "-32768");
}

TEST(FitsHead, SaysWhichFormatCfitsioRefuses) {
  FitsHead head = two_columns();
  head.columns[1].tform = "Z9";
  const auto made = make_fits_head(head, 0);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, Kind::Internal);
  EXPECT_NE(made.error().detail.find("CFITSIO"), std::string::npos) << made.error().detail;
  EXPECT_TRUE(make_fits_head(two_columns(), 0));  // an error before does not stick
}

TEST(FitsSum, IsTheSameHoweverTheBytesComeInPieces) {
  std::string bytes(10'007, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i + 255);
  FitsSum whole;
  whole.add(bytes_of(bytes));
  for (std::size_t step : {1U, 3U, 4U, 7U, 1000U}) {
    FitsSum pieces;
    for (std::size_t at = 0; at < bytes.size(); at += step)
      pieces.add(bytes_of(bytes).subspan(at, std::min(step, bytes.size() - at)));
    EXPECT_EQ(pieces.value(), whole.value()) << step;
  }
  for (std::size_t cut : {0U, 1U, 2U, 3U, 4U, 5001U}) {
    FitsSum front, back(cut);
    front.add(bytes_of(bytes).first(cut));
    back.add(bytes_of(bytes).subspan(cut));
    EXPECT_EQ(add_fits_sums(front.value(), back.value()), whole.value()) << cut;
  }
}

}  // namespace
}  // namespace garner::table
