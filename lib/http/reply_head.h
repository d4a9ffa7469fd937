// Private to lib/http. A reply's status and header fields from the lines libcurl hands over (RFC 9112 §4, §5): interim
// replies (1xx) and trailers are left out, folded lines joined, and the whole is bounded. A value.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace garner::http {

class ReplyHead {
 public:
  static constexpr std::size_t kMaxFields = 100;
  static constexpr std::size_t kMaxBytes = 64u << 10;

  // One line with its line end. Corrupt where the bounds are passed.
  Result<void> add_line(std::string_view line);

  // The final reply's status line has been seen.
  bool begun() const { return status_ >= 200; }
  int status() const { return status_; }
  std::vector<std::pair<std::string, std::string>> take_fields() { return std::move(fields_); }

 private:
  Result<void> add_field(std::string_view line);

  int status_ = 0;
  bool complete_ = false;
  std::size_t bytes_ = 0;
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace garner::http
