#include "samples.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <bit>

namespace garner::table::samples {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Bytes& Bytes::put(std::uint64_t value, int count) {
  for (int i = count - 1; i >= 0; --i) bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
  return *this;
}
Bytes& Bytes::f32(float value) {
  return put(std::bit_cast<std::uint32_t>(value), 4);
}
Bytes& Bytes::f64(double value) {
  return put(std::bit_cast<std::uint64_t>(value), 8);
}

std::string base64(std::string_view bytes, std::size_t line_length) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string plain;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) plain += k <= have ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
  }
  std::string lines;
  for (std::size_t i = 0; i < plain.size(); i += line_length) lines += plain.substr(i, line_length) + "\n";
  return lines;
}

std::string votable(std::string_view fields, std::string_view data) {
  return std::string(kVotableHead) + std::string(fields) + "<DATA>\n" + std::string(data) + "</DATA>\n" +
         std::string(kVotableFoot);
}

std::string binary(std::string_view element, std::string_view stream_bytes) {
  return fmt::format("<{0}>\n<STREAM encoding='base64'>\n{1}</STREAM>\n</{0}>\n", element, base64(stream_bytes));
}

std::string fixed_binary2(std::size_t rows) {
  Bytes bytes;
  for (std::size_t i = 0; i < rows; ++i) {
    bytes.u8(0).i64(5937083312263887616 + static_cast<std::int64_t>(i)).f32(0.5f + static_cast<float>(i)).f32(1e-17f);
  }
  return votable(
      "<FIELD datatype=\"long\" name=\"source_id\"/>\n<FIELD datatype=\"float\" name=\"flux\" unit=\"W\"/>\n"
      "<FIELD datatype=\"float\" name=\"flux_error\"/>\n",
      binary("BINARY2", bytes.str()));
}

std::string variable_binary2(std::size_t rows) {
  Bytes bytes;
  for (std::size_t i = 0; i < rows; ++i) {
    bytes.u8(0).i64(static_cast<std::int64_t>(i) + 1).i32(static_cast<std::int32_t>(i % 5));
    for (std::size_t k = 0; k < i % 5; ++k) bytes.f64(static_cast<double>(k));
    const std::string note = "note " + std::to_string(i);
    bytes.i32(static_cast<std::int32_t>(note.size())).text(note);
  }
  return votable(
      "<FIELD datatype=\"long\" name=\"source_id\"/>\n<FIELD datatype=\"double\" arraysize=\"*\" name=\"values\"/>\n"
      "<FIELD datatype=\"char\" arraysize=\"*\" name=\"note\"/>\n",
      binary("BINARY2", bytes.str()));
}

std::string tabledata(std::size_t rows) {
  std::string data = "<TABLEDATA>\n";
  for (std::size_t i = 0; i < rows; ++i)
    data += fmt::format("<TR><TD>{}</TD><TD>{}.5</TD><TD>a &amp; b</TD></TR>\n", i + 1, i);
  return votable(
      "<FIELD datatype=\"long\" name=\"source_id\"><DESCRIPTION>Unique id</DESCRIPTION></FIELD>\n"
      "<FIELD datatype=\"double\" name=\"ra\"/>\n<FIELD datatype=\"char\" arraysize=\"*\" name=\"note\"/>\n",
      data + "</TABLEDATA>\n");
}

std::string csv(std::size_t rows) {
  std::string text = "source_id,flux,note\n";
  for (std::size_t i = 0; i < rows; ++i) text += fmt::format("{},\"({}.5, 2.0)\",\"a \"\"b\"\"\"\n", i + 1, i);
  return text;
}

std::string ecsv(std::size_t rows) {
  std::string text =
      "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n# -\n#   name: source_id\n#   datatype: int64\n#   meta:\n#  "
      "   ucd: meta.id\n"
      "# -\n#   name: flux\n#   datatype: string\n#   subtype: 'float32[null]'\n#   unit: W\n# meta:\n#   source_id: "
      "5937083312263887616\n"
      "#   name: votable\n#   pos: [1.0, 2.0]\nsource_id,flux\n";
  for (std::size_t i = 0; i < rows; ++i) text += fmt::format("{},\"[{}.5,2.0]\"\n", i + 1, i);
  return text;
}

std::string described(const EcsvHeader& header) {
  std::string text = fmt::format("delimiter '{}'\n", header.delimiter);
  for (const auto& c : header.columns) {
    text += fmt::format("'{}' {} {} '{}' '{}' '{}'\n", c.name, static_cast<int>(c.type), c.is_array, c.unit, c.ucd,
                        c.description);
  }
  for (const auto& [name, value] : header.parameters) text += fmt::format("'{}' = '{}'\n", name, value);
  return text;
}

std::string card(std::string_view keyword, std::string_view value) {
  std::string text = fmt::format("{:<8}= {:>20}", keyword, value);
  text.resize(80, ' ');
  return text;
}

std::string fits_header(const std::vector<std::pair<std::string, std::string>>& cards) {
  std::string text;
  for (const auto& [keyword, value] : cards) text += card(keyword, value);
  text += "END";
  text.resize((text.size() + 2879) / 2880 * 2880, ' ');
  return text;
}

std::string fits_padded(std::string data) {
  data.resize((data.size() + 2879) / 2880 * 2880, '\0');
  return data;
}

std::string fits_primary() {
  return fits_header({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}, {"EXTEND", "T"}});
}

std::string fits_bintable(std::size_t row_bytes, std::size_t rows, const std::vector<FitsColumnText>& columns,
                          const std::string& data, std::size_t pcount,
                          const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::pair<std::string, std::string>> cards{{"XTENSION", "'BINTABLE'"},
                                                         {"BITPIX", "8"},
                                                         {"NAXIS", "2"},
                                                         {"NAXIS1", std::to_string(row_bytes)},
                                                         {"NAXIS2", std::to_string(rows)},
                                                         {"PCOUNT", std::to_string(pcount)},
                                                         {"GCOUNT", "1"},
                                                         {"TFIELDS", std::to_string(columns.size())}};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    cards.emplace_back(fmt::format("TTYPE{}", i + 1), "'" + columns[i].name + "'");
    cards.emplace_back(fmt::format("TFORM{}", i + 1), "'" + columns[i].tform + "'");
  }
  cards.insert(cards.end(), more.begin(), more.end());
  return fits_header(cards) + fits_padded(data);
}

std::string fits_table_file(std::size_t rows) {
  Bytes bytes;
  for (std::size_t i = 0; i < rows; ++i) bytes.i64(static_cast<std::int64_t>(i) + 1).f32(static_cast<float>(i) + 0.5f);
  return fits_primary() + fits_bintable(12, rows, {{"source_id", "K"}, {"flux", "E"}}, bytes.str());
}

Result<std::vector<std::int64_t>> read_integers(std::string_view bytes, const std::string& column,
                                                std::optional<Format> format) {
  OpenOptions options;
  options.format = format;
  options.wanted = {column};
  auto reader = open_table(from_memory(bytes_of(bytes)), options);
  if (!reader) return std::unexpected(reader.error());
  const auto index = find_column((*reader)->columns(), column);
  if (!index) return fail(Kind::NotFound, "no column {}", column);
  std::vector<std::int64_t> values;
  for (;;) {
    auto row = (*reader)->next_row();
    if (!row) return std::unexpected(row.error());
    if (!*row) return values;
    const Cell& cell = (*reader)->cell(*index);
    if ((*reader)->columns()[*index].type == ColumnType::Text) {
      values.push_back(std::stoll(std::string(cell.text)));
    } else {
      values.push_back(cell.null ? -1 : cell.integer);
    }
  }
}

std::size_t expect_first_cells(std::string_view bytes, Format format, const std::string& name) {
  OpenOptions options;
  options.format = format;
  auto reader = open_table(from_memory(bytes_of(bytes)), options);
  EXPECT_TRUE(reader) << name;
  if (!reader) return 0;
  const auto row = (*reader)->next_row();
  if (!row || !*row) return 0;
  const auto& columns = (*reader)->columns();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (find_column(columns, columns[i].name) != i) continue;
    const auto checked = check_table(bytes_of(bytes), format, {}, columns[i].name);
    EXPECT_TRUE(checked && checked->first_cell) << name << ": " << columns[i].name;
    if (!checked || !checked->first_cell) return 0;
    const Cell& cell = (*reader)->cell(i);
    EXPECT_EQ(checked->first_cell->null, cell.null) << name << ": " << columns[i].name;
    EXPECT_EQ(checked->first_cell->integer, cell.integer) << name << ": " << columns[i].name;
    EXPECT_EQ(checked->first_cell->text, cell.text) << name << ": " << columns[i].name;
  }
  return columns.size();
}

Result<std::uint64_t> count_rows(std::string_view bytes, Format format) {
  OpenOptions options;
  options.format = format;
  auto reader = open_table(from_memory(bytes_of(bytes)), options);
  if (!reader) return std::unexpected(reader.error());
  for (std::uint64_t rows = 0;; ++rows) {
    auto row = (*reader)->next_row();
    if (!row) return std::unexpected(row.error());
    if (!*row) return rows;
  }
}

}  // namespace garner::table::samples
