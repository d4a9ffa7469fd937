#include "table/row_spool.h"

namespace garner::table {

namespace {

constexpr std::size_t kBlockBytes = 128u << 10;

}  // namespace

Result<RowSpool> RowSpool::make(const std::filesystem::path& folder) {
  auto file = NewFile::make_nameless(folder);
  if (!file) return std::unexpected(std::move(file.error()));
  return RowSpool(std::move(*file));
}

Result<void> RowSpool::add(const RowBatch& rows) {
  auto written = file_->write_at(bytes_, rows.bytes);
  bytes_ += rows.bytes.size();
  return written;
}

Result<void> RowSpool::replay(const VotableTable& table, std::uint64_t max_cell_bytes, RowTaker& taker) const {
  auto splitter = RowSplitter::make(table, max_cell_bytes, taker);
  if (!splitter) return std::unexpected(std::move(splitter.error()));
  if (auto begun = taker.begin(table, table.serialization); !begun) return begun;
  for (std::uint64_t at = 0; at < bytes_;) {
    auto& bytes = splitter->bytes();
    const std::size_t held = bytes.size();
    bytes.resize(held + std::min<std::uint64_t>(kBlockBytes, bytes_ - at));
    auto got = file_->read_at(at, std::span(bytes).subspan(held));
    if (!got) return std::unexpected(std::move(got.error()));
    if (*got == 0) return fail(Kind::Internal, "rows that were laid aside are gone");
    bytes.resize(held + *got);
    at += *got;
    if (auto split_up = splitter->split(); !split_up) return split_up;
  }
  return splitter->finish();
}

}  // namespace garner::table
