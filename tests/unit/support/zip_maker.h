// Zips by hand, as the real archive streams them (Java's ZipOutputStream: flags 0x0808, sizes only behind the data),
// with every field open to be broken. For tests; knows nothing of the reader.
#pragma once

#include <libdeflate.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace garner::test {

struct ZipPart {
  std::string name = {};
  std::string data = {};
  bool stored = false;
  std::uint16_t flags = 0x0808;  // without bit 3 sizes and CRC stand in the local header
  bool descriptor_signature = true;
  bool wide = false;  // zip64 fields in both headers, sizes of eight bytes in the descriptor
  std::uint32_t external_attributes = 0;
  std::uint16_t version_needed = 20;
  std::string comment = {};
  std::string local_extra = {};
  std::string extra = {};

  // Lies, one at a time.
  std::optional<std::uint32_t> crc = {};             // in the directory and the descriptor
  std::optional<std::uint64_t> size = {};            // inflated, as claimed everywhere
  std::optional<std::uint64_t> directory_size = {};  // as claimed by the directory only, like the next two
  std::optional<std::uint64_t> packed_size = {};
  std::optional<std::uint64_t> offset = {};
  std::optional<std::uint16_t> method = {};
  std::optional<std::uint16_t> local_method = {};
  std::optional<std::uint16_t> local_flags = {};
  std::optional<std::string> local_name = {};
  std::optional<std::string> descriptor = {};
  std::optional<std::string> packed = {};
  std::optional<std::uint16_t> disk = {};
  std::string behind = {};  // after the descriptor
};

struct ZipShape {
  std::string before = {};
  std::string between = {};  // after the last member
  std::string comment = {};
  std::string behind = {};
  bool wide_end = false;  // zip64 end record and locator, ones in the old one
  std::uint16_t disk = 0;
  std::optional<std::uint64_t> count = {};
  std::optional<std::uint64_t> directory_offset = {};
  std::optional<std::uint64_t> directory_size = {};
};

inline void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

inline std::string deflated(std::string_view data, int level = 6) {
  auto* compressor = libdeflate_alloc_compressor(level);
  std::string out(libdeflate_deflate_compress_bound(compressor, data.size()), '\0');
  out.resize(libdeflate_deflate_compress(compressor, data.data(), data.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

class ZipMaker {
 public:
  explicit ZipMaker(ZipShape shape = {}) : shape_(std::move(shape)), zip_(shape_.before) {}

  void add(const ZipPart& part) {
    const std::uint64_t offset = zip_.size();
    const std::string packed = part.packed.value_or(part.stored ? part.data : deflated(part.data));
    const std::uint32_t crc = part.crc.value_or(libdeflate_crc32(0, part.data.data(), part.data.size()));
    const std::uint64_t size = part.size.value_or(part.data.size());
    const auto method = static_cast<std::uint16_t>(part.stored ? 0 : 8);
    const bool later = (part.flags & 8) != 0;

    std::string local_extra = part.local_extra;
    if (part.wide) wide_field(local_extra, {later ? 0 : size, later ? 0 : packed.size()});
    const std::string& local_name = part.local_name ? *part.local_name : part.name;
    put(zip_, 0x04034b50, 4);
    put(zip_, part.version_needed, 2);
    put(zip_, part.local_flags.value_or(part.flags), 2);
    put(zip_, part.local_method.value_or(part.method.value_or(method)), 2);
    put(zip_, 0xb8bf58bc, 4);  // time and date
    put(zip_, later ? 0 : crc, 4);
    put(zip_, part.wide ? 0xffffffff : later ? 0 : packed.size(), 4);
    put(zip_, part.wide ? 0xffffffff : later ? 0 : size, 4);
    put(zip_, local_name.size(), 2);
    put(zip_, local_extra.size(), 2);
    zip_ += local_name + local_extra + packed;
    if (part.descriptor) {
      zip_ += *part.descriptor;
    } else if (later) {
      if (part.descriptor_signature) put(zip_, 0x08074b50, 4);
      put(zip_, crc, 4);
      put(zip_, packed.size(), part.wide ? 8 : 4);
      put(zip_, size, part.wide ? 8 : 4);
    }
    zip_ += part.behind;

    const std::uint64_t told_size = part.directory_size.value_or(size);
    const std::uint64_t told_packed = part.packed_size.value_or(packed.size());
    const std::uint64_t told_offset = part.offset.value_or(offset);
    std::string extra = part.extra;
    if (part.wide) wide_field(extra, {told_size, told_packed, told_offset});
    put(directory_, 0x02014b50, 4);
    put(directory_, 20, 2);
    put(directory_, part.version_needed, 2);
    put(directory_, part.flags, 2);
    put(directory_, part.method.value_or(method), 2);
    put(directory_, 0xb8bf58bc, 4);
    put(directory_, crc, 4);
    put(directory_, part.wide ? 0xffffffff : told_packed, 4);
    put(directory_, part.wide ? 0xffffffff : told_size, 4);
    put(directory_, part.name.size(), 2);
    put(directory_, extra.size(), 2);
    put(directory_, part.comment.size(), 2);
    put(directory_, part.disk.value_or(0), 2);
    put(directory_, 0, 2);
    put(directory_, part.external_attributes, 4);
    put(directory_, part.wide ? 0xffffffff : told_offset, 4);
    directory_ += part.name + extra + part.comment;
    ++count_;
  }

  std::string finish() {
    std::string zip = zip_ + shape_.between;
    const std::uint64_t offset = shape_.directory_offset.value_or(zip.size());
    const std::uint64_t size = shape_.directory_size.value_or(directory_.size());
    const std::uint64_t count = shape_.count.value_or(count_);
    zip += directory_;
    if (shape_.wide_end) {
      const std::uint64_t at = zip.size();
      put(zip, 0x06064b50, 4);
      put(zip, 44, 8);
      put(zip, 45, 2);
      put(zip, 45, 2);
      put(zip, 0, 8);
      put(zip, count, 8);
      put(zip, count, 8);
      put(zip, size, 8);
      put(zip, offset, 8);
      put(zip, 0x07064b50, 4);
      put(zip, 0, 4);
      put(zip, at, 8);
      put(zip, 1, 4);
    }
    put(zip, 0x06054b50, 4);
    put(zip, shape_.disk, 2);
    put(zip, shape_.disk, 2);
    put(zip, shape_.wide_end ? 0xffff : count, 2);
    put(zip, shape_.wide_end ? 0xffff : count, 2);
    put(zip, shape_.wide_end ? 0xffffffff : size, 4);
    put(zip, shape_.wide_end ? 0xffffffff : offset, 4);
    put(zip, shape_.comment.size(), 2);
    return zip + shape_.comment + shape_.behind;
  }

 private:
  static void wide_field(std::string& extra, std::initializer_list<std::uint64_t> values) {
    put(extra, 1, 2);
    put(extra, values.size() * 8, 2);
    for (const auto value : values) put(extra, value, 8);
  }

  ZipShape shape_;
  std::string zip_, directory_;
  std::uint64_t count_ = 0;
};

inline std::string make_zip(const std::vector<ZipPart>& parts, const ZipShape& shape = {}) {
  ZipMaker maker(shape);
  for (const auto& part : parts) maker.add(part);
  return maker.finish();
}

// The same bytes as the reader takes them.
inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace garner::test
