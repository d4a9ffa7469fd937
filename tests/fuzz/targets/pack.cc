// What we read back of our own output: the index of a pack and checksum lists.
#include "output/checksum_list.h"
#include "output/pack_index.h"
#include "scratch.h"
#include "target.h"

namespace garner::fuzz {
namespace {

void run(Bytes bytes) {
  const MemoryFile file(bytes);
  if (const auto index = output::read_index(file.descriptor(), "pack")) {
    for (const auto& frame : index->frames)
      require(frame.offset <= bytes.size() && frame.stored <= bytes.size() - frame.offset, "frames lie in the pack");
    for (const auto& product : index->products)
      require(product.frame < index->frames.size() && product.offset <= index->frames[product.frame].content,
              "products lie in frames");
  }
  if (const auto list = output::parse_checksum_list(text_of(bytes))) {
    const auto again = output::parse_checksum_list(output::format_checksum_list(*list));
    require(again.has_value() && again->size() == list->size(), "lists are read as they were written");
  }
}

const Target kTarget("pack", run);

}  // namespace
}  // namespace garner::fuzz
