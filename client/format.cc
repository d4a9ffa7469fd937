#include "client/format.h"

#include <fmt/format.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace garner::client {

namespace {

constexpr double kMinute = 60, kHour = 3600, kDay = 86400;

bool starts_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::tm local(std::time_t when) {
  std::tm out{};
  ::localtime_r(&when, &out);
  return out;
}

// Days between the local dates of two instants, for small differences.
long days_between(std::time_t from, std::time_t to) {
  std::tm a = local(from), b = local(to);
  a.tm_hour = b.tm_hour = 12;  // away from the hours that summer time adds or takes
  a.tm_min = b.tm_min = a.tm_sec = b.tm_sec = 0;
  a.tm_isdst = b.tm_isdst = -1;
  return std::lround(std::difftime(std::mktime(&b), std::mktime(&a)) / kDay);
}

std::string strftime_text(const char* format, std::time_t when) {
  const std::tm parts = local(when);
  std::array<char, 64> buffer{};
  return {buffer.data(), std::strftime(buffer.data(), buffer.size(), format, &parts)};
}

}  // namespace

std::string rate_text(double a_second) {
  if (!(a_second > 0)) return "0";
  if (a_second < 0.05) return "<0.1";
  if (a_second < 9.95) return fmt::format("{:.1f}", a_second);
  return thousands(static_cast<std::uint64_t>(std::llround(a_second)));
}

std::string hours_text(double hours) {
  return hours < 99.95 ? fmt::format("{:.1f}", hours) : thousands(static_cast<std::uint64_t>(std::llround(hours)));
}

std::string duration_text(double seconds) {
  if (seconds < kMinute) return fmt::format("{:.0f} s", std::max(0.0, std::floor(seconds)));
  if (seconds < kHour - 30) return fmt::format("{:.0f} min", std::round(seconds / kMinute));
  if (seconds < kDay) {
    const double grain = seconds < 2 * kHour ? 5 : 10;  // minutes
    const auto minutes = static_cast<long>(std::round(seconds / kMinute / grain) * grain);
    return minutes % 60 == 0 ? fmt::format("{} h", minutes / 60)
                             : fmt::format("{} h {} min", minutes / 60, minutes % 60);
  }
  const auto hours = static_cast<long>(std::round(seconds / kHour));
  return hours % 24 == 0 ? fmt::format("{} d", hours / 24) : fmt::format("{} d {} h", hours / 24, hours % 24);
}

std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "0 %";
  return fmt::format("{:.0f} %", std::floor(static_cast<double>(part) * 100 / static_cast<double>(whole)));
}

std::string clock_text(std::time_t when, std::time_t now) {
  const long days = days_between(now, when);
  if (days == 0) return strftime_text("%H:%M", when);
  if (days == 1) return strftime_text("tomorrow %H:%M", when);
  if (days == -1) return strftime_text("yesterday %H:%M", when);
  return strftime_text("%a %e %b %H:%M", when);
}

std::string zone_text(std::time_t when) {
  return strftime_text("%Z", when);
}

std::string user_text(std::uint32_t uid) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return printable(found->pw_name, 64);
  return fmt::format("user id {}", uid);
}

std::string without_numbers(std::string_view text) {
  constexpr std::array<std::string_view, 4> kUnits = {"s", "min", "h", "d"};
  std::string out;
  bool after_number = false;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    std::string word(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool has_digits = std::ranges::any_of(word, is_digit);
    const auto bare = std::string_view(word).substr(0, word.find_first_of(",;:)"));
    const bool unit = after_number && std::ranges::find(kUnits, bare) != kUnits.end();
    after_number = has_digits && std::ranges::all_of(word, [](char c) { return is_digit(c) || c == ','; });
    std::erase_if(word, is_digit);
    if (!unit && !after_number) out += word + ' ';
  }
  return out;
}

std::string eta_text(double seconds, std::time_t now) {
  if (seconds < kHour) return "in " + duration_text(seconds);
  const auto when = now + static_cast<std::time_t>(std::min(seconds, 3650 * kDay));
  if (days_between(now, when) != 0) return clock_text(when, now);
  return (local(when).tm_hour >= 18 ? "tonight " : "today ") + clock_text(when, now);
}

std::size_t text_width(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += starts_code_point(c);
  return width;
}

std::string pad_right(std::string text, std::size_t width) {
  const auto have = text_width(text);
  if (have < width) text.append(width - have, ' ');
  return text;
}

std::string pad_left(std::string text, std::size_t width) {
  const auto have = text_width(text);
  if (have < width) text.insert(0, width - have, ' ');
  return text;
}

std::string cut(std::string_view text, std::size_t width) {
  if (text_width(text) <= width) return std::string(text);
  std::string out;
  std::size_t have = 0;
  for (const char c : text) {
    if (starts_code_point(c) && ++have >= width) break;
    out += c;
  }
  return width == 0 ? "" : out + "…";
}

std::string to_ascii(std::string_view text) {
  struct Row {
    std::string_view sign, ascii;
  };
  static constexpr std::array<Row, 12> kRows = {{{"·", "-"},
                                                 {"×", "x"},
                                                 {"…", "..."},
                                                 {"█", "#"},
                                                 {"▉", "#"},
                                                 {"▊", "#"},
                                                 {"▋", "#"},
                                                 {"▌", "#"},
                                                 {"▍", "-"},
                                                 {"▎", "-"},
                                                 {"▏", "-"},
                                                 {"→", "->"}}};
  std::string out;
  while (!text.empty()) {
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    std::size_t length = 1;
    while (length < text.size() && !starts_code_point(text[length])) ++length;
    const auto sign = text.substr(0, length);
    std::string_view ascii = "?";
    for (const auto& row : kRows) {
      if (row.sign == sign) ascii = row.ascii;
    }
    out += ascii;
    text.remove_prefix(length);
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  while (true) {
    const auto end = text.find('\n');
    out += printable(text.substr(0, end), 4000);
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

}  // namespace garner::client
