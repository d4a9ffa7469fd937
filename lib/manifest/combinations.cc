// Which layout goes with which data_structure and format: the one table.
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

struct Row {
  LayoutKind layout;
  DataStructure structure;
  unsigned formats;
  bool may_compress;  // output.compress
};

constexpr std::array<Row, 7> kRows = {{{LayoutKind::Zip, DataStructure::Individual, kEveryFormat, false},
                                       {LayoutKind::Zip, DataStructure::Raw, kEveryFormat, false},
                                       {LayoutKind::Files, DataStructure::Individual, kEveryFormat, true},
                                       {LayoutKind::Files, DataStructure::Raw, kEveryFormat, true},
                                       {LayoutKind::TarZst, DataStructure::Individual, kEveryFormat, false},
                                       {LayoutKind::TarZst, DataStructure::Raw, kEveryFormat, false},
                                       {LayoutKind::Table, DataStructure::Raw, bit(ProductFormat::Fits), false}}};

}  // namespace

bool allowed_combination(DataStructure structure, ProductFormat format, LayoutKind layout, bool compress) {
  return std::ranges::any_of(kRows, [&](const Row& row) {
    return row.layout == layout && row.structure == structure && (row.formats & bit(format)) != 0 &&
           (row.may_compress || !compress);
  });
}

}  // namespace garner::manifest
