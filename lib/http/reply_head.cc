#include "http/reply_head.h"

#include <charconv>

namespace garner::http {

namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// "HTTP/1.1 200 OK": 0 if there is no number.
int status_of(std::string_view line) {
  const auto blank = line.find(' ');
  if (blank == line.npos) return 0;
  const auto digits = line.substr(blank + 1, 3);
  int status = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), status);
  return status;
}

}  // namespace

Result<void> ReplyHead::add_line(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxBytes) return fail(Kind::Corrupt, "the reply's header is longer than {} bytes", kMaxBytes);
  if (complete_) return {};  // a trailer
  if (line.starts_with("HTTP/")) {
    status_ = status_of(line);
    fields_.clear();
    return {};
  }
  if (trim(line).empty()) {
    complete_ = begun();
    return {};
  }
  return add_field(line);
}

Result<void> ReplyHead::add_field(std::string_view line) {
  if ((line[0] == ' ' || line[0] == '\t') && !fields_.empty()) {
    fields_.back().second.append(" ").append(trim(line));
    return {};
  }
  const auto colon = line.find(':');
  if (colon == line.npos || colon == 0) return {};
  if (fields_.size() == kMaxFields) return fail(Kind::Corrupt, "the reply has more than {} header fields", kMaxFields);
  fields_.emplace_back(lower(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1))));
  return {};
}

}  // namespace garner::http
