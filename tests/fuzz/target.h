// What a fuzz target is: a function that takes any bytes and must come back, whatever they are. What it finds wrong, it
// says by require(). Each target is one file below targets/, made a program of its own by libFuzzer
// (libfuzzer_main.cc); one program of all of them replays the corpora (replay_main.cc). One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace garner::fuzz {

using Bytes = std::span<const std::byte>;

inline constexpr std::size_t kMostBytes = 64u << 10;

// Made once, as a constant of its file: makes itself known.
struct Target {
  using Run = void (*)(Bytes);
  Target(std::string_view its_name, Run its_run) : name(its_name), run(its_run) { all().push_back(this); }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  static std::vector<const Target*>& all() {
    static std::vector<const Target*> targets;
    return targets;
  }

  std::string_view name;  // of its corpus as well
  Run run;
};

// What must hold of every input. libFuzzer keeps the input that aborts.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

inline std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Takes the first line off, without its line feed.
inline std::string_view take_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
  return line;
}

// The same number for the same bytes, everywhere (FNV-1a): what a target decides "at random".
inline std::uint64_t hash_of(Bytes bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto byte : bytes) hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  return hash ^ hash >> 32;
}

}  // namespace garner::fuzz
