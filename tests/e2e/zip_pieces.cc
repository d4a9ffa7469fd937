#include "zip_pieces.h"

#include <algorithm>
#include <cstdlib>

#include "archive_sim/zip_writer.h"

namespace garner::e2e {

namespace {

constexpr std::size_t kEnd = 22, kCentral = 46;

std::uint32_t little(const std::string& bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = width; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes.at(at + i - 1));
  return value;
}

void put(std::string& bytes, std::size_t at, std::uint32_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) bytes.at(at + i) = static_cast<char>(value >> (8 * i) & 0xFF);
}

}  // namespace

std::vector<ZipPiece> zip_pieces(const std::string& zip) {
  const std::size_t end = zip.size() - kEnd;
  if (little(zip, end, 4) != 0x06054b50) std::abort();
  const std::size_t count = little(zip, end + 10, 2), directory = little(zip, end + 16, 4);
  struct Entry {
    std::size_t local, record, record_size;
  };
  std::vector<Entry> entries;
  for (std::size_t i = 0, at = directory; i < count; ++i) {
    const std::size_t size = kCentral + little(zip, at + 28, 2) + little(zip, at + 30, 2) + little(zip, at + 32, 2);
    entries.push_back({little(zip, at + 42, 4), at, size});
    at += size;
  }
  std::ranges::sort(entries, {}, &Entry::local);
  std::vector<ZipPiece> pieces;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    const std::size_t next = i + 1 < entries.size() ? entries[i + 1].local : directory;
    ZipPiece piece{zip.substr(entry.record + kCentral, little(zip, entry.record + 28, 2)),
                   little(zip, entry.record + 24, 4), zip.substr(entry.local, next - entry.local)};
    std::string record = zip.substr(entry.record, entry.record_size), tail = zip.substr(end);
    put(record, 42, 0, 4);
    put(tail, 8, 1, 2);
    put(tail, 10, 1, 2);
    put(tail, 12, static_cast<std::uint32_t>(record.size()), 4);
    put(tail, 16, static_cast<std::uint32_t>(piece.zip.size()), 4);
    piece.zip += record + tail;
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

std::string make_zip_of(const std::string& name, const std::string& bytes) {
  const std::vector<archive_sim::MemberPtr> members = {archive_sim::make_member(name, bytes, 6)};
  return archive_sim::make_zip(members).text();
}

}  // namespace garner::e2e
