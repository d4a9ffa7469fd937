#include "ivoa/adql_scanner.h"

#include <strings.h>

#include <algorithm>

namespace garner::ivoa {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Bytes beyond ASCII stand in no regular identifier, but as a word they hurt nobody.
bool begins_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool in_word(char c) {
  return begins_word(c) || is_digit(c);
}

}  // namespace

bool AdqlToken::is_word(std::string_view upper) const {
  return kind == Kind::Word && text.size() == upper.size() && strncasecmp(text.data(), upper.data(), upper.size()) == 0;
}

std::string AdqlScanner::place(std::size_t at) const {
  const auto before = text_.substr(0, at);
  const auto line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("line {}, column {}", std::ranges::count(before, '\n') + 1, at - line_begin + 1);
}

Result<void> AdqlScanner::skip_blanks() {
  for (;;) {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (peek(0) == '-' && peek(1) == '-') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (peek(0) == '/' && peek(1) == '*') {
      if (auto skipped = skip_comment(); !skipped) return skipped;
    } else {
      return {};
    }
  }
}

// No part of ADQL, but PostgreSQL and others know it.
Result<void> AdqlScanner::skip_comment() {
  const std::size_t close = text_.find("*/", at_ + 2);
  if (close == text_.npos) return fail(Kind::Invalid, "{}: the comment is never closed", place(at_));
  if (const auto inner = text_.find("/*", at_ + 2); inner < close)
    return fail(Kind::Invalid, "{}: a comment inside a comment, which services read differently", place(inner));
  at_ = close + 2;
  return {};
}

// '…' or "…"; a quote inside is doubled.
Result<std::size_t> AdqlScanner::end_of_quoted() const {
  const char quote = text_[at_];
  for (std::size_t from = at_ + 1;;) {
    const auto found = text_.find(quote, from);
    if (found == text_.npos) {
      return fail(Kind::Invalid, "{}: the {} is never closed", place(at_),
                  quote == '\'' ? "text ('…')" : "delimited identifier (\"…\")");
    }
    if (found + 1 == text_.size() || text_[found + 1] != quote) return found + 1;
    from = found + 2;
  }
}

std::size_t AdqlScanner::end_of_number() const {
  std::size_t end = at_;
  const bool hexadecimal = peek(0) == '0' && (peek(1) == 'x' || peek(1) == 'X');
  while (end < text_.size()) {
    const char c = text_[end];
    const bool sign = (c == '+' || c == '-') && !hexadecimal && (text_[end - 1] == 'e' || text_[end - 1] == 'E');
    if (!in_word(c) && c != '.' && !sign) break;
    ++end;
  }
  return end;
}

Result<AdqlToken> AdqlScanner::next() {
  if (auto skipped = skip_blanks(); !skipped) return std::unexpected(std::move(skipped.error()));
  AdqlToken token;
  token.begin = token.end = at_;
  if (at_ == text_.size()) return token;
  const char c = text_[at_];
  if (begins_word(c)) {
    token.kind = AdqlToken::Kind::Word;
    while (token.end < text_.size() && in_word(text_[token.end])) ++token.end;
  } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
    token.kind = AdqlToken::Kind::Number;
    token.end = end_of_number();
  } else if (c == '\'' || c == '"') {
    token.kind = c == '\'' ? AdqlToken::Kind::String : AdqlToken::Kind::Delimited;
    const auto end = end_of_quoted();
    if (!end) return std::unexpected(end.error());
    token.end = *end;
  } else {
    token.kind = AdqlToken::Kind::Symbol;
    ++token.end;
  }
  token.text = text_.substr(token.begin, token.end - token.begin);
  at_ = token.end;
  return token;
}

}  // namespace garner::ivoa
