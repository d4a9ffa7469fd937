// Zips in the flavour of the archive (Java's ZipOutputStream): method 8, flags 0x0808, version 20, zeros for CRC and
// sizes in the local header, a data descriptor with signature behind every member, no extra fields, no zip64
// (APPNOTE 4.3.7, 4.3.9, 4.3.12, 4.3.16). Pure functions; any thread. Members are immutable once made and shared
// between replies.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "archive_sim/body.h"

namespace garner::archive_sim {

struct Member {
  std::string name;
  std::uint32_t crc = 0;   // of the uncompressed bytes
  std::uint64_t size = 0;  // uncompressed
  std::shared_ptr<const std::string> deflated;
  std::uint32_t attributes = 0;  // external ones; the archive sets none
};
using MemberPtr = std::shared_ptr<const Member>;

inline constexpr std::size_t kEndRecordBytes = 22;

// Deflates with zlib at `level` (1 to 9).
MemberPtr make_member(std::string name, std::string_view bytes, int level);

// The whole zip; without members, the 22 bytes of an end record.
Body make_zip(std::span<const MemberPtr> members);

}  // namespace garner::archive_sim
