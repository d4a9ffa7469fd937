// FITS binary tables: checked whole, read by rows, and opened at random as the merge of tables does.
#include "fits_memory.h"
#include "tables.h"

namespace garner::fuzz {
namespace {

void run(Bytes bytes) {
  (void)require_agreement(bytes, table::Format::Fits);
  read_in_every_way(bytes, table::Format::Fits);
  const auto file = table::FitsFile::open(read_from(bytes), bytes.size(), kTableLimits);
  (void)table::FitsFile::open(read_from(bytes), bytes.size(), kNarrowLimits);
  if (!file) return;
  std::vector<std::byte> row(file->table().row_bytes);
  if (file->table().rows > 0) require(file->rows(0, row).has_value(), "the first row is there");
}

const Target kTarget("fits", run);

}  // namespace
}  // namespace garner::fuzz
