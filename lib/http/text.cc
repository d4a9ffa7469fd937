// The small texts of HTTP: header look-up, Retry-After, form encoding.
#include <curl/curl.h>

#include <charconv>

#include "http/transport.h"

namespace garner::http {

std::optional<std::string> Reply::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> Reply::all(std::string_view lower_case_name) const {
  std::vector<std::string> values;
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) values.push_back(value);
  }
  return values;
}

namespace {

constexpr std::chrono::seconds kLongestRetryAfter = std::chrono::hours(24);

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// curl_getdate() also reads much that is no HTTP date ("20240101", "12:00"): the three forms of RFC 9110 §5.6.7 all
// begin with the day's name and hold a time of day. In seconds, since a WallTime ends in 2262.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view value) {
  constexpr std::size_t kLongestDate = 64;
  if (value.empty() || value.size() > kLongestDate || !is_letter(value[0])) return std::nullopt;
  if (std::ranges::count(value, ':') != 2 || value.find('\0') != value.npos) return std::nullopt;
  const std::time_t when = curl_getdate(std::string(value).c_str(), nullptr);
  if (when < 0) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(when));
}

}  // namespace

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, WallTime now) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  if (value.empty()) return std::nullopt;
  if (std::ranges::all_of(value, is_digit)) {
    std::int64_t seconds = 0;
    const auto [end, status] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (status == std::errc::result_out_of_range) return kLongestRetryAfter;
    return std::min(std::chrono::seconds(seconds), kLongestRetryAfter);
  }
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return std::clamp<std::chrono::seconds>(*date - std::chrono::floor<std::chrono::seconds>(now),
                                          std::chrono::seconds(0), kLongestRetryAfter);
}

namespace {

void encode_into(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_letter(c) || is_digit(c) || c == '*' || c == '-' || c == '.' || c == '_') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

}  // namespace

std::string form_encode(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    encode_into(out, name);
    out += '=';
    encode_into(out, value);
  }
  return out;
}

}  // namespace garner::http
