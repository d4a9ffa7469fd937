// A reply of 100 RVS products: its directory, and the whole of it with every check. Bytes are those of the products.
#include <benchmark/benchmark.h>

#include "micro/samples.h"
#include "product/contents.h"
#include "product/zip_reader.h"

namespace garner::bench {

namespace {

class NoSink final : public product::ProductSink {
 public:
  Result<void> add(const product::Product&) override { return {}; }
};

std::span<const std::byte> zip_bytes() {
  return std::as_bytes(std::span(rvs_reply().zip));
}

void ReplyDirectory(benchmark::State& state) {
  for (auto _ : state) {
    const auto members = product::read_zip_directory(zip_bytes());
    if (!members) return state.SkipWithError("no zip");
    benchmark::DoNotOptimize(members->data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rvs_reply().ids.size()));
}
BENCHMARK(ReplyDirectory);

void ReplyInflate(benchmark::State& state) {
  const auto members = product::read_zip_directory(zip_bytes());
  if (!members) return state.SkipWithError("no zip");
  std::vector<std::byte> out;
  for (auto _ : state) {
    for (const auto& member : *members) {
      out.resize(member.size);
      if (!product::extract(member, out)) return state.SkipWithError("a damaged member");
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rvs_reply().product_bytes));
}
BENCHMARK(ReplyInflate);

void ReplyRead(benchmark::State& state) {
  product::Asked asked;
  asked.release = "Gaia DR3";
  asked.retrieval_type = "RVS";
  asked.ids = rvs_reply().ids;
  asked.budget = std::make_shared<http::MemoryBudget>(96u << 20);
  for (auto _ : state) {
    NoSink sink;
    if (!product::read_reply(zip_bytes(), asked, sink)) return state.SkipWithError("a bad reply");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rvs_reply().product_bytes));
}
BENCHMARK(ReplyRead);

}  // namespace
}  // namespace garner::bench
