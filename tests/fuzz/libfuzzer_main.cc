// The entry of libFuzzer, for the one target that is linked.
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace garner::fuzz;
  if (size > kMostBytes) return -1;
  Target::all().front()->run(std::as_bytes(std::span(data, size)));
  return 0;
}
