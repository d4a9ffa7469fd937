// Prints what the ledger takes on disk and how fast it is: ledger_figures [MILLION_IDS [MILLION_CHUNKS]] (10 and 1
// unless told otherwise).
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "ledger/rocks_ledger.h"
#include "samples.h"

namespace garner::ledger {
namespace {

namespace fs = std::filesystem;

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class Value>
Value must(Result<Value> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().detail.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

// Bytes that the files take on disk, as du counts them.
double disk_bytes(const fs::path& folder) {
  double total = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    struct stat status = {};
    if (::lstat(entry.path().c_str(), &status) == 0) total += static_cast<double>(status.st_blocks) * 512;
  }
  return total;
}

HarvestRecord harvest_of(Ledger& ledger, const std::string& name, const std::vector<SourceId>& ids,
                         std::uint32_t chunk_size) {
  auto intake = must(ledger.begin_intake(chunk_size));
  must(intake->add(ids));
  HarvestRecord record;
  record.name = name;
  record.retrieval_types = {"RVS"};
  return must(intake->commit(record));
}

void settle_all(Ledger& ledger, const HarvestRecord& harvest, unsigned threads) {
  std::vector<std::jthread> workers;
  for (unsigned worker = 0; worker < threads; ++worker) {
    workers.emplace_back([&, worker] {
      for (std::uint32_t block = worker; block < harvest.blocks; block += threads) {
        const auto ids = block + 1 < harvest.blocks
                             ? harvest.chunk_size
                             : static_cast<std::uint32_t>(harvest.sources - std::uint64_t{block} * harvest.chunk_size);
        const auto record = samples::delivered(ids, block);
        must(ledger.settle({harvest.no, 0, block}, record, delta_between({}, record, ids)));
      }
    });
  }
}

void codec_figures(const std::vector<SourceId>& ids) {
  const auto count = static_cast<double>(ids.size());
  std::vector<std::string> blocks;
  const double encoding = seconds([&] {
    for (std::size_t at = 0; at < ids.size(); at += 500)
      blocks.push_back(encode_ids(std::span(ids).subspan(at, std::min<std::size_t>(500, ids.size() - at))));
  });
  std::size_t bytes = 0, back = 0;
  for (const auto& block : blocks) bytes += block.size();
  const double decoding = seconds([&] {
    for (const auto& block : blocks) back += must(decode_ids(block)).size();
  });
  if (back != ids.size()) std::exit(1);
  std::printf("codec                  %.3f bytes/id, encode %.1f M ids/s, decode %.1f M ids/s\n",
              static_cast<double>(bytes) / count, count / encoding / 1e6, count / decoding / 1e6);
}

void size_figures(const fs::path& folder, const std::vector<SourceId>& ids) {
  const auto count = static_cast<double>(ids.size());
  auto ledger = must(open_rocks_ledger(folder));
  HarvestRecord harvest;
  const double ingest = seconds([&] { harvest = harvest_of(*ledger, "sky", ids, 500); });
  std::printf("ingest                 %.1f M ids/s, %.3f bytes/id on disk\n", count / ingest / 1e6,
              disk_bytes(folder) / count);
  const double settling = seconds([&] { settle_all(*ledger, harvest, 8); });
  std::printf("settled by 8 threads   %.0f chunks/s, %.3f bytes/source on disk straight after\n",
              harvest.blocks / settling, disk_bytes(folder) / count);
  ledger.reset();
  std::printf("closed                 %.3f bytes/source on disk\n", disk_bytes(folder) / count);
  const double opening = seconds([&] { ledger = must(open_rocks_ledger(folder)); });
  std::printf("reopened               %.3f s, %.3f bytes/source on disk\n", opening, disk_bytes(folder) / count);
  const double finding = seconds([&] {
    for (std::size_t i = 0; i < 1000; ++i) must(ledger->find_block(harvest.no, ids[i * (ids.size() / 1000)]));
  });
  std::printf("find_block             %.0f us\n", finding * 1e3);
}

void restart_figures(const fs::path& folder, std::uint32_t chunks) {
  std::vector<SourceId> ids;
  for (std::uint64_t i = 1; i <= chunks * std::uint64_t{2}; ++i) ids.push_back({i << 35 | 6000 << 7});
  HarvestRecord harvest;
  {
    auto ledger = must(open_rocks_ledger(folder));
    harvest = harvest_of(*ledger, "many", ids, 2);
    const double settling = seconds([&] { settle_all(*ledger, harvest, 32); });
    std::printf("%u chunks           settled at %.0f a second by 32 threads\n", chunks, chunks / settling);
  }
  std::unique_ptr<Ledger> ledger;
  std::vector<bool> done;
  std::printf("  open                 %.3f s\n", seconds([&] { ledger = must(open_rocks_ledger(folder)); }));
  std::printf("  block_states         %.3f s\n",
              seconds([&] { done = must(ledger->block_states(harvest.no, 0, harvest.blocks)).done; }));
  std::printf("  block_states again    %.3f s\n",
              seconds([&] { done = must(ledger->block_states(harvest.no, 0, harvest.blocks)).done; }));
  if (static_cast<std::uint32_t>(std::ranges::count(done, true)) != harvest.blocks) std::exit(1);
  std::uint64_t seen = 0;
  std::printf("  scan                 %.3f s\n", seconds([&] {
                must(ledger->scan(harvest.no, 0, 0, [&](std::uint32_t, const ChunkRecord&) { return ++seen > 0; }));
              }));
}

}  // namespace
}  // namespace garner::ledger

int main(int count, char** arguments) {
  using namespace garner::ledger;
  const auto number = [&](int at, double otherwise) {
    return (count > at ? std::atof(arguments[at]) : otherwise) * 1e6;
  };
  std::string name = (std::filesystem::temp_directory_path() / "garner-figures-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return 1;
  const std::filesystem::path folder = name;
  const auto ids = samples::sky(static_cast<std::size_t>(number(1, 10)), samples::kSkyPixels, 1);
  codec_figures(ids);
  size_figures(folder / "sky", ids);
  restart_figures(folder / "many", static_cast<std::uint32_t>(number(2, 1)));
  std::filesystem::remove_all(folder);
}
