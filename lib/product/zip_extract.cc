// One member's bytes: libdeflate for whole buffers, zlib in pieces.
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "product/zip_reader.h"

namespace garner::product {

namespace {

constexpr std::size_t kPieceBytes = 256u << 10;
constexpr std::size_t kMostInput = 1u << 30;  // zlib counts input in 32 bits

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

libdeflate_decompressor* thread_decompressor() {
  thread_local std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(libdeflate_alloc_decompressor());
  return decompressor.get();
}

std::unexpected<Error> damaged(const ZipMember& member, std::string_view how) {
  return fail(Kind::Corrupt, "member '{}': {}", printable(member.name, 120), how);
}

Result<void> check_crc(const ZipMember& member, std::uint32_t crc) {
  if (crc == member.crc) return {};
  return damaged(member, fmt::format("its CRC is {:08x}, the zip says {:08x}", crc, member.crc));
}

// zlib's stream, ended with its scope.
struct Inflater {
  z_stream stream{};
  int status = inflateInit2(&stream, -MAX_WBITS);
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream); }
};

using Sink = std::function<Result<void>(std::span<const std::byte>)>;

struct Tally {
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;
};

// Counts before it gives, so that a member never gives more than it promised.
Result<void> pass_on(const ZipMember& member, std::span<const std::byte> piece, Tally& tally, const Sink& sink) {
  if (piece.size() > member.size - tally.bytes)
    return damaged(member, fmt::format("inflates to more than the {} bytes it says", member.size));
  tally.bytes += piece.size();
  tally.crc = libdeflate_crc32(tally.crc, piece.data(), piece.size());
  return piece.empty() ? Result<void>{} : sink(piece);
}

Result<void> inflate_pieces(const ZipMember& member, Tally& tally, const Sink& sink) {
  Inflater inflater;
  if (inflater.status != Z_OK) return fail(Kind::Internal, "zlib can't start: {}", inflater.status);
  const auto piece = std::make_unique_for_overwrite<std::byte[]>(kPieceBytes);
  z_stream& stream = inflater.stream;
  std::span<const std::byte> rest = member.data;
  while (true) {
    if (stream.avail_in == 0 && !rest.empty()) {
      const auto next = rest.first(std::min(rest.size(), kMostInput));
      stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(next.data()));
      stream.avail_in = static_cast<uInt>(next.size());
      rest = rest.subspan(next.size());
    }
    stream.next_out = reinterpret_cast<Bytef*>(piece.get());
    stream.avail_out = kPieceBytes;
    const int status = ::inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) return damaged(member, "its deflated data is damaged or cut");
    if (auto taken = pass_on(member, {piece.get(), kPieceBytes - stream.avail_out}, tally, sink); !taken) return taken;
    if (status == Z_STREAM_END) break;
  }
  if (stream.avail_in != 0 || !rest.empty()) return damaged(member, "bytes follow the end of its deflated data");
  return {};
}

}  // namespace

Result<void> extract(const ZipMember& member, std::span<std::byte> out) {
  if (out.size() != member.size)
    return fail(Kind::Internal, "a buffer of {} bytes for a member of {}", out.size(), member.size);
  if (member.deflated) {
    auto* decompressor = thread_decompressor();
    if (decompressor == nullptr) return fail(Kind::Internal, "libdeflate can't start: out of memory");
    std::byte none{};  // libdeflate wants a place to write even where nothing is due
    std::size_t read = 0, written = 0;
    const auto status = libdeflate_deflate_decompress_ex(decompressor, member.data.data(), member.data.size(),
                                                         out.empty() ? &none : out.data(), out.size(), &read, &written);
    if (status == LIBDEFLATE_INSUFFICIENT_SPACE)
      return damaged(member, fmt::format("inflates to more than the {} bytes it says", out.size()));
    if (status != LIBDEFLATE_SUCCESS) return damaged(member, "its deflated data is damaged or cut");
    if (written != out.size())
      return damaged(member, fmt::format("inflates to {} bytes and not the {} it says", written, out.size()));
    if (read != member.data.size()) return damaged(member, "bytes follow the end of its deflated data");
  } else {
    if (member.data.size() != out.size()) return damaged(member, "stored in another size than it says");
    if (!out.empty()) std::memcpy(out.data(), member.data.data(), out.size());
  }
  return check_crc(member, libdeflate_crc32(0, out.data(), out.size()));
}

Result<void> extract_stream(const ZipMember& member, const Sink& sink) {
  Tally tally;
  if (member.deflated) {
    if (auto done = inflate_pieces(member, tally, sink); !done) return done;
  } else {
    for (auto rest = member.data; !rest.empty();) {
      const auto piece = rest.first(std::min(rest.size(), kPieceBytes));
      if (auto taken = pass_on(member, piece, tally, sink); !taken) return taken;
      rest = rest.subspan(piece.size());
    }
  }
  if (tally.bytes != member.size)
    return damaged(member, fmt::format("inflates to {} bytes and not the {} it says", tally.bytes, member.size));
  return check_crc(member, tally.crc);
}

}  // namespace garner::product
