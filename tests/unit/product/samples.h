// Small tables in each of the archive's formats, as products of one source or of many, and what it takes to have them
// read as a reply.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <filesystem>
#include <map>

#include "product/contents.h"
#include "support/zip_maker.h"

namespace garner::product {

struct SampleColumn {
  std::string name;
  char type = 'D';  // K: the row's source_id; D: a double; A: three doubles
};

struct Sample {
  std::optional<std::uint64_t> parameter = {};  // a source_id beside the table
  std::vector<SampleColumn> columns = {};
  std::vector<std::uint64_t> rows = {};  // one source_id each
};

inline const std::vector<SampleColumn> kSpectrum = {{"wavelength"}, {"flux"}, {"flux_error"}};
inline const std::vector<SampleColumn> kRawSpectrum = {{"source_id", 'K'}, {"ra"}, {"flux", 'A'}, {"flux_error", 'A'}};
inline const std::vector<SampleColumn> kChain = {{"solution_id", 'K'}, {"source_id", 'K'}, {"teff"}};
inline const std::vector<SampleColumn> kRawChain = {{"source_id", 'K'}, {"teff", 'A'}};

inline Sample spectrum(std::uint64_t id) {
  return {.parameter = id, .columns = kSpectrum, .rows = {id, id, id}};
}
inline Sample chain(std::uint64_t id) {
  return {.columns = kChain, .rows = {id, id}};
}

inline std::string csv_cell(char type, std::uint64_t id, std::string_view open, std::string_view close) {
  if (type == 'K') return std::to_string(id);
  return type == 'D' ? "0.5" : fmt::format("\"{}0.5, 1.5, 2.5{}\"", open, close);
}

inline std::string as_delimited(const Sample& sample, std::string_view open, std::string_view close) {
  std::string text;
  for (const auto& column : sample.columns) text += (text.empty() ? "" : ",") + column.name;
  for (const auto id : sample.rows) {
    text += "\n";
    for (std::size_t i = 0; i < sample.columns.size(); ++i)
      text += (i == 0 ? "" : ",") + csv_cell(sample.columns[i].type, id, open, close);
  }
  return text + "\n";
}

inline std::string as_csv(const Sample& sample) {
  return as_delimited(sample, "(", ")");
}

inline std::string as_ecsv(const Sample& sample) {
  std::string text = "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n";
  for (const auto& column : sample.columns) {
    const std::string_view datatype = column.type == 'K' ? "int64" : column.type == 'D' ? "float64" : "string";
    text += fmt::format("# -\n#   name: {}\n#   datatype: {}\n", column.name, datatype);
    if (column.type == 'A') text += "#   subtype: float64[3]\n";
  }
  if (sample.parameter) text += fmt::format("# meta:\n#   source_id: {}\n", *sample.parameter);
  return text + as_delimited(sample, "[", "]");
}

inline std::string as_votable(const Sample& sample) {
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\"><RESOURCE type=\"results\"><TABLE>\n";
  if (sample.parameter)
    text += fmt::format("<PARAM datatype=\"long\" name=\"source_id\" value=\"{}\"/>\n", *sample.parameter);
  for (const auto& column : sample.columns) {
    text += fmt::format("<FIELD datatype=\"{}\"{} name=\"{}\"/>\n", column.type == 'K' ? "long" : "double",
                        column.type == 'A' ? " arraysize=\"3\"" : "", column.name);
  }
  text += "<DATA><TABLEDATA>\n";
  for (const auto id : sample.rows) {
    text += "<TR>";
    for (const auto& column : sample.columns) {
      text += fmt::format("<TD>{}</TD>", column.type == 'K'   ? std::to_string(id)
                                         : column.type == 'D' ? "0.5"
                                                              : "0.5 1.5 2.5");
    }
    text += "</TR>\n";
  }
  return text + "</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>\n";
}

inline void pad_block(std::string& fits, char fill) {
  fits.resize((fits.size() + 2879) / 2880 * 2880, fill);
}

inline std::string card(std::string_view key, std::string_view value) {
  return fmt::format("{:80}", fmt::format("{:8}= {:>20}", key, value));
}

inline void put_double(std::string& out, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(bits >> shift));
}

// `told_rows`: what NAXIS2 says, true or not.
inline std::string as_fits(const Sample& sample, std::optional<std::size_t> told_rows = {}) {
  std::string fits = card("SIMPLE", "T") + card("BITPIX", "8") + card("NAXIS", "0") + card("EXTEND", "T") +
                     fmt::format("{:80}", "END");
  pad_block(fits, ' ');
  std::size_t width = 0;
  for (const auto& column : sample.columns) width += column.type == 'A' ? 24 : 8;
  std::string header = card("XTENSION", "'BINTABLE'") + card("BITPIX", "8") + card("NAXIS", "2") +
                       card("NAXIS1", std::to_string(width)) +
                       card("NAXIS2", std::to_string(told_rows.value_or(sample.rows.size()))) + card("PCOUNT", "0") +
                       card("GCOUNT", "1") + card("TFIELDS", std::to_string(sample.columns.size()));
  for (std::size_t i = 0; i < sample.columns.size(); ++i) {
    const auto& column = sample.columns[i];
    header += card(fmt::format("TTYPE{}", i + 1), fmt::format("'{:8}'", column.name));
    header += card(fmt::format("TFORM{}", i + 1), column.type == 'K'   ? "'1K      '"
                                                  : column.type == 'D' ? "'1D      '"
                                                                       : "'3D      '");
  }
  if (sample.parameter) header += card("SOURCEID", fmt::format("'{}'", *sample.parameter));
  fits += header + fmt::format("{:80}", "END");
  pad_block(fits, ' ');
  for (const auto id : sample.rows) {
    for (const auto& column : sample.columns) {
      if (column.type == 'K') put_double(fits, std::bit_cast<double>(id));
      for (int i = 0; column.type != 'K' && i < (column.type == 'A' ? 3 : 1); ++i) put_double(fits, 0.5 + i);
    }
  }
  pad_block(fits, '\0');
  return fits;
}

inline std::string write_sample(const Sample& sample, ProductFormat format) {
  switch (format) {
    case ProductFormat::Fits:
      return as_fits(sample);
    case ProductFormat::Csv:
      return as_csv(sample);
    case ProductFormat::Ecsv:
      return as_ecsv(sample);
    case ProductFormat::VOTable:
    case ProductFormat::VOTablePlain:
      break;
  }
  return as_votable(sample);
}

inline constexpr std::array<ProductFormat, 4> kFormats = {ProductFormat::VOTable, ProductFormat::Fits,
                                                          ProductFormat::Csv, ProductFormat::Ecsv};

struct CollectingSink final : ProductSink {
  std::map<std::string, std::string, std::less<>> products;
  std::vector<std::optional<SourceId>> ids;
  Result<void> add(const Product& product) override {
    products.emplace(product.name,
                     std::string(reinterpret_cast<const char*>(product.bytes.data()), product.bytes.size()));
    ids.push_back(product.id);
    return {};
  }
};

// A request, and the reply that a test makes for it.
struct Question {
  std::string type = "RVS";
  ProductFormat format = ProductFormat::VOTable;
  DataStructure structure = DataStructure::Individual;
  std::vector<SourceId> ids = {SourceId{100}, SourceId{200}, SourceId{300}};
  std::uint64_t max_product_bytes = 64u << 20;
  std::uint64_t budget_bytes = 96u << 20;
  std::string spool_directory = std::filesystem::temp_directory_path();
  CollectingSink sink = {};

  std::string name_of(std::uint64_t id) const { return individual_name(type, "Gaia DR3", SourceId{id}, format); }
  std::string raw_name() const { return fmt::format("{}_RAW.{}", type, format_extension(format)); }
  test::ZipPart part_of(std::uint64_t id) const {
    return {.name = name_of(id), .data = write_sample(type == "RVS" ? spectrum(id) : chain(id), format)};
  }

  Result<Contents> read(const std::vector<test::ZipPart>& parts) { return read_zip(test::make_zip(parts)); }
  Result<Contents> read_zip(const std::string& zip) {
    const auto budget = std::make_shared<http::MemoryBudget>(budget_bytes);
    const Asked asked{.release = "Gaia DR3",
                      .retrieval_type = type,
                      .structure = structure,
                      .format = format,
                      .ids = ids,
                      .max_product_bytes = max_product_bytes,
                      .budget = budget,
                      .spool_directory = spool_directory};
    auto contents = read_reply(test::as_bytes(zip), asked, sink);
    EXPECT_EQ(budget->used(), 0u);
    return contents;
  }
};

inline void expect_rejected(const Result<Contents>& contents, Kind kind, std::string_view words) {
  ASSERT_FALSE(contents) << "accepted; expected: " << words;
  EXPECT_EQ(kind_name(contents.error().kind), kind_name(kind)) << contents.error().detail;
  EXPECT_NE(contents.error().detail.find(words), std::string::npos) << contents.error().detail;
}

}  // namespace garner::product
