// Which layout goes with what comes and its format: the one table.
#include <algorithm>
#include <array>

#include "manifest/manifest.h"

namespace garner::manifest {

namespace {

constexpr unsigned bit(ProductFormat format) {
  return 1u << static_cast<unsigned>(format);
}
constexpr unsigned kEveryFormat = bit(ProductFormat::VOTable) | bit(ProductFormat::VOTablePlain) |
                                  bit(ProductFormat::Fits) | bit(ProductFormat::Csv) | bit(ProductFormat::Ecsv);

constexpr unsigned kIndividual = 1, kRaw = 2, kRows = 4, kQueryByValue = 8, kQueryByPixel = 16;
constexpr unsigned kAnything = kIndividual | kRaw | kRows | kQueryByValue | kQueryByPixel;

unsigned content_of(const Manifest& manifest) {
  switch (manifest.kind) {
    case HarvestKind::Products:
      return manifest.data_structure == DataStructure::Individual ? kIndividual : kRaw;
    case HarvestKind::Rows:
      return kRows;
    case HarvestKind::Query:
      return manifest.partition.healpix ? kQueryByPixel : kQueryByValue;
  }
  return 0;
}

struct Row {
  LayoutKind layout;
  unsigned contents;
  unsigned formats;
  bool may_compress;  // output.compress
};

// Zips are kept as served; what is merged by pixel must be FITS tables whose pixels are known.
constexpr std::array<Row, 4> kTogether = {
    {{LayoutKind::Zip, kIndividual | kRaw, kEveryFormat, false},
     {LayoutKind::Files, kAnything, kEveryFormat, true},
     {LayoutKind::TarZst, kAnything, kEveryFormat, false},
     {LayoutKind::Table, kRaw | kRows | kQueryByPixel, bit(ProductFormat::Fits), false}}};

std::string content_name(const Manifest& manifest) {
  if (manifest.kind == HarvestKind::Products) return "data_structure " + manifest.data_structure_spelling;
  if (content_of(manifest) == kQueryByValue && manifest.layout == LayoutKind::Table)
    return "kind query in parts of a column's values (only with partition: {healpix: LEVEL})";
  return fmt::format("kind {}", harvest_kind_name(manifest.kind));
}

}  // namespace

bool allowed_combination(const Manifest& manifest) {
  return std::ranges::any_of(kTogether, [&](const Row& row) {
    return row.layout == manifest.layout && (row.contents & content_of(manifest)) != 0 &&
           (row.formats & bit(manifest.format)) != 0 && (row.may_compress || !manifest.compress_files);
  });
}

std::string why_not_together(const Manifest& manifest) {
  if (manifest.layout == LayoutKind::Zip && manifest.kind != HarvestKind::Products) {
    return fmt::format(
        "layout 'zip' keeps zips as served, but the answers of kind {} are tables; choose files or tar.zst",
        harvest_kind_name(manifest.kind));
  }
  return fmt::format("layout '{}' does not go with {} and format {}", layout_name(manifest.layout),
                     content_name(manifest), format_name(manifest.format));
}

}  // namespace garner::manifest
