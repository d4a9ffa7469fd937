#include "table/row_stream.h"

#include "table/votable/tabledata_encoder.h"

namespace garner::table {

namespace {

// Small enough for what is decoded to be in the cache when the rows are taken.
constexpr std::size_t kBase64Piece = 128u << 10;
constexpr std::size_t kSplitAtBytes = 64u << 10;

}  // namespace

Result<RowSplitter> RowSplitter::make(const VotableTable& table, std::uint64_t max_cell_bytes, RowTaker& taker) {
  auto layout = BinaryLayout::make(table, max_cell_bytes);
  if (!layout) return std::unexpected(std::move(layout.error()));
  return RowSplitter(*layout, taker);
}

Result<void> RowSplitter::split() {
  ends_.clear();
  std::size_t at = 0;
  if (const auto row_bytes = layout_.fixed_row_bytes()) {
    while (bytes_.size() - at >= *row_bytes) ends_.push_back(at += *row_bytes);
  } else {
    while (at < bytes_.size()) {
      auto length = layout_.row_bytes(std::span<const std::byte>(bytes_).subspan(at), rows_ + ends_.size() + 1);
      if (!length) return std::unexpected(std::move(length.error()));
      if (!*length) break;
      ends_.push_back(at += **length);
    }
  }
  if (ends_.empty()) return {};
  if (auto taken = taker_->take({std::span(bytes_).first(at), ends_}); !taken) return taken;
  rows_ += ends_.size();
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
  return {};
}

Result<void> RowSplitter::finish() {
  if (auto split_up = split(); !split_up) return split_up;
  if (bytes_.empty()) return {};
  return fail(Kind::Corrupt, "the STREAM is cut inside row {}: {} bytes are left over", rows_ + 1, bytes_.size());
}

RowStream::RowStream(const Limits& limits, RowTaker& taker) : limits_(limits), taker_(taker) {}
RowStream::~RowStream() = default;

Result<void> RowStream::begin(const VotableTable& table) {
  if (table.fields.empty()) return fail(Kind::Malformed, "the TABLE has no FIELDs");
  const bool is_text = table.serialization == Serialization::TableData;
  binary_ = is_text ? TabledataEncoder::binary_form(table) : table;
  auto splitter = RowSplitter::make(binary_, limits_.max_cell_bytes, taker_);
  if (!splitter) return std::unexpected(std::move(splitter.error()));
  splitter_ = std::move(*splitter);
  if (is_text) encoder_ = std::make_unique<TabledataEncoder>(binary_, limits_, splitter_->bytes());
  return taker_.begin(binary_, table.serialization);
}

Result<void> RowStream::cell_text(std::string_view piece) {
  if (error_) return std::unexpected(*error_);
  return encoder_->text(piece);
}

void RowStream::end_cell() {
  if (error_) return;
  if (auto ended = encoder_->end_cell(); !ended) error_ = std::move(ended.error());
}

void RowStream::end_row(std::uint64_t) {
  if (error_) return;
  encoder_->end_row();
  if (splitter_->bytes().size() < kSplitAtBytes) return;
  if (auto split_up = splitter_->split(); !split_up) error_ = std::move(split_up.error());
}

Result<void> RowStream::stream_text(std::string_view base64) {
  while (!base64.empty()) {
    const auto piece = base64.substr(0, kBase64Piece);
    base64.remove_prefix(piece.size());
    if (auto added = decoder_.add(piece, splitter_->bytes()); !added) return added;
    if (splitter_->bytes().size() < kSplitAtBytes) continue;
    if (auto split_up = splitter_->split(); !split_up) return split_up;
  }
  return {};
}

Result<void> RowStream::end_stream() {
  if (auto ended = decoder_.finish(); !ended) return ended;
  return splitter_->finish();
}

Result<void> RowStream::finish() {
  if (error_) return std::unexpected(std::move(*error_));
  return splitter_ ? splitter_->finish() : Result<void>();
}

}  // namespace garner::table
