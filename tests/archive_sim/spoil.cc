#include "archive_sim/spoil.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <zlib.h>

namespace garner::archive_sim {

std::string cut_product(std::string bytes, Format format) {
  std::size_t keep = bytes.size() / 2;
  if (format == Format::Votable || format == Format::VotablePlain) {
    const std::size_t data = std::max<std::size_t>(bytes.find("<DATA>"), 1);
    keep = data + (bytes.size() - data) * 6 / 10;
  } else if (format == Format::Fits) {
    keep = bytes.size() > 3000 ? bytes.size() - 3000 : bytes.size() / 2;
  } else {
    const std::size_t last_line = bytes.rfind('\n', bytes.size() - 2) + 1;
    keep = last_line + (bytes.size() - last_line) / 3;
  }
  bytes.resize(std::min(keep, bytes.size()));
  return bytes;
}

std::string wrong_naxis2(std::string fits) {
  const std::size_t at = fits.find("NAXIS2  =");
  if (at == std::string::npos) return fits;
  const std::uint64_t rows = std::strtoull(fits.c_str() + at + 10, nullptr, 10);
  fits.replace(at + 10, 20, fmt::format("{:>20}", rows + 1000));
  return fits;
}

std::string inflate_member(const Member& member) {
  std::string out(member.size, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, -15) != Z_OK) std::abort();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(member.deflated->data()));
  stream.avail_in = static_cast<uInt>(member.deflated->size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (inflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  inflateEnd(&stream);
  return out;
}

}  // namespace garner::archive_sim
