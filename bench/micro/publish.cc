// 100 RVS products laid down in each layout, from the verified reply to the fsynced, renamed file. In the system's
// temporary folder (TMPDIR).
#include <benchmark/benchmark.h>

#include "micro/samples.h"
#include "output/layout.h"

namespace garner::bench {

namespace {

Result<ledger::Pack> read_and_publish(output::Layout& layout, std::uint32_t block, const product::Asked& asked) {
  const auto reply = std::as_bytes(std::span(rvs_reply().zip));
  auto writer = layout.begin({"RVS", block, 0});
  if (!writer) return std::unexpected(writer.error());
  if (auto read = product::read_reply(reply, asked, **writer); !read) return std::unexpected(read.error());
  return (*writer)->publish(reply, {});
}

void ReadAndPublish(benchmark::State& state, LayoutKind kind) {
  const TemporaryFolder folder;
  output::OutputSpec spec;
  spec.directory = folder.path / "out";
  spec.layout = kind;
  spec.release = "Gaia DR3";
  spec.sources = 100'000;
  if (auto ready = output::prepare_output(spec, "manifest", "credit"); !ready)
    return state.SkipWithError(ready.error().detail.c_str());
  const auto layout = output::make_layout(spec);
  product::Asked asked;
  asked.release = spec.release;
  asked.retrieval_type = "RVS";
  asked.ids = rvs_reply().ids;
  asked.budget = std::make_shared<http::MemoryBudget>(96u << 20);
  asked.spool_directory = output::spool_directory(spec);
  for (auto _ : state) {
    const auto pack = read_and_publish(*layout, static_cast<std::uint32_t>(state.iterations() % 100), asked);
    if (!pack) return state.SkipWithError(pack.error().detail.c_str());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rvs_reply().product_bytes));
}
BENCHMARK_CAPTURE(ReadAndPublish, zip, LayoutKind::Zip)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ReadAndPublish, tar_zst, LayoutKind::TarZst)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ReadAndPublish, files, LayoutKind::Files)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace garner::bench
