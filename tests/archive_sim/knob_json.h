// Reading knobs out of JSON, for knobs.cc and tap/tap_knobs.cc only. BadKnob is thrown by these and caught in
// merge_knobs(); it never leaves those files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace garner::archive_sim {

struct BadKnob {
  std::string text;
};

[[noreturn]] inline void refuse_knob(std::string_view key, std::string_view expected) {
  throw BadKnob{fmt::format("knob '{}': expected {}", key, expected)};
}

inline double number_in(const nlohmann::json& value, std::string_view key, double low, double high) {
  if (!value.is_number() || value.get<double>() < low || value.get<double>() > high)
    refuse_knob(key, fmt::format("a number from {} to {}", low, high));
  return value.get<double>();
}

inline std::uint64_t count_of(const nlohmann::json& value, std::string_view key) {
  if (!value.is_number_unsigned()) refuse_knob(key, "a whole number, 0 or more");
  return value.get<std::uint64_t>();
}

inline std::uint64_t positive_count_of(const nlohmann::json& value, std::string_view key) {
  const std::uint64_t count = count_of(value, key);
  if (count == 0) refuse_knob(key, "a whole number, 1 or more");
  return count;
}

inline bool bool_of(const nlohmann::json& value, std::string_view key) {
  if (!value.is_boolean()) refuse_knob(key, "true or false");
  return value.get<bool>();
}

inline std::string text_of(const nlohmann::json& value, std::string_view key) {
  if (!value.is_string()) refuse_knob(key, "a text");
  return value.get<std::string>();
}

template <class Each>
void each_of(const nlohmann::json& value, std::string_view key, Each each) {
  if (!value.is_array()) refuse_knob(key, "a list");
  for (const nlohmann::json& element : value) each(element);
}

}  // namespace garner::archive_sim
