#include "base/source_id.h"

#include <charconv>

namespace garner {

Result<SourceId> parse_source_id(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (status != std::errc{} || end != digits.data() + digits.size() || value == 0 || value > kMaxSourceId) {
    return fail(Kind::Malformed, "expected a source_id (a whole number from 1 to {}), found '{}'", kMaxSourceId,
                printable(digits, 60));
  }
  return SourceId{value};
}

}  // namespace garner
