// FITS binary tables for tests, by CFITSIO: made in memory, and taken apart into cells that can be compared.
#pragma once

#include <fitsio.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace garner::testing {

inline std::string cfitsio_words(int status) {
  std::array<char, FLEN_STATUS> words{};
  fits_get_errstatus(status, words.data());
  return fmt::format("CFITSIO status {}: {}", status, words.data());
}

// A table that is filled cell by cell.
class FitsMaker {
 public:
  struct Column {
    std::string name, form;
    std::string unit{};
  };

  explicit FitsMaker(const std::vector<Column>& columns) {
    fits_create_memfile(&file_, &memory_, &size_, 2880, &std::realloc, &status_);
    std::vector<char*> names, forms, units;
    for (const auto& column : columns) {
      names.push_back(const_cast<char*>(column.name.c_str()));
      forms.push_back(const_cast<char*>(column.form.c_str()));
      units.push_back(const_cast<char*>(column.unit.c_str()));
    }
    fits_create_tbl(file_, BINARY_TBL, 0, static_cast<int>(columns.size()), names.data(), forms.data(), units.data(),
                    nullptr, &status_);
  }
  FitsMaker(const FitsMaker&) = delete;
  FitsMaker& operator=(const FitsMaker&) = delete;
  ~FitsMaker() {
    int ignored = 0;
    fits_close_file(file_, &ignored);
    std::free(memory_);
  }

  template <class Value>
  FitsMaker& key(const std::string& keyword, const Value& value) {
    if constexpr (std::is_integral_v<Value>) {
      long long number = value;
      fits_update_key(file_, TLONGLONG, keyword.c_str(), &number, nullptr, &status_);
    } else {
      fits_update_key(file_, TSTRING, keyword.c_str(), const_cast<char*>(std::string(value).c_str()), nullptr,
                      &status_);
    }
    fits_set_hdustruc(file_, &status_);
    return *this;
  }

  // Columns and rows count from 1. Integers as they stand in the file, unscaled.
  FitsMaker& integers(int column, long long row, std::vector<long long> values) {
    fits_set_tscale(file_, column, 1, 0, &status_);
    return write(TLONGLONG, column, row, values);
  }
  FitsMaker& reals(int column, long long row, std::vector<double> values) {
    return write(TDOUBLE, column, row, values);
  }
  FitsMaker& text(int column, long long row, std::string value) {
    char* pointer = value.data();
    fits_write_col(file_, TSTRING, column, row, 1, 1, &pointer, &status_);
    return *this;
  }
  FitsMaker& logicals(int column, long long row, std::vector<char> values) {
    return write(TLOGICAL, column, row, values);
  }
  FitsMaker& bits(int column, long long row, std::vector<char> values) { return write(TBIT, column, row, values); }
  // Complex numbers, two values each.
  FitsMaker& complex(int column, long long row, std::vector<double> values) {
    fits_write_col(file_, TDBLCOMPLEX, column, row, 1, static_cast<long long>(values.size() / 2), values.data(),
                   &status_);
    return *this;
  }
  FitsMaker& raw(long long row, long long byte, std::string bytes) {
    fits_write_tblbytes(file_, row, byte, static_cast<long long>(bytes.size()),
                        reinterpret_cast<unsigned char*>(bytes.data()), &status_);
    return *this;
  }

  std::string bytes() {
    fits_flush_file(file_, &status_);
    long long end = 0;
    fits_get_hduaddrll(file_, nullptr, nullptr, &end, &status_);
    EXPECT_EQ(status_, 0) << cfitsio_words(status_);
    return {static_cast<const char*>(memory_), static_cast<std::size_t>(end)};
  }

 private:
  template <class Value>
  FitsMaker& write(int type, int column, long long row, std::vector<Value>& values) {
    if (!values.empty())
      fits_write_col(file_, type, column, row, 1, static_cast<long long>(values.size()), values.data(), &status_);
    return *this;
  }

  fitsfile* file_ = nullptr;
  void* memory_ = nullptr;
  std::size_t size_ = 0;
  int status_ = 0;
};

// One row: every cell as text, by column. Null is "null"; arrays are lists, a single element stands alone.
using FitsRow = std::map<std::string, std::string>;

// A file in memory, taken apart by CFITSIO.
class FitsTaken {
 public:
  explicit FitsTaken(std::string bytes) : bytes_(std::move(bytes)), memory_(bytes_.data()), size_(bytes_.size()) {
    fits_open_memfile(&file_, "taken", READONLY, &memory_, &size_, 0, nullptr, &status_);
    fits_movabs_hdu(file_, 2, nullptr, &status_);
    EXPECT_EQ(status_, 0) << cfitsio_words(status_);
  }
  FitsTaken(const FitsTaken&) = delete;
  FitsTaken& operator=(const FitsTaken&) = delete;
  ~FitsTaken() {
    int ignored = 0;
    fits_close_file(file_, &ignored);
  }

  // Of both HDUs: CHECKSUM and DATASUM are there and right.
  void expect_good_sums() {
    for (int hdu = 1; hdu <= 2; ++hdu) {
      int data = 0, whole = 0;
      fits_movabs_hdu(file_, hdu, nullptr, &status_);
      fits_verify_chksum(file_, &data, &whole, &status_);
      EXPECT_EQ(data, 1) << "DATASUM of HDU " << hdu;
      EXPECT_EQ(whole, 1) << "CHECKSUM of HDU " << hdu;
    }
    EXPECT_EQ(status_, 0) << cfitsio_words(status_);
  }

  std::string key(const std::string& keyword) {
    char* text = nullptr;
    int status = 0;
    fits_read_key_longstr(file_, keyword.c_str(), &text, nullptr, &status);
    std::string out = status == 0 ? text : "";
    int ignored = 0;
    if (text != nullptr) fits_free_memory(text, &ignored);
    return out;
  }

  long long row_count() {
    long long rows = 0;
    fits_get_num_rowsll(file_, &rows, &status_);
    return rows;
  }

  std::vector<FitsRow> rows() {
    int columns = 0;
    fits_get_num_cols(file_, &columns, &status_);
    std::vector<FitsRow> out(static_cast<std::size_t>(row_count()));
    for (int column = 1; column <= columns; ++column) {
      const std::string name = key(fmt::format("TTYPE{}", column));
      for (std::size_t row = 0; row < out.size(); ++row) out[row][name] = cell(column, static_cast<long long>(row) + 1);
    }
    EXPECT_EQ(status_, 0) << cfitsio_words(status_);
    return out;
  }

 private:
  std::string cell(int column, long long row) {
    int type = 0;
    long long count = 0, width = 0, offset = 0;
    fits_get_coltypell(file_, column, &type, &count, &width, &status_);
    if (type < 0) fits_read_descriptll(file_, column, row, &count, &offset, &status_);
    const auto size = static_cast<std::size_t>(count);
    int any = 0;
    std::vector<std::string> parts;
    std::vector<char> nulls(size + 1);
    switch (std::abs(type)) {
      case TSTRING: {
        const long long each = type > 0 && width > 0 ? width : count;  // less than the cell where TDIM says so
        for (long long i = 0; i < count; i += each) {
          std::string text(size + 1, '\0');
          char* pointer = text.data();
          fits_read_col(file_, TSTRING, column, row, 1 + i / each, 1, nullptr, &pointer, &any, &status_);
          text.resize(std::strlen(text.c_str()));
          parts.push_back("'" + text.substr(0, text.find_last_not_of(' ') + 1) + "'");
        }
        if (parts.empty()) parts.push_back("''");
        break;
      }
      case TLOGICAL: {
        std::vector<char> values(size + 1);
        fits_read_colnull(file_, TLOGICAL, column, row, 1, count, values.data(), nulls.data(), &any, &status_);
        for (std::size_t i = 0; i < size; ++i) parts.push_back(nulls[i] != 0 ? "null" : values[i] != 0 ? "T" : "F");
        break;
      }
      case TBIT: {
        std::vector<char> values(size + 1);
        fits_read_col_bit(file_, column, row, 1, count, values.data(), &status_);
        for (std::size_t i = 0; i < size; ++i) parts.push_back(values[i] != 0 ? "1" : "0");
        break;
      }
      case TFLOAT:
      case TDOUBLE: {
        std::vector<double> values(size + 1);
        fits_read_colnull(file_, TDOUBLE, column, row, 1, count, values.data(), nulls.data(), &any, &status_);
        for (std::size_t i = 0; i < size; ++i) parts.push_back(nulls[i] != 0 ? "null" : fmt::format("{}", values[i]));
        break;
      }
      case TCOMPLEX:
      case TDBLCOMPLEX: {
        std::vector<double> values(2 * size + 2);
        fits_read_col(file_, TDBLCOMPLEX, column, row, 1, count, nullptr, values.data(), &any, &status_);
        for (std::size_t i = 0; i < 2 * size; ++i) parts.push_back(fmt::format("{}", values[i]));
        break;
      }
      default: {
        std::vector<long long> values(size + 1);
        fits_read_colnull(file_, TLONGLONG, column, row, 1, count, values.data(), nulls.data(), &any, &status_);
        for (std::size_t i = 0; i < size; ++i) parts.push_back(nulls[i] != 0 ? "null" : fmt::format("{}", values[i]));
      }
    }
    return parts.size() == 1 ? parts[0] : fmt::format("[{}]", fmt::join(parts, ","));
  }

  std::string bytes_;
  void* memory_;
  std::size_t size_;
  fitsfile* file_ = nullptr;
  int status_ = 0;
};

}  // namespace garner::testing
