// The ledger's id blocks.
#include <benchmark/benchmark.h>

#include "ledger/chunk_record.h"
#include "micro/samples.h"

namespace garner::bench {

namespace {

constexpr std::size_t kBlock = 500;

// As dense as 10 million ids on the whole sky.
std::vector<SourceId> block() {
  auto ids = sky_ids(1'000'000);
  ids.resize(kBlock);
  return ids;
}

void IdCodecEncode(benchmark::State& state) {
  const auto ids = block();
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto encoded = ledger::encode_ids(ids);
    bytes = encoded.size();
    benchmark::DoNotOptimize(encoded.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBlock));
  state.counters["bytes_an_id"] = static_cast<double>(bytes) / kBlock;
}
BENCHMARK(IdCodecEncode);

void IdCodecDecode(benchmark::State& state) {
  const auto encoded = ledger::encode_ids(block());
  for (auto _ : state) {
    const auto ids = ledger::decode_ids(encoded);
    if (!ids) return state.SkipWithError("does not decode");
    benchmark::DoNotOptimize(ids->data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBlock));
}
BENCHMARK(IdCodecDecode);

}  // namespace
}  // namespace garner::bench
