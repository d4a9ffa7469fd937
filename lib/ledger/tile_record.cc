#include "ledger/tile_record.h"

#include <cstring>

#include "ledger/bytes.h"

namespace garner::ledger {

std::string encode(const TileRecord& record) {
  std::string out;
  for (const std::uint64_t number : {std::uint64_t{record.generation}, record.packs, record.rows, record.bytes})
    put_varint(out, number);
  out.append(reinterpret_cast<const char*>(record.hash.data()), record.hash.size());
  return out;
}

Result<TileRecord> decode_tile(std::string_view bytes) {
  ByteReader reader(bytes);
  TileRecord record;
  record.generation = reader.varint32();
  for (std::uint64_t* number : {&record.packs, &record.rows, &record.bytes}) *number = reader.varint();
  const auto hash = reader.take(record.hash.size());
  if (!reader.finished()) return fail(Kind::Corrupt, "tile: {} bytes that are no tile's record", bytes.size());
  std::memcpy(record.hash.data(), hash.data(), hash.size());
  return record;
}

}  // namespace garner::ledger
