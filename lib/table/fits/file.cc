#include "table/fits/file.h"

#include <algorithm>
#include <array>

namespace garner::table {

namespace {

// The header that begins at `at`, which then is where its data begin.
Result<FitsHeader> read_header(const ReadAt& read, std::uint64_t file_bytes, std::uint64_t& at, const Limits& limits) {
  FitsHeaderParser parser(at == 0, limits.max_header_bytes);
  for (bool ended = false; !ended;) {
    if (file_bytes - at < kFitsBlock) return fail(Kind::Corrupt, "the file is cut in a header, at byte {}", file_bytes);
    std::array<std::byte, kFitsBlock> block;
    if (auto got = read(at, block); !got) return std::unexpected(std::move(got.error()));
    at += kFitsBlock;
    auto added = parser.add(block);
    if (!added) return std::unexpected(std::move(added.error()));
    ended = *added;
  }
  return parser.finish();
}

}  // namespace

Result<FitsFile> FitsFile::open(ReadAt read, std::uint64_t file_bytes, const Limits& limits) {
  std::uint64_t at = 0;
  for (int hdu = 1; at < file_bytes; ++hdu) {
    auto header = read_header(read, file_bytes, at, limits);
    if (!header) return with_context(std::move(header.error()), "HDU {}", hdu);
    const std::uint64_t left = file_bytes - at;
    if (left < header->data_bytes) {
      return fail(Kind::Corrupt, "HDU {}: the file is cut: {} bytes are missing", hdu, header->data_bytes - left);
    }
    if (header->extension == "BINTABLE") {
      auto table = fits_table(*header, limits);
      if (!table) return with_context(std::move(table.error()), "HDU {}", hdu);
      return FitsFile(std::move(read), std::move(*header), std::move(*table), at);
    }
    at += std::min(left, header->data_bytes + header->padding());
  }
  return fail(Kind::Malformed, "the FITS file holds no binary table");
}

Result<void> FitsFile::rows(std::uint64_t first, std::span<std::byte> out) const {
  return read_(data_start_ + first * table_.row_bytes, out);
}

Result<void> FitsFile::heap(std::uint64_t offset, std::span<std::byte> out) const {
  return read_(data_start_ + (header_.data_bytes - table_.heap_bytes) + offset, out);
}

}  // namespace garner::table
