#include "archive_sim/zip_writer.h"

#include <cstdlib>

#include <zlib.h>

namespace garner::archive_sim {
namespace {

constexpr std::uint16_t kFlags = 0x0808;  // bit 3: data descriptor; bit 11: UTF-8 name
constexpr std::uint16_t kVersion = 20;
constexpr std::uint16_t kDeflate = 8;
constexpr std::uint16_t kDosTime = 0xbf6c;  // 23:59:24, as good as any
constexpr std::uint16_t kDosDate = 0x58bc;  // 2024-05-28

template <class Unsigned>
void append_little_endian(std::string& out, Unsigned value) {
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
    out += static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xff);
}

void append_u16(std::string& out, std::uint16_t v) {
  append_little_endian(out, v);
}
void append_u32(std::string& out, std::uint64_t v) {
  append_little_endian(out, static_cast<std::uint32_t>(v));
}

std::string local_header(const Member& member) {
  std::string out = "PK\x03\x04";
  append_u16(out, kVersion);
  append_u16(out, kFlags);
  append_u16(out, kDeflate);
  append_u16(out, kDosTime);
  append_u16(out, kDosDate);
  append_u32(out, 0);
  append_u32(out, 0);
  append_u32(out, 0);
  append_u16(out, static_cast<std::uint16_t>(member.name.size()));
  append_u16(out, 0);
  return out + member.name;
}

std::string data_descriptor(const Member& member) {
  std::string out = "PK\x07\x08";
  append_u32(out, member.crc);
  append_u32(out, member.deflated->size());
  append_u32(out, member.size);
  return out;
}

void append_central(std::string& out, const Member& member, std::uint64_t local_offset) {
  out += "PK\x01\x02";
  append_u16(out, kVersion);
  append_u16(out, kVersion);
  append_u16(out, kFlags);
  append_u16(out, kDeflate);
  append_u16(out, kDosTime);
  append_u16(out, kDosDate);
  append_u32(out, member.crc);
  append_u32(out, member.deflated->size());
  append_u32(out, member.size);
  append_u16(out, static_cast<std::uint16_t>(member.name.size()));
  append_u16(out, 0);  // extra
  append_u16(out, 0);  // comment
  append_u16(out, 0);  // disk
  append_u16(out, 0);  // internal attributes
  append_u32(out, member.attributes);
  append_u32(out, local_offset);
  out += member.name;
}

void append_end(std::string& out, std::size_t members, std::uint64_t directory_bytes, std::uint64_t directory_offset) {
  out += std::string_view("PK\x05\x06\0\0\0\0", 8);
  append_u16(out, static_cast<std::uint16_t>(members));
  append_u16(out, static_cast<std::uint16_t>(members));
  append_u32(out, directory_bytes);
  append_u32(out, directory_offset);
  append_u16(out, 0);
}

// One deflate state a thread and level: making it costs as much as deflating a small product.
class Deflater {
 public:
  std::string run(std::string_view bytes, int level) {
    if (level != level_) {
      if (level_ != 0) deflateEnd(&stream_);
      stream_ = {};
      if (deflateInit2(&stream_, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
      level_ = level;
    } else {
      deflateReset(&stream_);
    }
    std::string out(deflateBound(&stream_, bytes.size()), '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) std::abort();
    out.resize(stream_.total_out);
    out.shrink_to_fit();
    return out;
  }
  ~Deflater() {
    if (level_ != 0) deflateEnd(&stream_);
  }

 private:
  z_stream stream_{};
  int level_ = 0;
};

}  // namespace

MemberPtr make_member(std::string name, std::string_view bytes, int level) {
  thread_local Deflater deflater;
  auto member = std::make_shared<Member>();
  member->name = std::move(name);
  member->crc = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  member->size = bytes.size();
  member->deflated = std::make_shared<const std::string>(deflater.run(bytes, level));
  return member;
}

Body make_zip(std::span<const MemberPtr> members) {
  Body body;
  std::string directory;
  for (const MemberPtr& member : members) {
    append_central(directory, *member, body.size());
    body.add(local_header(*member));
    body.add(member->deflated);
    body.add(data_descriptor(*member));
  }
  const std::size_t directory_bytes = directory.size();
  append_end(directory, members.size(), directory_bytes, body.size());
  body.add(std::move(directory));
  return body;
}

}  // namespace garner::archive_sim
