#include <algorithm>

#include "manifest/id_list.h"

namespace garner::manifest {

namespace {

constexpr std::string_view kDigits = "0123456789";

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits) == text.npos;
}

// 5.937e18, 5937083312263887616.0: what is left of an id after a float column or a spreadsheet.
bool is_floating(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || (text[0] != '.' && kDigits.find(text[0]) == kDigits.npos)) return false;
  return text.find_first_not_of("0123456789.eE+-") == text.npos && text.find_first_of(".eE") != text.npos;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<SourceId> parse_id_text(std::string_view text, std::string_view release) {
  text = trimmed(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    text = trimmed(text.substr(1, text.size() - 2));
  }
  if (text.empty()) return fail(Kind::Malformed, "empty where a source_id is due");
  std::string_view digits = text;
  if (const std::size_t blank = text.rfind(' '); blank != text.npos) {
    digits = text.substr(blank + 1);
    const std::string_view named = trimmed(text.substr(0, blank));
    if (!named.starts_with("Gaia "))
      return fail(Kind::Malformed, "neither a source_id nor a designation like '{} 123'", release);
    if (named != release)
      return fail(Kind::Malformed, "belongs to {}, the harvest asks for {}", printable(named, 40), release);
  }
  if (is_floating(digits))
    return fail(Kind::Malformed, "went through a floating-point number (ids need all 19 digits)");
  if (is_number(digits)) {
    auto id = parse_source_id(digits);
    if (id) return id;
    return fail(Kind::Malformed, "out of range: a source_id lies between 1 and {}", kMaxSourceId);
  }
  if (digits.starts_with('-') && is_number(digits.substr(1))) {
    return fail(Kind::Malformed, "negative: a source_id lies between 1 and {}", kMaxSourceId);
  }
  return fail(Kind::Malformed, "neither a source_id nor a designation like '{} 123'", release);
}

}  // namespace garner::manifest
