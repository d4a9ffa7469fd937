// A reply's bytes as a list of pieces, so that members prepared beforehand are sent without being copied together
// first. Pieces stay valid as long as the Body (or a copy of it) lives.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace garner::archive_sim {

class Body {
 public:
  Body() = default;
  explicit Body(std::string bytes) { add(std::move(bytes)); }

  void add(std::string bytes);
  void add(std::shared_ptr<const std::string> bytes);
  // A piece of something that `keep` keeps alive.
  void add(std::string_view piece, std::shared_ptr<const void> keep);
  void truncate(std::size_t size);

  std::size_t size() const { return size_; }
  // Copies up to `max` bytes from `position` on; positions must not go back between calls (a cursor is kept).
  std::size_t read(std::size_t position, char* out, std::size_t max);
  std::string text() const;

 private:
  std::vector<std::string_view> pieces_;
  std::vector<std::shared_ptr<const void>> keep_;
  std::size_t size_ = 0;
  std::size_t cursor_piece_ = 0;
  std::size_t cursor_start_ = 0;  // position of that piece's first byte
};

}  // namespace garner::archive_sim
