#include "id_tables.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>

namespace garner::e2e {

namespace {

constexpr double kRa = 251.5;

std::string big_endian(std::uint64_t value) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
  return out;
}

std::string big_endian(double value) {
  return big_endian(std::bit_cast<std::uint64_t>(value));
}

std::string delimited(const Ids& ids, char separator) {
  std::string out = fmt::format("ra{}source_id\n", separator);
  for (const auto& id : ids) out += fmt::format("{}{}{}\n", kRa, separator, id);
  return out;
}

std::string base64(const std::string& bytes) {
  static constexpr const char* kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? kLetters[group >> (18 - 6 * k) & 63] : '=';
    if (i % 57 == 54) out += '\n';
  }
  return out;
}

// FITS: cards of 80 bytes, blocks of 2880.
std::string padded(std::string text, char filler) {
  text.resize((text.size() + 2879) / 2880 * 2880, filler);
  return text;
}

std::string header(const std::vector<std::pair<std::string, std::string>>& cards) {
  std::string out;
  for (const auto& [key, value] : cards)
    out += fmt::format("{:<80}",
                       fmt::format("{:<8}= {}", key, value.front() == '\'' ? value : fmt::format("{:>20}", value)));
  return padded(out + fmt::format("{:<80}", "END"), ' ');
}

}  // namespace

std::string id_csv(const Ids& ids) {
  return delimited(ids, ',');
}
std::string id_tsv(const Ids& ids) {
  return delimited(ids, '\t');
}

std::string id_ecsv(const Ids& ids) {
  std::string out =
      "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n# - {name: ra, unit: deg, datatype: float64}\n# - {name: "
      "source_id, datatype: int64}\n";
  return out + delimited(ids, ',');
}

std::string id_fits(const Ids& ids, IdType type) {
  const std::string form = type == IdType::Long ? "'K       '" : type == IdType::Double ? "'D       '" : "'20A     '";
  const std::size_t width = 8 + (type == IdType::Text ? 20 : 8);
  std::string out = header({{"SIMPLE", "T"}, {"BITPIX", "8"}, {"NAXIS", "0"}, {"EXTEND", "T"}});
  out += header({{"XTENSION", "'BINTABLE'"},
                 {"BITPIX", "8"},
                 {"NAXIS", "2"},
                 {"NAXIS1", std::to_string(width)},
                 {"NAXIS2", std::to_string(ids.size())},
                 {"PCOUNT", "0"},
                 {"GCOUNT", "1"},
                 {"TFIELDS", "2"},
                 {"TTYPE1", "'ra      '"},
                 {"TFORM1", "'D       '"},
                 {"TTYPE2", "'source_id'"},
                 {"TFORM2", form}});
  std::string rows;
  for (const auto& id : ids) {
    rows += big_endian(kRa);
    if (type == IdType::Long)
      rows += big_endian(std::uint64_t{std::stoull(id)});
    else if (type == IdType::Double)
      rows += big_endian(std::stod(id));
    else
      rows += fmt::format("{:<20}", id);
  }
  return out + padded(rows, '\0');
}

std::string id_votable(const Ids& ids, Serialization serialization, const std::string& datatype) {
  std::string out =
      "<?xml version=\"1.0\"?>\n<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\">\n<RESOURCE "
      "type=\"results\"><TABLE>\n"
      "<FIELD name=\"ra\" datatype=\"double\"/>\n<FIELD name=\"source_id\" datatype=\"" +
      datatype + "\"/>\n<DATA>";
  if (serialization == Serialization::TableData) {
    out += "<TABLEDATA>\n";
    for (const auto& id : ids) out += fmt::format("<TR><TD>{}</TD><TD>{}</TD></TR>\n", kRa, id);
    out += "</TABLEDATA>";
  } else {
    const std::string element = serialization == Serialization::Binary ? "BINARY" : "BINARY2";
    std::string rows;
    for (const auto& id : ids) {
      if (serialization == Serialization::Binary2) rows += '\0';  // no nulls
      rows += big_endian(kRa) + big_endian(std::uint64_t{std::stoull(id)});
    }
    out += "<" + element + "><STREAM encoding=\"base64\">" + base64(rows) + "</STREAM></" + element + ">";
  }
  return out + "</DATA></TABLE></RESOURCE></VOTABLE>\n";
}

}  // namespace garner::e2e
