// Private to lib/control (.cc files only): JSON in and out with our rules. Foreign JSON is bounded in depth, nothing
// throws, and a number counts only up to 2^53, because beyond it other programs round.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace garner::control {

inline constexpr int kJsonDepthMost = 16;
inline constexpr std::uint64_t kJsonNumberMost = 1ull << 53;

inline bool json_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kJsonDepthMost) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

inline Result<nlohmann::json> parse_json(std::string_view text) {
  if (json_too_deep(text)) return fail(Kind::Malformed, "JSON is nested deeper than {}", kJsonDepthMost);
  auto value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) return fail(Kind::Malformed, "no JSON: {}", printable(text, 100));
  return value;
}

// Broken UTF-8 is replaced; without a final newline.
inline std::string json_dump(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

inline std::optional<std::uint64_t> json_count(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto value = found->get<std::uint64_t>();
  if (value > kJsonNumberMost) return std::nullopt;
  return value;
}

inline std::string json_string(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

inline std::optional<double> json_number(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

}  // namespace garner::control
