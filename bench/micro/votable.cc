// The check of a VOTable, alone and behind one of the same shape, against bare expat on the same bytes.
#include <benchmark/benchmark.h>
#include <expat.h>

#include "micro/samples.h"
#include "table/table_reader.h"

namespace garner::bench {

namespace {

const std::string& product() {
  static const std::string bytes = rvs_product(sky_ids(1).front());
  return bytes;
}

void VotableCheck(benchmark::State& state) {
  for (auto _ : state) {
    if (!table::check_table(std::as_bytes(std::span(product())), table::Format::VOTable))
      return state.SkipWithError("no good VOTable");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(product().size()));
}
BENCHMARK(VotableCheck);

// No two in a row of the same shape, so that each is parsed.
void VotableParse(benchmark::State& state) {
  const std::string other = product() + "\n";
  bool first = false;
  for (auto _ : state) {
    first = !first;
    if (!table::check_table(std::as_bytes(std::span(first ? product() : other)), table::Format::VOTable))
      return state.SkipWithError("no good VOTable");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(product().size()));
}
BENCHMARK(VotableParse);

void BareExpat(benchmark::State& state) {
  for (auto _ : state) {
    XML_Parser parser = XML_ParserCreate(nullptr);
    const auto good = XML_Parse(parser, product().data(), static_cast<int>(product().size()), 1);
    XML_ParserFree(parser);
    if (good != XML_STATUS_OK) return state.SkipWithError("not well-formed");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(product().size()));
}
BENCHMARK(BareExpat);

}  // namespace
}  // namespace garner::bench
