// Headers of a tar archive (POSIX.1-2017 pax Interchange Format, ustar). Always the same bytes for the same member:
// time 0, owner 0, mode 0640. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace garner::output {

inline constexpr std::size_t kTarBlock = 512;

// What precedes a file's bytes: its ustar header, with a pax header in front if the name or the size does not fit one.
std::string tar_header(std::string_view name, std::uint64_t size);

// How many zero bytes follow a file's bytes.
constexpr std::size_t tar_padding(std::uint64_t size) {
  return (kTarBlock - size % kTarBlock) % kTarBlock;
}

// Two zero blocks end an archive.
inline constexpr std::size_t kTarEndBytes = 2 * kTarBlock;

}  // namespace garner::output
