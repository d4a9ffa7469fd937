// What we read back of our own output: the index of a pack and checksum lists.
#include "output/checksum_list.h"
#include "output/pack_index.h"
#include "output/zstd_codec.h"
#include "scratch.h"
#include "target.h"

namespace garner::fuzz {
namespace {

std::string four_bytes(std::size_t number) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(number >> shift & 0xff);
  return out;
}

// An index's table is compressed and has a checksum: hardly a mutation of a whole pack gets as far as the table. So the
// input is also taken for the table itself, behind as many bytes of frames as its first byte says (docs/layouts.md).
std::string pack_with_table(Bytes bytes) {
  static const std::string empty = *output::encode_index({});
  const std::size_t frames = bytes.empty() ? 0 : std::to_integer<std::size_t>(bytes[0]);
  std::string table;
  const auto compressed = output::compress_frame(bytes.subspan(std::min<std::size_t>(1, bytes.size())),
                                                 [&table](Bytes piece) -> Result<void> {
                                                   table += text_of(piece);
                                                   return {};
                                                 });
  require(compressed.has_value(), "any bytes can be compressed");
  constexpr std::size_t kFooter = 16;  // the table's length, version, magic
  return std::string(frames, 'f') + empty.substr(0, 4) + four_bytes(table.size() + kFooter) + table +
         four_bytes(table.size()) + empty.substr(empty.size() - (kFooter - 4));
}

void check_index(Bytes bytes) {
  const MemoryFile file(bytes);
  const auto index = output::read_index(file.descriptor(), "pack");
  if (!index) return;
  for (const auto& frame : index->frames)
    require(frame.offset <= bytes.size() && frame.stored <= bytes.size() - frame.offset, "frames lie in the pack");
  for (const auto& product : index->products)
    require(product.frame < index->frames.size() && product.offset <= index->frames[product.frame].content &&
                product.size <= index->frames[product.frame].content - product.offset,
            "products lie in frames");
}

void run(Bytes bytes) {
  check_index(bytes);
  check_index(bytes_of(pack_with_table(bytes)));
  if (const auto list = output::parse_checksum_list(text_of(bytes))) {
    const auto again = output::parse_checksum_list(output::format_checksum_list(*list));
    require(again.has_value() && again->size() == list->size(), "lists are read as they were written");
  }
}

const Target kTarget("pack", run);

}  // namespace
}  // namespace garner::fuzz
