// The numbers and records of a zip's bytes (PKWARE APPNOTE 6.3.10 §4.3), shared by the files of the reader; nobody else
// includes this. Callers prove the bounds. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "product/zip_reader.h"

namespace garner::product {

using ZipBytes = std::span<const std::byte>;

template <class T>
T little_endian(ZipBytes bytes, std::uint64_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value | static_cast<T>(std::to_integer<T>(bytes[at + i]) << (8 * i)));
  return value;
}
inline std::uint16_t u16(ZipBytes bytes, std::uint64_t at) {
  return little_endian<std::uint16_t>(bytes, at);
}
inline std::uint32_t u32(ZipBytes bytes, std::uint64_t at) {
  return little_endian<std::uint32_t>(bytes, at);
}
inline std::uint64_t u64(ZipBytes bytes, std::uint64_t at) {
  return little_endian<std::uint64_t>(bytes, at);
}

// "The real value is in the zip64 record" (§4.4.1.4).
inline constexpr std::uint16_t kIn64Short = 0xffff;
inline constexpr std::uint32_t kIn64 = 0xffffffff;

// General purpose flags (§4.4.4).
inline constexpr std::uint16_t kFlagEncrypted = 1u << 0;
inline constexpr std::uint16_t kFlagDescriptor = 1u << 3;
inline constexpr std::uint16_t kFlagStrongEncryption = 1u << 6;
inline constexpr std::uint16_t kFlagMaskedDirectory = 1u << 13;
inline constexpr std::uint16_t kFlagsUnderstood =
    (3u << 1) | kFlagDescriptor | (1u << 11);  // deflate's speed, descriptor, UTF-8

inline constexpr std::uint16_t kMethodStored = 0;
inline constexpr std::uint16_t kMethodDeflated = 8;

// One entry of the directory with what the local header must agree with.
struct ZipEntry {
  ZipMember member;
  std::uint64_t packed_size = 0;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
};

// The data of an extra field (§4.5.1), nothing if it is not there. Malformed where the fields do not fill their room.
Result<std::optional<ZipBytes>> find_extra(ZipBytes extra, std::uint16_t id);
inline constexpr std::uint16_t kExtraZip64 = 1;  // §4.5.3

// Holds the local header, the data and the descriptor against the directory's entry, and sets member.data. They must
// reach exactly from member.offset to `end`.
Result<void> check_local(ZipBytes zip, ZipEntry& entry, std::uint64_t end);

}  // namespace garner::product
