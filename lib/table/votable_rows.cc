#include "table/votable_rows.h"

namespace garner::table {

namespace {

constexpr std::size_t kWalkAtBytes = 256u << 10;  // decoded bytes that gather before rows are walked

}  // namespace

Result<void> RowCheck::begin(const VotableTable& table) {
  rows_ = 0;
  counter_ = {};
  decoder_ = {};
  decoded_.clear();
  next_walk_ = kWalkAtBytes;
  layout_.reset();
  if (table.serialization == Serialization::TableData) return {};
  auto layout = BinaryLayout::make(table, max_cell_bytes_);
  if (!layout) return std::unexpected(std::move(layout.error()));
  layout_ = *layout;
  return {};
}

Result<void> RowCheck::stream_text(std::string_view base64) {
  if (layout_->fixed_row_bytes()) return counter_.add(base64);
  if (auto added = decoder_.add(base64, decoded_); !added) return added;
  return decoded_.size() < next_walk_ ? Result<void>() : walk_rows();
}

Result<void> RowCheck::walk_rows() {
  std::span<const std::byte> rest = decoded_;
  while (!rest.empty()) {
    auto length = layout_->row_bytes(rest, rows_ + 1);
    if (!length) return std::unexpected(std::move(length.error()));
    if (!*length) break;
    rest = rest.subspan(**length);
    ++rows_;
  }
  decoded_.erase(decoded_.begin(), decoded_.end() - static_cast<std::ptrdiff_t>(rest.size()));
  next_walk_ = decoded_.size() + kWalkAtBytes;
  return {};
}

Result<void> RowCheck::end_stream() {
  if (const auto row_bytes = layout_->fixed_row_bytes()) {
    if (auto ended = counter_.finish(); !ended) return ended;
    const std::uint64_t bytes = counter_.decoded_bytes();
    if (bytes % *row_bytes != 0) {
      return fail(Kind::Corrupt,
                  "the STREAM holds {} bytes, which is no multiple of its row's {}: it is cut inside a row", bytes,
                  *row_bytes);
    }
    rows_ = bytes / *row_bytes;
    return {};
  }
  if (auto ended = decoder_.finish(); !ended) return ended;
  if (auto walked = walk_rows(); !walked) return walked;
  if (!decoded_.empty()) {
    return fail(Kind::Corrupt, "the STREAM is cut inside row {}: {} bytes are left over", rows_ + 1, decoded_.size());
  }
  return {};
}

}  // namespace garner::table
