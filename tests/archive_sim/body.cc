#include "archive_sim/body.h"

#include <algorithm>
#include <cstring>

namespace garner::archive_sim {

void Body::add(std::string bytes) {
  add(std::make_shared<const std::string>(std::move(bytes)));
}

void Body::add(std::shared_ptr<const std::string> bytes) {
  const std::string_view piece = *bytes;
  add(piece, std::move(bytes));
}

void Body::add(std::string_view piece, std::shared_ptr<const void> keep) {
  if (keep && (keep_.empty() || keep_.back() != keep)) keep_.push_back(std::move(keep));
  if (piece.empty()) return;
  pieces_.push_back(piece);
  size_ += piece.size();
}

void Body::truncate(std::size_t size) {
  while (size_ > size) {
    const std::size_t cut = std::min(size_ - size, pieces_.back().size());
    pieces_.back().remove_suffix(cut);
    size_ -= cut;
    if (pieces_.back().empty()) pieces_.pop_back();
  }
}

std::size_t Body::read(std::size_t position, char* out, std::size_t max) {
  std::size_t copied = 0;
  while (copied < max && cursor_piece_ < pieces_.size()) {
    const std::string_view piece = pieces_[cursor_piece_];
    const std::size_t offset = position + copied - cursor_start_;
    if (offset >= piece.size()) {
      cursor_start_ += piece.size();
      ++cursor_piece_;
      continue;
    }
    const std::size_t n = std::min(max - copied, piece.size() - offset);
    std::memcpy(out + copied, piece.data() + offset, n);
    copied += n;
  }
  return copied;
}

std::string Body::text() const {
  std::string out;
  out.reserve(size_);
  for (const std::string_view piece : pieces_) out += piece;
  return out;
}

}  // namespace garner::archive_sim
