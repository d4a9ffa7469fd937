// A product as a table in memory, before it is written in one of the archive's formats: columns with their metadata,
// and parameters that the formats put in different places (VOTable PARAM, FITS card, ECSV meta; CSV repeats some in
// every row). Values; the string_views point at literals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace garner::archive_sim {

enum class Type { Bool, Short, Int, Long, Float, Double, Text };

struct Field {
  std::string_view name;
  Type type = Type::Double;
  bool array = false;
  std::string_view unit = {};
  std::string_view ucd = {};
  std::string_view description = {};
  std::string_view utype = {};
  std::string_view id = {};  // VOTable's ID
};

// One column, its values in row order. Bool, Short, Int and Long lie in `integers`; Float (already rounded to float)
// and Double in `reals`; Text in `texts`. Arrays follow each other without gaps; `lengths` holds one length a row.
struct Column {
  explicit Column(const Field& f) : field(f) {}

  Field field;
  std::vector<std::int64_t> integers = {};
  std::vector<double> reals = {};
  std::vector<std::string> texts = {};
  std::vector<std::uint8_t> nulls = {};     // one a row as soon as one row is null, else empty
  std::vector<std::uint32_t> lengths = {};  // arrays only

  void add(double value);
  void add(std::int64_t value) {
    integers.push_back(value);
    end_row(false);
  }
  void add(std::string value) {
    texts.push_back(std::move(value));
    end_row(false);
  }
  void add_array(std::span<const double> values);
  void add_array(std::span<const std::int64_t> values);
  void add_null();  // an array that is null has length 0

  bool is_integer() const { return field.type < Type::Float; }
  bool is_null(std::size_t row) const { return row < nulls.size() && nulls[row] != 0; }
  std::size_t rows() const { return rows_; }

 private:
  void end_row(bool null);
  std::size_t rows_ = 0;
};

struct Param {
  std::string_view name;
  std::string_view datatype;  // VOTable's word: long, double, float, char, int
  std::string value;          // as in VOTable
  std::string_view fits_key;
  std::string_view ucd = {};
  std::string_view unit = {};
  std::string_view utype = {};
  std::string_view description = {};
  std::string_view arraysize = {};
  std::string other_value = {};  // as in FITS and ECSV, where it differs (pairs)
};

struct Table {
  std::vector<Param> params = {};
  std::vector<Column> columns = {};
  std::vector<std::pair<std::string_view, std::string>> csv_prefix = {};  // columns that only CSV repeats in every row

  Table() = default;
  explicit Table(std::span<const Field> fields) {
    columns.reserve(fields.size());
    for (const Field& field : fields) columns.emplace_back(field);
  }

  std::size_t rows() const { return columns.empty() ? 0 : columns.front().rows(); }
};

}  // namespace garner::archive_sim
