// Puts the cells of TABLEDATA (VOTable 1.4 §5.1, §6) into the form of BINARY2 rows. Text of one dimension becomes
// char[*] in UTF-8, so that nothing of it is cut, whatever its FIELD says. One thread at a time. Errors name row and
// column: Malformed for an integer that is none or that its datatype does not hold, and for arrays of another size
// than the FIELD's. As in the readers a float that can't be parsed is null.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "table/votable/field.h"

namespace garner::table {

class TabledataEncoder {
 public:
  // The table whose BINARY2 rows are made.
  static VotableTable binary_form(const VotableTable& table);

  // `table` is a binary_form(); rows are appended to `out`. Both must outlive the encoder.
  TabledataEncoder(const VotableTable& table, const Limits& limits, std::vector<std::byte>& out);

  Result<void> text(std::string_view piece);  // of the cell under way
  Result<void> end_cell();
  void end_row();

 private:
  Result<void> encode(const VotableField& field, std::string_view text);
  Result<void> encode_elements(const VotableField& field, std::string_view text);
  Result<void> encode_element(const VotableField& field, std::string_view word);
  void encode_integer_bytes(const VotableField& field, std::int64_t value);
  Result<void> encode_bits(const VotableField& field, std::string_view text);
  void encode_text(const VotableField& field, std::string_view text);
  void put_null(const VotableField& field);
  template <class Unsigned>
  void put(Unsigned value);
  Result<void> check_count(const VotableField& field, std::uint64_t count) const;

  const VotableTable& table_;
  std::uint64_t max_cell_bytes_;
  std::vector<std::byte>& out_;
  std::string cell_;
  std::size_t column_ = 0, row_begin_ = 0;
  std::uint64_t row_ = 1;
};

}  // namespace garner::table
