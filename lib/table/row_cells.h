// Goes over the cells of a whole BINARY or BINARY2 row. Values; the table must outlive it.
#pragma once

#include <vector>

#include "table/big_endian.h"
#include "table/votable/field.h"

namespace garner::table {

struct CellBytes {
  const std::byte* data = nullptr;
  std::uint64_t count = 0;  // of primitives
  bool is_masked = false;   // null by BINARY2's mask; `data` and `count` then mean nothing
};

class RowCells {
 public:
  explicit RowCells(const VotableTable& table)
      : mask_bytes_(table.serialization == Serialization::Binary2 ? (table.fields.size() + 7) / 8 : 0) {
    for (const auto& field : table.fields) shapes_.push_back({field.count, field.bits(), field.is_variable});
  }

  std::uint64_t mask_bytes() const { return mask_bytes_; }

  bool is_masked(const std::byte* row, std::size_t column) const {
    return mask_bytes_ != 0 && (row[column / 8] << column % 8 & std::byte{0x80}) != std::byte{0};
  }

  // Calls visit(column, CellBytes) for the columns up to `last`, included.
  template <class Visit>
  void for_each(const std::byte* row, std::size_t last, Visit&& visit) const {
    const std::byte* data = row + mask_bytes_;
    for (std::size_t column = 0; column <= last; ++column) {
      const Shape& shape = shapes_[column];
      std::uint64_t count = shape.count;
      if (shape.is_variable) {
        count = load_big_endian<std::uint32_t>(data);
        data += sizeof(std::uint32_t);
      }
      visit(column, CellBytes{data, count, is_masked(row, column)});
      data += (count * shape.bits + 7) / 8;
    }
  }

  CellBytes cell(const std::byte* row, std::size_t wanted) const {
    CellBytes found;
    for_each(row, wanted, [&](std::size_t, const CellBytes& cell) { found = cell; });
    return found;
  }

 private:
  struct Shape {
    std::uint64_t count;
    unsigned bits;
    bool is_variable;
  };

  std::uint64_t mask_bytes_;
  std::vector<Shape> shapes_;
};

// Of a primitive of an integer datatype.
inline std::int64_t load_integer(Datatype datatype, const std::byte* data) {
  switch (datatype) {
    case Datatype::UnsignedByte:
      return std::to_integer<std::uint8_t>(data[0]);
    case Datatype::Short:
      return static_cast<std::int16_t>(load_big_endian<std::uint16_t>(data));
    case Datatype::Int:
      return static_cast<std::int32_t>(load_big_endian<std::uint32_t>(data));
    default:
      return static_cast<std::int64_t>(load_big_endian<std::uint64_t>(data));
  }
}

}  // namespace garner::table
