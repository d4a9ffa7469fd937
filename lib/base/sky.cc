#include "base/sky.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace garner {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// A number from the front of the text: no sign, no word such as "nan".
std::optional<double> take_number(std::string_view& text, bool exponent) {
  if (text.empty() || !(is_digit(text[0]) || text[0] == '.')) return std::nullopt;
  double value = 0;
  const auto format = exponent ? std::chars_format::general : std::chars_format::fixed;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take_sign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  return negative;
}

struct Angle {
  double value = 0;
  bool sexagesimal = false;
  char unit = 0;  // 'h', 'd', or none told
};

// What separates the parts: ":" or blanks or the units' letters, the same kind throughout.
bool take_mark(std::string_view& text, std::string_view marks, char& mark) {
  if (text.empty() || marks.find(text[0]) == marks.npos) return false;
  mark = text[0];
  text.remove_prefix(1);
  return true;
}

std::optional<Angle> parse_unsigned(std::string_view text) {
  Angle angle;
  auto rest = text;
  const auto first = take_number(rest, true);
  if (!first) return std::nullopt;
  angle.value = *first;
  if (rest.empty()) return angle;
  char mark = 0;
  if (!take_mark(rest, ": hd", mark)) return std::nullopt;
  if (mark == 'h' || mark == 'd') angle.unit = mark;
  if (rest.empty()) return angle.unit == 0 ? std::nullopt : std::optional(angle);
  // A whole number must stand before minutes.
  if (*first != std::floor(*first)) return std::nullopt;
  angle.sexagesimal = true;
  const bool letters = angle.unit != 0;
  double scale = 60;
  for (const char own_mark : {'m', 's'}) {
    const auto part = take_number(rest, false);
    if (!part || *part >= 60) return std::nullopt;
    angle.value += *part / scale;
    scale *= 60;
    if (letters) {
      if (!take_mark(rest, {&own_mark, 1}, mark)) return std::nullopt;
      if (rest.empty()) return angle;
    } else {
      if (rest.empty()) return angle;
      const char separator = mark;
      if (own_mark == 's' || !take_mark(rest, {&separator, 1}, mark)) return std::nullopt;
    }
    if (*part != std::floor(*part)) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Result<double> parse_right_ascension(std::string_view text) {
  auto rest = trimmed(text);
  const bool negative = take_sign(rest);
  const auto angle = parse_unsigned(rest);
  if (!angle || negative) {
    return fail(Kind::Invalid,
                "expected degrees such as 266.41683, or hours such as 17:45:40.04 or 17h45m40.04s; found '{}'",
                printable(text, 60));
  }
  const bool hours = angle->unit == 'h' || (angle->unit == 0 && angle->sexagesimal);
  const double degrees = hours ? angle->value * 15 : angle->value;
  if (degrees > 360)
    return fail(Kind::Invalid, "'{}' is more than {}", printable(text, 60), hours ? "24 hours" : "360 degrees");
  return degrees == 360 ? 0 : degrees;
}

Result<double> parse_declination(std::string_view text) {
  auto rest = trimmed(text);
  const bool negative = take_sign(rest);
  const auto angle = parse_unsigned(rest);
  if (!angle || angle->unit == 'h') {
    return fail(Kind::Invalid, "expected degrees such as -29.00781, -29:00:28.1 or -29d00m28.1s; found '{}'",
                printable(text, 60));
  }
  if (angle->value > 90) return fail(Kind::Invalid, "'{}' lies outside -90 to 90 degrees", printable(text, 60));
  return negative ? -angle->value : angle->value;
}

Result<double> parse_angle(std::string_view text, double most_deg) {
  auto rest = trimmed(text);
  const auto value = take_number(rest, true);
  rest = trimmed(rest);
  double degrees = 0;
  if (value && (rest.empty() || rest == "deg" || rest == "d")) {
    degrees = *value;
  } else if (value && (rest == "arcmin" || rest == "'")) {
    degrees = *value / 60;
  } else if (value && (rest == "arcsec" || rest == "\"")) {
    degrees = *value / 3600;
  } else {
    return fail(Kind::Invalid, "expected a number of degrees, or one with deg, arcmin or arcsec behind it; found '{}'",
                printable(text, 60));
  }
  if (!(degrees > 0 && degrees <= most_deg))
    return fail(Kind::Invalid, "'{}' is not more than 0 and at most {} degrees", printable(text, 60), most_deg);
  return degrees;
}

}  // namespace garner
