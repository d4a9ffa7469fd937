// A strict reader of zip files by their central directory (PKWARE APPNOTE 6.3.10 §4.3), made for replies that archives
// stream: local headers hold no sizes, data descriptors follow the data. Stored and deflated members, zip64; nothing
// encrypted, no multi-disk, no junk before, between or behind. Every claim of the directory is checked against the
// bytes it points to; members may not overlap. Names are returned as they are and must never be used as paths. Pure
// functions over a span; any thread. Errors: Corrupt (cut or damaged), Malformed (breaks the format), TooLarge (passes
// a limit).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace garner::product {

struct ZipLimits {
  std::uint64_t max_members = 40'008;
  std::uint64_t max_member_bytes = 1ull << 32;  // inflated
  std::uint64_t max_total_bytes = 16ull << 32;  // inflated, all together
  std::uint32_t max_ratio = 1000;               // inflated : deflated (beyond 64 KiB)
  std::size_t max_name_bytes = 512;
};

struct ZipMember {
  std::string_view name;            // points into the zip
  std::span<const std::byte> data;  // as stored in the zip, points into it
  std::uint64_t size = 0;           // inflated
  std::uint32_t crc = 0;
  bool deflated = false;
  std::uint64_t offset = 0;  // of the local header
};

// Asked before bytes are looked at, where they may be out of reach: of a file that is mapped (base/mapped_bytes.h).
using ZipReach = std::function<Result<void>(std::span<const std::byte> part)>;

// The members in the order of the directory. A whole zip without members (22 bytes) is an empty list. `reach` is not
// asked for the members' data.
Result<std::vector<ZipMember>> read_zip_directory(std::span<const std::byte> zip, const ZipLimits& limits = {},
                                                  const ZipReach& reach = {});

// Inflates into out, which must have exactly member.size bytes, and checks the CRC. For members that fit in memory.
Result<void> extract(const ZipMember& member, std::span<std::byte> out);

// The same in pieces, for members that do not; sink is called with rising pieces. The CRC's verdict comes at the end.
Result<void> extract_stream(const ZipMember& member,
                            const std::function<Result<void>(std::span<const std::byte>)>& sink);

}  // namespace garner::product
