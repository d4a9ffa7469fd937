#include "product/zip_fields.h"

namespace garner::product {

namespace {

constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::uint32_t kDescriptorSignature = 0x08074b50;
constexpr std::uint64_t kLocalBytes = 30;

struct Sizes {
  std::uint64_t packed = 0, size = 0;
};

// §4.5.3: in a local header the zip64 field holds both sizes.
Result<Sizes> local_sizes(ZipBytes zip, std::uint64_t at, ZipBytes extra) {
  Sizes sizes{u32(zip, at + 18), u32(zip, at + 22)};
  auto zip64 = find_extra(extra, kExtraZip64);
  if (!zip64) return std::unexpected(std::move(zip64.error()));
  if (sizes.packed != kIn64 && sizes.size != kIn64) return sizes;
  if (!*zip64 || (*zip64)->size() < 16)
    return fail(Kind::Malformed, "the local header lacks the zip64 sizes it refers to");
  if (sizes.size == kIn64) sizes.size = u64(**zip64, 0);
  if (sizes.packed == kIn64) sizes.packed = u64(**zip64, 8);
  return sizes;
}

// A local header may leave out only what the descriptor holds (§4.4.4 bit 3), and may not claim anything else than the
// directory.
Result<void> check_header(ZipBytes zip, const ZipEntry& entry, ZipBytes extra) {
  const std::uint64_t at = entry.member.offset;
  if (u16(zip, at + 6) != entry.flags || u16(zip, at + 8) != entry.method) {
    return fail(Kind::Corrupt,
                "flags or method of the local header (0x{:04x}, {}) differ from the directory's (0x{:04x}, {})",
                u16(zip, at + 6), u16(zip, at + 8), entry.flags, entry.method);
  }
  const auto sizes = local_sizes(zip, at, extra);
  if (!sizes) return std::unexpected(sizes.error());
  const bool later = (entry.flags & kFlagDescriptor) != 0;
  auto agrees = [later](std::uint64_t claimed, std::uint64_t real) {
    return claimed == real || (later && claimed == 0);
  };
  if (!agrees(u32(zip, at + 14), entry.member.crc))
    return fail(Kind::Corrupt, "the local header's CRC differs from the directory's");
  if (!agrees(sizes->packed, entry.packed_size) || !agrees(sizes->size, entry.member.size)) {
    return fail(Kind::Corrupt, "the local header's sizes ({} in {}) differ from the directory's ({} in {})",
                sizes->size, sizes->packed, entry.member.size, entry.packed_size);
  }
  return {};
}

// §4.3.9: with or without a signature, sizes of four or eight bytes. As members leave no gaps, its length tells which.
Result<void> check_descriptor(ZipBytes descriptor, const ZipEntry& entry) {
  const bool expected = (entry.flags & kFlagDescriptor) != 0;
  if (!expected && descriptor.empty()) return {};
  if (!expected) return fail(Kind::Malformed, "{} bytes behind its data belong to no member", descriptor.size());
  const std::size_t length = descriptor.size();
  if (length != 12 && length != 16 && length != 20 && length != 24) {
    return fail(Kind::Malformed, "{} bytes behind its data where a data descriptor of 12 to 24 bytes is due", length);
  }
  const bool is_signed = length % 8 == 0;
  const bool wide = length >= 20;
  const ZipBytes fields = descriptor.subspan(is_signed ? 4 : 0);
  const std::uint64_t packed = wide ? u64(fields, 4) : u32(fields, 4);
  const std::uint64_t size = wide ? u64(fields, 12) : u32(fields, 8);
  if ((is_signed && u32(descriptor, 0) != kDescriptorSignature) || u32(fields, 0) != entry.member.crc ||
      packed != entry.packed_size || size != entry.member.size) {
    return fail(Kind::Corrupt, "its data descriptor differs from the directory");
  }
  return {};
}

}  // namespace

Result<void> check_local(ZipBytes zip, ZipEntry& entry, std::uint64_t end) {
  const std::uint64_t at = entry.member.offset;
  if (end < at || end - at < kLocalBytes) return fail(Kind::Malformed, "overlaps what follows it, at byte {}", at);
  if (u32(zip, at) != kLocalSignature) return fail(Kind::Corrupt, "no local header at byte {}", at);
  const std::uint64_t name_bytes = u16(zip, at + 26);
  const std::uint64_t extra_bytes = u16(zip, at + 28);
  const std::uint64_t data_at = at + kLocalBytes + name_bytes + extra_bytes;
  if (data_at > end || entry.packed_size > end - data_at) {
    return fail(Kind::Malformed, "its {} bytes at byte {} overlap what follows", entry.packed_size, at);
  }
  const ZipBytes name = zip.subspan(at + kLocalBytes, name_bytes);
  if (std::string_view(reinterpret_cast<const char*>(name.data()), name.size()) != entry.member.name) {
    return fail(Kind::Corrupt, "the local header at byte {} holds another name", at);
  }
  if (auto good = check_header(zip, entry, zip.subspan(at + kLocalBytes + name_bytes, extra_bytes)); !good) return good;
  entry.member.data = zip.subspan(data_at, entry.packed_size);
  const std::uint64_t data_end = data_at + entry.packed_size;
  return check_descriptor(zip.subspan(data_end, end - data_end), entry);
}

}  // namespace garner::product
