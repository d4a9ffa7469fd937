// Small tables made in memory, and ways to read them, for the tests of lib/table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "table/table_reader.h"
#include "table/text/ecsv_header.h"

namespace garner::table::samples {

std::span<const std::byte> bytes_of(std::string_view text);

// Big-endian bytes, appended one after another.
class Bytes {
 public:
  Bytes& u8(std::uint8_t value) { return put(value, 1); }
  Bytes& i16(std::int16_t value) { return put(static_cast<std::uint64_t>(value), 2); }
  Bytes& i32(std::int32_t value) { return put(static_cast<std::uint64_t>(value), 4); }
  Bytes& i64(std::int64_t value) { return put(static_cast<std::uint64_t>(value), 8); }
  Bytes& f32(float value);
  Bytes& f64(double value);
  Bytes& text(std::string_view value) {
    bytes_ += value;
    return *this;
  }
  const std::string& str() const { return bytes_; }

 private:
  Bytes& put(std::uint64_t value, int count);
  std::string bytes_;
};

std::string gzip(std::string_view bytes);
std::string base64(std::string_view bytes, std::size_t line_length = 64);

inline constexpr std::string_view kVotableHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\">\n"
    "<RESOURCE type=\"results\">\n<INFO name=\"QUERY_STATUS\" value=\"OK\"/>\n<TABLE>\n";
inline constexpr std::string_view kVotableFoot = "</TABLE>\n</RESOURCE>\n</VOTABLE>\n";

// `fields` and `data` are XML: FIELD elements and what stands inside of DATA.
std::string votable(std::string_view fields, std::string_view data);
std::string binary(std::string_view element, std::string_view stream_bytes);

// Three columns (source_id long, flux float, flux_error float), `rows` rows of 17 bytes, mask included; about the shape
// of an RVS spectrum.
std::string fixed_binary2(std::size_t rows);
// source_id long, values double[*], note char[*].
std::string variable_binary2(std::size_t rows);
std::string tabledata(std::size_t rows);
std::string csv(std::size_t rows);
std::string described(const EcsvHeader& header);  // all there is in it
std::string ecsv(std::size_t rows);

std::string card(std::string_view keyword, std::string_view value);
// Cards, END and blanks up to a whole block.
std::string fits_header(const std::vector<std::pair<std::string, std::string>>& cards);
std::string fits_padded(std::string data);
std::string fits_primary();
struct FitsColumnText {
  std::string name, tform;
};
// A BINTABLE HDU. `more` goes behind the mandatory cards; later cards win.
std::string fits_bintable(std::size_t row_bytes, std::size_t rows, const std::vector<FitsColumnText>& columns,
                          const std::string& data, std::size_t pcount = 0,
                          const std::vector<std::pair<std::string, std::string>>& more = {});
std::string fits_table_file(std::size_t rows);  // source_id K, flux E

// All cells of Integer columns named `column`, to the file's end.
Result<std::vector<std::int64_t>> read_integers(std::string_view bytes, const std::string& column,
                                                std::optional<Format> format = {});
// For each column: check_table() must give the first cell that the reader gives. Returns how many cells there were.
std::size_t expect_first_cells(std::string_view bytes, Format format, const std::string& name);
Result<std::uint64_t> count_rows(std::string_view bytes, Format format);

}  // namespace garner::table::samples
