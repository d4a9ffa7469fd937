#include "base/vocabulary.h"

#include <strings.h>

#include <array>
#include <string>

namespace garner {

namespace {

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

struct FormatRow {
  ProductFormat format;
  std::string_view name, extension;
};
constexpr std::array<FormatRow, 5> kFormats = {{{ProductFormat::VOTable, "votable", "xml"},
                                                {ProductFormat::VOTablePlain, "votable_plain", "xml"},
                                                {ProductFormat::Fits, "fits", "fits"},
                                                {ProductFormat::Csv, "csv", "csv"},
                                                {ProductFormat::Ecsv, "ecsv", "ecsv"}}};
constexpr std::array<std::string_view, 4> kLayouts = {"zip", "files", "tar.zst", "table"};

const FormatRow& row(ProductFormat format) {
  return kFormats[static_cast<std::size_t>(format)];
}

}  // namespace

std::optional<DataStructure> parse_data_structure(std::string_view text) {
  if (same_word(text, "INDIVIDUAL") || same_word(text, "DATAMODEL_STANDARD")) return DataStructure::Individual;
  if (same_word(text, "RAW") || same_word(text, "DATAMODEL_GAIA")) return DataStructure::Raw;
  return std::nullopt;
}

std::optional<ProductFormat> parse_product_format(std::string_view text) {
  for (const auto& candidate : kFormats) {
    if (candidate.name == text) return candidate.format;
  }
  return std::nullopt;
}

std::string_view format_name(ProductFormat format) {
  return row(format).name;
}
std::string_view format_extension(ProductFormat format) {
  return row(format).extension;
}

std::optional<LayoutKind> parse_layout(std::string_view text) {
  for (std::size_t i = 0; i < kLayouts.size(); ++i) {
    if (kLayouts[i] == text) return static_cast<LayoutKind>(i);
  }
  return std::nullopt;
}

std::string_view layout_name(LayoutKind layout) {
  return kLayouts[static_cast<std::size_t>(layout)];
}

}  // namespace garner
