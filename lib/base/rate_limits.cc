#include "base/rate_limits.h"

#include <array>
#include <charconv>
#include <utility>

namespace garner {

namespace {

constexpr std::array<std::pair<std::string_view, double>, 4> kUnits = {
    {{"kB/s", 1e3}, {"MB/s", 1e6}, {"GB/s", 1e9}, {"TB/s", 1e12}}};
constexpr double kLeast = 1e3, kMost = 1e15;  // bytes/s

}  // namespace

std::optional<std::uint64_t> parse_bandwidth(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  for (const auto& [unit, factor] : kUnits) {
    const double bytes = number * factor;
    if (text == unit && bytes >= kLeast && bytes <= kMost) return static_cast<std::uint64_t>(bytes);
  }
  return std::nullopt;
}

RateLimits read_rate_limits(const yaml::Map& map) {
  RateLimits limits;
  limits.requests_per_minute = map.number("requests_per_minute", 0.01, 1e6).value_or(0);
  const auto node = map.find("bandwidth");
  const auto text = node ? node->as_string() : std::nullopt;
  if (!text) return limits;
  if (const auto bytes = parse_bandwidth(*text))
    limits.bytes_per_s = *bytes;
  else
    node->problem(
        fmt::format("'{}' is no bandwidth: expected a number and its unit, kB/s, MB/s or GB/s, such as "
                    "\"20 MB/s\"; 1 kB/s at least",
                    printable(*text, 60)));
  return limits;
}

}  // namespace garner
