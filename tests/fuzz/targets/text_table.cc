// CSV, TSV and ECSV: checked whole and read by rows.
#include "tables.h"

namespace garner::fuzz {
namespace {

void run(Bytes bytes) {
  for (const auto format : {table::Format::Csv, table::Format::Tsv, table::Format::Ecsv}) {
    (void)require_agreement(bytes, format);
    read_in_every_way(bytes, format);
  }
}

const Target kTarget("text_table", run);

}  // namespace
}  // namespace garner::fuzz
