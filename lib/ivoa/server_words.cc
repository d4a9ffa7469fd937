#include "ivoa/server_words.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"

namespace garner::ivoa {

namespace {

constexpr std::size_t kFirstBytes = 8u << 10;
constexpr std::size_t kLongestMessage = 16u << 10;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool starts_with_text(std::string_view text, std::string_view part) {
  return text.size() >= part.size() &&
         std::ranges::equal(text.substr(0, part.size()), part, [](char a, char b) { return lower(a) == lower(b); });
}

// Pages are searched for some seventy texts each.
std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0) {
  if (part.empty()) return text.npos;
  const char small = lower(part.front());
  const char large = small >= 'a' && small <= 'z' ? static_cast<char>(small - 'a' + 'A') : small;
  std::size_t at_small = text.find(small, from), at_large = text.find(large, from);
  while (at_small != text.npos || at_large != text.npos) {
    const std::size_t at = std::min(at_small, at_large);
    if (starts_with_text(text.substr(at), part)) return at;
    if (at == at_small) at_small = text.find(small, at + 1);
    if (at == at_large) at_large = text.find(large, at + 1);
  }
  return text.npos;
}

// What stands between two marks; to the end (bounded) where the page was cut before the second.
std::optional<std::string_view> between(std::string_view text, std::string_view from, std::string_view to) {
  const std::size_t begin = find_text(text, from);
  if (begin == text.npos) return std::nullopt;
  const std::string_view rest = text.substr(begin + from.size());
  return rest.substr(0, std::min({find_text(rest, to), rest.size(), kLongestMessage}));
}

// XML's own entities, numeric references below 128 and &nbsp;.
std::string unescaped(std::string_view text) {
  struct Entity {
    std::string_view name;
    char character;
  };
  static constexpr std::array<Entity, 6> kEntities = {
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&nbsp;", ' '}}};
  std::string out;
  while (!text.empty()) {
    const auto entity =
        std::ranges::find_if(kEntities, [text](const Entity& each) { return text.starts_with(each.name); });
    if (entity != kEntities.end()) {
      out += entity->character;
      text.remove_prefix(entity->name.size());
      continue;
    }
    const bool hex = text.starts_with("&#x");
    const std::size_t digits = hex ? 3 : 2;
    if (text.starts_with("&#")) {
      int code = 0;
      const auto [stopped, status] =
          std::from_chars(text.data() + std::min(digits, text.size()), text.data() + text.size(), code, hex ? 16 : 10);
      if (status == std::errc{} && stopped != text.data() + text.size() && *stopped == ';' && code > 0 && code < 128) {
        out += static_cast<char>(code);
        text.remove_prefix(static_cast<std::size_t>(stopped + 1 - text.data()));
        continue;
      }
    }
    out += text[0];
    text.remove_prefix(1);
  }
  return out;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

// Pages quote our own session, which must not get into logs.
std::string without_session(std::string text) {
  constexpr std::string_view kBegin = "session='";
  for (std::size_t at = find_text(text, kBegin); at != text.npos; at = find_text(text, kBegin, at + kBegin.size())) {
    const std::size_t value = at + kBegin.size();
    text.replace(value, std::min(text.find('\'', value), text.size()) - value, "...");
  }
  return text;
}

// The long form tells our own session and address after the reason, and then the reason once more.
std::string reason_of(std::string_view message) {
  std::string reason = trimmed(message.substr(0, find_text(message, "Cannot process request:")));
  if (!reason.empty()) return reason;
  const std::size_t due = find_text(message, "due to:");
  return due == message.npos ? std::string() : without_session(trimmed(message.substr(due + 7)));
}

// The text of the first INFO whose tag the test takes. Attributes may come in either order and with either quote
// (VOTable 1.4 §4.4, DALI 1.1 §4.4).
template <class Test>
std::optional<std::string> info_text(std::string_view text, Test test) {
  for (std::size_t at = find_text(text, "<INFO"); at != text.npos; at = find_text(text, "<INFO", at + 5)) {
    const std::string_view rest = text.substr(at);
    const std::size_t close = rest.find_first_of("<>", 1);  // no tag holds another's '<': each byte is looked at once
    if (close == rest.npos || rest[close] == '<') continue;
    const std::string_view tag = rest.substr(0, close);
    if (!test(tag)) continue;
    if (tag.ends_with('/')) return std::string();
    const std::string_view inside = rest.substr(close + 1);
    return reason_of(
        unescaped(inside.substr(0, std::min({find_text(inside, "</INFO>"), inside.size(), kLongestMessage}))));
  }
  return std::nullopt;
}

}  // namespace

bool contains(std::string_view text, std::string_view part) {
  return find_text(text, part) != text.npos;
}

std::string first_and_last(std::string_view body) {
  if (body.size() <= kFirstBytes + kLastBytes) return std::string(body);
  std::string text(body.substr(0, kFirstBytes));
  text += '\n';
  text += body.substr(body.size() - kLastBytes);
  return text;
}

std::optional<std::string> message_of_page(std::string_view text) {
  if (const auto item = between(text, "<li><b>Message: </b>", "</li>")) return reason_of(unescaped(*item));
  return info_text(text, [](std::string_view tag) {
    return contains(tag, "QUERY_STATUS") && (contains(tag, "\"ERROR\"") || contains(tag, "'ERROR'"));
  });
}

std::optional<std::string> error_info_of(std::string_view text) {
  return info_text(
      text, [](std::string_view tag) { return contains(tag, "name=\"ERROR\"") || contains(tag, "name='ERROR'"); });
}

std::string extract_message(std::string_view body) {
  const std::string text = first_and_last(body);
  if (const auto message = message_of_page(text)) return printable(*message);
  return printable(words_of(text));
}

std::string words_of(std::string_view text) {
  std::string out;
  bool inside_tag = false;
  for (const char c : text.substr(0, kLongestMessage)) {
    if (c == '<') inside_tag = true;
    const bool blank = inside_tag || is_blank(c);
    if (c == '>') inside_tag = false;
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return without_session(trimmed(unescaped(out)));
}

bool looks_like_html(std::string_view text) {
  const std::string_view start = text.substr(0, 1024);
  return contains(start, "<html") || contains(start, "<!doctype html");
}

}  // namespace garner::ivoa
