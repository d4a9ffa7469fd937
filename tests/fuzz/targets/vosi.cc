// VOSI: availability, capabilities, tables.
#include "ivoa/vosi.h"

#include "target.h"

namespace garner::fuzz {
namespace {

void run(Bytes bytes) {
  const auto text = text_of(bytes);
  (void)ivoa::parse_availability(text);
  if (const auto capabilities = ivoa::parse_capabilities(text)) {
    for (const auto& each : capabilities->all) {
      require(each.standard_id.empty() || capabilities->find(each.standard_id) != nullptr, "what is there is found");
      (void)each.tap.most_rows();
      (void)each.tap.most_upload_bytes();
      (void)each.tap.uploads_inline();
    }
  }
  std::size_t one_by_one = 0;
  const auto read = ivoa::read_tables(text, [&one_by_one](const ivoa::TableInfo& table) {
    (void)table.full_name();
    ++one_by_one;
    return true;
  });
  const auto tables = ivoa::parse_tables(text);
  require(read.has_value() == tables.has_value(), "tables are good in either way");
  if (tables) require(tables->size() == one_by_one, "and as many");
}

const Target kTarget("vosi", run);

}  // namespace
}  // namespace garner::fuzz
