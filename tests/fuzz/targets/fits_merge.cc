// Merged FITS tables: the input, alone and with another table of the same and of other columns. What is written is a
// good table of as many rows.
#include "table/fits/merge.h"

#include "fits_memory.h"
#include "tables.h"

namespace garner::fuzz {
namespace {

constexpr std::size_t kMostWritten = 4u << 20;  // rows may share heap: beyond that the disk is full

void merge(std::span<const table::TableToMerge> tables, table::MergeRequest request) {
  std::vector<std::byte> written;
  std::uint64_t sources = 0;
  request.limits = kTableLimits;
  request.table_name = "fuzz";
  request.take_id = [&sources](SourceId id) -> Result<void> {
    require(id.value >= 1 && id.value <= kMaxSourceId, "sources have ids");
    ++sources;
    return {};
  };
  const auto merged = table::merge_fits(tables, request, [&written](std::uint64_t offset, Bytes bytes) -> Result<void> {
    if (offset > kMostWritten || bytes.size() > kMostWritten - offset) return fail(Kind::DiskFull, "no more room");
    written.resize(std::max<std::size_t>(written.size(), offset + bytes.size()));
    std::ranges::copy(bytes, written.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  });
  if (!merged || merged->rows == 0) return;
  require(merged->bytes == written.size(), "the file is as long as it is said to be");
  require(sources <= merged->rows, "no more sources than rows");
  const auto checked = table::check_table(written, table::Format::Fits);
  require(checked.has_value(), checked ? "" : "what is written is good: " + checked.error().detail);
  require(checked->rows == merged->rows, "all rows are written");
}

std::string padded(std::string text, std::size_t multiple, char with) {
  text.resize((text.size() + multiple - 1) / multiple * multiple, with);
  return text;
}

// One row: source_id 9007199254740993, flux 1.
const std::string& other_table() {
  static const std::string bytes = [] {
    const auto header = [](std::initializer_list<std::string_view> cards) {
      std::string text;
      for (const auto card : cards) text += padded(std::string(card), 80, ' ');
      return padded(text, 2880, ' ');
    };
    return header({"SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    0",
                   "END"}) +
           header({"XTENSION= 'BINTABLE'", "BITPIX  =                    8", "NAXIS   =                    2",
                   "NAXIS1  =                   12", "NAXIS2  =                    1", "PCOUNT  =                    0",
                   "GCOUNT  =                    1", "TFIELDS =                    2", "TTYPE1  = 'source_id'",
                   "TFORM1  = 'K       '", "TTYPE2  = 'flux    '", "TFORM2  = 'E       '", "END"}) +
           padded(std::string("\x00\x20\x00\x00\x00\x00\x00\x01\x3f\x80\x00\x00", 12), 2880, '\0');
  }();
  return bytes;
}

table::TableToMerge named(std::string name, Bytes bytes) {
  return {std::move(name),
          [bytes]() -> Result<table::OpenedTable> { return table::OpenedTable{read_from(bytes), bytes.size()}; }};
}

void run(Bytes bytes) {
  const std::array tables = {named("input", bytes), named("other", bytes_of(other_table()))};
  merge(tables, {.first = {1}, .last = {kMaxSourceId}});
  merge(std::span(tables).first(1), {.all = true});
  merge(std::span(tables).first(1), {.id_column = "flux", .first = {1}, .last = {1u << 20}});
}

const Target kTarget("fits_merge", run);

}  // namespace
}  // namespace garner::fuzz
