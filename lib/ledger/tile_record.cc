#include "ledger/tile_record.h"

#include <algorithm>
#include <cstring>

#include "ledger/bytes.h"

namespace garner::ledger {

namespace {

constexpr std::uint64_t kMostChunks = 1u << 24;  // of a tile; bounds what a damaged row can ask for

}  // namespace

std::string encode(const TileRecord& record) {
  std::string out;
  for (const std::uint64_t number :
       {std::uint64_t{record.generation}, record.rows, record.bytes, std::uint64_t{record.first_block}})
    put_varint(out, number);
  out.append(reinterpret_cast<const char*>(record.hash.data()), record.hash.size());
  for (auto at = record.packs.begin(); at != record.packs.end();) {
    const auto next = std::find_if(at, record.packs.end(), [at](std::uint32_t count) { return count != *at; });
    put_varint(out, static_cast<std::uint64_t>(next - at));
    put_varint(out, *at);
    at = next;
  }
  return out;
}

Result<TileRecord> decode_tile(std::string_view bytes) {
  const auto corrupt = [&] { return fail(Kind::Corrupt, "tile: {} bytes that are no tile's record", bytes.size()); };
  ByteReader reader(bytes);
  TileRecord record;
  record.generation = reader.varint32();
  for (std::uint64_t* number : {&record.rows, &record.bytes}) *number = reader.varint();
  record.first_block = reader.varint32();
  const auto hash = reader.take(record.hash.size());
  if (!reader.ok()) return corrupt();
  std::memcpy(record.hash.data(), hash.data(), hash.size());
  while (!reader.finished()) {
    const std::uint64_t chunks = reader.varint();
    const std::uint32_t packs = reader.varint32();
    if (!reader.ok() || chunks == 0 || chunks > kMostChunks - record.packs.size()) return corrupt();
    record.packs.insert(record.packs.end(), static_cast<std::size_t>(chunks), packs);
  }
  return record;
}

}  // namespace garner::ledger
