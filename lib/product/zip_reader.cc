#include "product/zip_reader.h"

#include <algorithm>
#include <numeric>

#include "product/zip_fields.h"

namespace garner::product {

namespace {

constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kEnd64Signature = 0x06064b50;
constexpr std::uint32_t kLocatorSignature = 0x07064b50;
constexpr std::uint32_t kEntrySignature = 0x02014b50;
constexpr std::uint64_t kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20, kEntryBytes = 46;
constexpr std::uint64_t kLongestComment = 0xffff;
constexpr std::uint64_t kLongestTail = kEnd64Bytes + kLocatorBytes + kEndBytes + kLongestComment;
constexpr std::uint64_t kLongestHeader = 30 + 2 * 0xffff, kLongestDescriptor = 24;  // beside a member's data
constexpr std::uint64_t kRatioMattersBeyond = 64u << 10;
constexpr unsigned kNewestVersion = 63;  // §4.4.3: "6.3"

struct Directory {
  std::uint64_t entries = 0, offset = 0, size = 0;
};

std::string shown(std::string_view name) {
  return printable(name, 120);
}

// §4.3.16. Its comment must reach exactly to the end of the zip, so that nothing lies behind.
Result<std::uint64_t> find_end_record(ZipBytes zip) {
  if (zip.empty()) return fail(Kind::Corrupt, "the zip has no bytes at all (an empty zip has {})", kEndBytes);
  if (zip.size() >= kEndBytes) {
    const std::uint64_t last = zip.size() - kEndBytes;
    const std::uint64_t first = last > kLongestComment ? last - kLongestComment : 0;
    for (std::uint64_t at = last + 1; at-- > first;) {
      if (u32(zip, at) == kEndSignature && u16(zip, at + 20) == zip.size() - at - kEndBytes) return at;
    }
  }
  return fail(Kind::Corrupt,
              "no end record at the end of the {} bytes: cut short, followed by something else, or not a zip",
              zip.size());
}

// §4.3.14, §4.3.15. Only the fixed part: the extensible sector is for encryption.
Result<Directory> read_end64(ZipBytes zip, std::uint64_t locator_at) {
  const std::uint64_t at = u64(zip, locator_at + 8);
  if (u32(zip, locator_at + 4) != 0 || u32(zip, locator_at + 16) > 1)
    return fail(Kind::Malformed, "a zip of several disks");
  if (locator_at < kEnd64Bytes || at != locator_at - kEnd64Bytes || u32(zip, at) != kEnd64Signature ||
      u64(zip, at + 4) != kEnd64Bytes - 12) {
    return fail(Kind::Malformed, "no zip64 end record where its locator points ({})", at);
  }
  const Directory directory{.entries = u64(zip, at + 32), .offset = u64(zip, at + 48), .size = u64(zip, at + 40)};
  if (u32(zip, at + 16) != 0 || u32(zip, at + 20) != 0 || u64(zip, at + 24) != directory.entries) {
    return fail(Kind::Malformed, "a zip of several disks");
  }
  return directory;
}

Result<Directory> read_end(ZipBytes zip) {
  const auto at = find_end_record(zip);
  if (!at) return std::unexpected(at.error());
  const std::uint16_t count = u16(zip, *at + 10);
  Directory directory{.entries = count, .offset = u32(zip, *at + 16), .size = u32(zip, *at + 12)};
  if (u16(zip, *at + 4) != 0 || u16(zip, *at + 6) != 0 || u16(zip, *at + 8) != count) {
    return fail(Kind::Malformed, "a zip of several disks");
  }
  std::uint64_t directory_end = *at;
  if (*at >= kLocatorBytes && u32(zip, *at - kLocatorBytes) == kLocatorSignature) {
    const auto wide = read_end64(zip, *at - kLocatorBytes);
    if (!wide) return std::unexpected(wide.error());
    if ((count != kIn64Short && count != wide->entries) ||
        (directory.offset != kIn64 && directory.offset != wide->offset) ||
        (directory.size != kIn64 && directory.size != wide->size)) {
      return fail(Kind::Corrupt, "the two end records contradict each other");
    }
    directory = *wide;
    directory_end = *at - kLocatorBytes - kEnd64Bytes;
  }
  if (directory.offset > directory_end || directory.size != directory_end - directory.offset) {
    return fail(Kind::Corrupt, "the directory ({} bytes from byte {}) does not end where the end record begins ({})",
                directory.size, directory.offset, directory_end);
  }
  if (directory.entries > directory.size / kEntryBytes) {
    return fail(Kind::Corrupt, "{} members can't be named in a directory of {} bytes", directory.entries,
                directory.size);
  }
  return directory;
}

// A name is a plain file name: it is never used as a path, and must not read as one either.
Result<void> check_name(std::string_view name, const ZipLimits& limits) {
  if (name.empty()) return fail(Kind::Malformed, "a member without a name");
  if (name.size() > limits.max_name_bytes) {
    return fail(Kind::TooLarge, "a name of {} bytes ({} are allowed): '{}'", name.size(), limits.max_name_bytes,
                shown(name));
  }
  auto plain = [](char c) { return c != '/' && c != '\\' && c >= ' ' && c != '\x7f'; };
  const bool ascii = std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const bool good = name != "." && name != ".." &&
                    (ascii ? std::ranges::all_of(name, plain)
                           : name.find_first_of("/\\") == name.npos && printable(name, name.size()) == name);
  if (!good) return fail(Kind::Malformed, "a member's name that is not a plain file name: '{}'", shown(name));
  return {};
}

// §4.4.15: Unix's mode, where a zip has one, in the upper half. The reply may be kept as it is, for others to unpack.
bool is_plain_file(std::uint32_t attributes) {
  const std::uint32_t type = attributes >> 16 & 0170000;
  return type == 0 || type == 0100000;
}

Result<void> check_kind(const ZipEntry& entry, ZipBytes bytes, std::uint32_t disk) {
  const std::uint16_t version_needed = u16(bytes, 6);
  if (!is_plain_file(u32(bytes, 38)))
    return fail(Kind::Malformed, "a symbolic link, a folder or a device, where a file is due");
  if ((entry.flags & (kFlagEncrypted | kFlagStrongEncryption | kFlagMaskedDirectory)) != 0)
    return fail(Kind::Malformed, "encrypted");
  if ((entry.flags & ~kFlagsUnderstood) != 0) return fail(Kind::Malformed, "unknown flags 0x{:04x}", entry.flags);
  if (entry.method != kMethodStored && entry.method != kMethodDeflated) {
    return fail(Kind::Malformed, "compression method {} (only stored and deflated are read)", entry.method);
  }
  if ((version_needed & 0xff) > kNewestVersion)
    return fail(Kind::Malformed, "needs version {} of the format", version_needed & 0xff);
  if (disk != 0) return fail(Kind::Malformed, "lies on disk {}", disk);
  if (entry.method == kMethodStored && entry.packed_size != entry.member.size) {
    return fail(Kind::Corrupt, "stored, but {} bytes are said to be {}", entry.packed_size, entry.member.size);
  }
  return {};
}

Result<void> check_sizes(const ZipEntry& entry, const ZipLimits& limits) {
  const std::uint64_t size = entry.member.size;
  if (size > limits.max_member_bytes)
    return fail(Kind::TooLarge, "inflates to {} bytes ({} are allowed)", size, limits.max_member_bytes);
  if (size > kRatioMattersBeyond && size / limits.max_ratio >= entry.packed_size) {
    return fail(Kind::TooLarge, "inflates from {} to {} bytes, more than {}:1", entry.packed_size, size,
                limits.max_ratio);
  }
  return {};
}

// §4.5.3: the zip64 field holds, in this order, those values whose places in the entry are filled with ones.
Result<std::uint32_t> read_wide_fields(ZipBytes extra, std::uint16_t disk, ZipEntry& entry) {
  auto found = find_extra(extra, kExtraZip64);
  if (!found) return std::unexpected(std::move(found.error()));
  const ZipBytes wide = found->value_or(ZipBytes{});
  std::size_t at = 0;
  for (std::uint64_t* value : {&entry.member.size, &entry.packed_size, &entry.member.offset}) {
    if (*value != kIn64) continue;
    if (wide.size() - at < 8) return fail(Kind::Malformed, "lacks the zip64 values it refers to");
    *value = u64(wide, at);
    at += 8;
  }
  if (disk != kIn64Short) return disk;
  if (wide.size() - at < 4) return fail(Kind::Malformed, "lacks the zip64 values it refers to");
  return u32(wide, at);
}

// §4.3.12. Moves `at` behind the entry.
Result<ZipEntry> read_entry(ZipBytes directory, std::uint64_t& at, const ZipLimits& limits) {
  if (directory.size() - at < kEntryBytes || u32(directory, at) != kEntrySignature) {
    return fail(Kind::Corrupt, "no entry where the directory should go on, at its byte {}", at);
  }
  const std::uint64_t name_bytes = u16(directory, at + 28);
  const std::uint64_t extra_bytes = u16(directory, at + 30);
  const std::uint64_t length = kEntryBytes + name_bytes + extra_bytes + u16(directory, at + 32);
  if (length > directory.size() - at)
    return fail(Kind::Corrupt, "an entry passes the end of the directory, at its byte {}", at);
  const ZipBytes bytes = directory.subspan(at, length);
  at += length;

  ZipEntry entry;
  entry.flags = u16(bytes, 8);
  entry.method = u16(bytes, 10);
  entry.packed_size = u32(bytes, 20);
  entry.member = ZipMember{.name = {reinterpret_cast<const char*>(bytes.data()) + kEntryBytes, name_bytes},
                           .data = {},
                           .size = u32(bytes, 24),
                           .crc = u32(bytes, 16),
                           .deflated = entry.method == kMethodDeflated,
                           .offset = u32(bytes, 42)};
  if (auto good = check_name(entry.member.name, limits); !good) return std::unexpected(std::move(good.error()));
  const auto disk = read_wide_fields(bytes.subspan(kEntryBytes + name_bytes, extra_bytes), u16(bytes, 34), entry);
  if (!disk) return with_context(disk.error(), "member '{}'", shown(entry.member.name));
  if (auto good = check_kind(entry, bytes, *disk); !good)
    return with_context(good.error(), "member '{}'", shown(entry.member.name));
  if (auto good = check_sizes(entry, limits); !good)
    return with_context(good.error(), "member '{}'", shown(entry.member.name));
  return entry;
}

Result<std::vector<ZipEntry>> read_entries(ZipBytes directory, std::uint64_t count, const ZipLimits& limits) {
  std::vector<ZipEntry> entries;
  entries.reserve(count);
  std::uint64_t at = 0, total = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto entry = read_entry(directory, at, limits);
    if (!entry) return std::unexpected(std::move(entry.error()));
    if (entry->member.size > limits.max_total_bytes - total) {
      return fail(Kind::TooLarge, "the members inflate to more than {} bytes together", limits.max_total_bytes);
    }
    total += entry->member.size;
    entries.push_back(*entry);
  }
  if (at != directory.size())
    return fail(Kind::Malformed, "{} bytes of the directory belong to no member", directory.size() - at);
  return entries;
}

Result<void> check_unique(const std::vector<ZipEntry>& entries) {
  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const auto& entry : entries) names.push_back(entry.member.name);
  std::ranges::sort(names);
  const auto twin = std::ranges::adjacent_find(names);
  if (twin != names.end()) return fail(Kind::Malformed, "two members are named '{}'", shown(*twin));
  return {};
}

// A member's part of the zip but for its data, by the little that is known of it yet.
Result<void> reach_around(ZipBytes member, const ZipReach& reach) {
  if (!reach) return {};
  auto good = reach(member.first(std::min<std::uint64_t>(member.size(), kLongestHeader)));
  return good ? reach(member.last(std::min<std::uint64_t>(member.size(), kLongestDescriptor))) : good;
}

// In the order of their offsets the members must fill the zip from its first byte to the directory.
Result<void> check_tiling(ZipBytes zip, std::vector<ZipEntry>& entries, std::uint64_t directory_at,
                          const ZipReach& reach) {
  std::vector<std::uint32_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&](std::uint32_t i) { return entries[i].member.offset; });
  const std::uint64_t first = entries.empty() ? directory_at : entries[order[0]].member.offset;
  if (first != 0) return fail(Kind::Malformed, "{} bytes before the first member belong to nothing", first);
  for (std::size_t i = 0; i < order.size(); ++i) {
    auto& entry = entries[order[i]];
    const std::uint64_t end = i + 1 < order.size() ? entries[order[i + 1]].member.offset : directory_at;
    if (end > directory_at)
      return fail(Kind::Corrupt, "a member is said to lie at byte {}, behind the directory at {}", end, directory_at);
    const std::uint64_t at = std::min(entry.member.offset, end);
    if (auto good = reach_around(zip.subspan(at, end - at), reach); !good) return good;
    if (auto good = check_local(zip, entry, end); !good)
      return with_context(good.error(), "member '{}'", shown(entry.member.name));
  }
  return {};
}

}  // namespace

Result<std::optional<ZipBytes>> find_extra(ZipBytes extra, std::uint16_t id) {
  std::optional<ZipBytes> found;
  while (!extra.empty()) {
    if (extra.size() < 4 || extra.size() - 4 < u16(extra, 2))
      return fail(Kind::Malformed, "an extra field passes its end");
    const ZipBytes data = extra.subspan(4, u16(extra, 2));
    if (u16(extra, 0) == id) {
      if (found) return fail(Kind::Malformed, "an extra field comes twice");
      found = data;
    }
    extra = extra.subspan(4 + data.size());
  }
  return found;
}

Result<std::vector<ZipMember>> read_zip_directory(std::span<const std::byte> zip, const ZipLimits& limits,
                                                  const ZipReach& reach) {
  if (reach) {
    if (auto good = reach(zip.last(std::min<std::uint64_t>(zip.size(), kLongestTail))); !good)
      return std::unexpected(good.error());
  }
  const auto directory = read_end(zip);
  if (!directory) return std::unexpected(directory.error());
  if (directory->entries > limits.max_members) {
    return fail(Kind::TooLarge, "the zip has {} members ({} are allowed)", directory->entries, limits.max_members);
  }
  if (reach) {
    if (auto good = reach(zip.subspan(directory->offset, directory->size)); !good) return std::unexpected(good.error());
  }
  auto entries = read_entries(zip.subspan(directory->offset, directory->size), directory->entries, limits);
  if (!entries) return std::unexpected(std::move(entries.error()));
  if (auto good = check_unique(*entries); !good) return std::unexpected(std::move(good.error()));
  if (auto good = check_tiling(zip, *entries, directory->offset, reach); !good)
    return std::unexpected(std::move(good.error()));
  std::vector<ZipMember> members;
  members.reserve(entries->size());
  for (const auto& entry : *entries) members.push_back(entry.member);
  return members;
}

}  // namespace garner::product
