// A tile of layout `table`: 200 chunks of 500 rows in the form of XP_CONTINUOUS (13.3 kB a source, most of it variable
// arrays) merged into one table, from files that are held against their hashes to the fsynced, renamed one. In the
// system's temporary folder (TMPDIR).
#include <benchmark/benchmark.h>

#include <random>

#include "micro/samples.h"
#include "output/tile_tables.h"
#include "table/big_endian.h"
#include "table/fits/head.h"

namespace garner::bench {

namespace {

constexpr std::uint32_t kChunks = 200, kRows = 500;

struct Array {
  char element;
  std::uint32_t count;
};
constexpr std::array<Array, 6> kArrays{{{'D', 55}, {'E', 55}, {'E', 1485}, {'D', 55}, {'E', 55}, {'E', 1485}}};
constexpr std::uint64_t kRowBytes = 8 + 8 + 48 + 8 * kArrays.size();

std::uint64_t array_bytes(const Array& array) {
  return std::uint64_t{array.count} * (array.element == 'D' ? 8 : 4);
}

// The table of one chunk, rows in no order.
std::string chunk_table(std::uint32_t chunk) {
  table::FitsHead head;
  head.columns = {
      {.name = "source_id", .tform = "K"}, {.name = "solution_id", .tform = "K"}, {.name = "numbers", .tform = "12E"}};
  std::uint64_t row_heap = 0;
  for (std::size_t i = 0; i < kArrays.size(); ++i) {
    head.columns.push_back(
        {.name = fmt::format("array_{}", i), .tform = fmt::format("1P{}({})", kArrays[i].element, kArrays[i].count)});
    row_heap += array_bytes(kArrays[i]);
  }
  head.rows = kRows;
  head.heap_bytes = kRows * row_heap;
  std::string bytes = table::make_fits_head(head, 0).value();
  const std::size_t start = bytes.size(), heap = start + kRows * kRowBytes;
  bytes.resize((heap + head.heap_bytes + 2879) / 2880 * 2880);
  auto* at = reinterpret_cast<std::byte*>(bytes.data());
  std::mt19937_64 random(chunk);
  for (std::size_t i = start; i + 8 <= bytes.size(); i += 8) table::store_big_endian(at + i, random());
  for (std::uint32_t row = 0; row < kRows; ++row) {
    std::byte* cells = at + start + row * kRowBytes;
    const std::uint64_t id = (std::uint64_t{chunk} * kRows + (row * 77U) % kRows + 1) * 128;
    table::store_big_endian(cells, id);
    std::uint64_t offset = row * row_heap;
    for (std::size_t i = 0; i < kArrays.size(); ++i) {
      table::store_big_endian(cells + 64 + 8 * i, kArrays[i].count);
      table::store_big_endian(cells + 68 + 8 * i, static_cast<std::uint32_t>(offset));
      offset += array_bytes(kArrays[i]);
    }
  }
  return bytes;
}

struct NoWitness final : output::TileWitness {
  Result<void> go_on() override { return {}; }
  Result<void> take(SourceId) override { return {}; }
  Result<void> end(std::uint64_t) override { return {}; }
};

void MergeTile(benchmark::State& state) {
  const TemporaryFolder folder;
  output::OutputSpec spec;
  spec.directory = folder.path / "out";
  spec.layout = LayoutKind::Table;
  spec.structure = DataStructure::Raw;
  spec.format = ProductFormat::Fits;
  spec.sources = kChunks * kRows;
  if (auto ready = output::prepare_output(spec, "manifest", ""); !ready)
    return state.SkipWithError(ready.error().detail.c_str());
  const auto layout = output::make_layout(spec);
  std::vector<output::PackToMerge> packs;
  std::uint64_t bytes = 0;
  for (std::uint32_t chunk = 0; chunk < kChunks; ++chunk) {
    const output::PackKey key{"XP_CONTINUOUS", chunk, 0};
    const std::string table = chunk_table(chunk);
    auto writer = layout->begin(key);
    if (!writer || !(*writer)->add({"XP_CONTINUOUS_RAW.fits", std::nullopt, std::as_bytes(std::span(table))}))
      return state.SkipWithError("a chunk's table can't be written");
    const auto pack = (*writer)->publish({}, {});
    if (!pack) return state.SkipWithError(pack.error().detail.c_str());
    packs.push_back({key, *pack});
    bytes += table.size();
  }
  output::TileTables tiles(spec);
  NoWitness witness;
  for (auto _ : state) {
    const auto merged = tiles.merge("XP_CONTINUOUS", 0, {}, packs, witness);
    if (!merged) return state.SkipWithError(merged.error().detail.c_str());
    if (merged->rows != std::uint64_t{kChunks} * kRows) return state.SkipWithError("rows are missing");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.SetItemsProcessed(state.iterations() * kChunks * kRows);
}
BENCHMARK(MergeTile)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace garner::bench
