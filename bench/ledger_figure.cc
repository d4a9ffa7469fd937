// What the ledger takes on disk for 10 million sources when every chunk is settled.
#include <random>
#include <thread>

#include "archive_sim/ids.h"
#include "archive_sim/random.h"
#include "figures.h"
#include "ledger/rocks_ledger.h"

namespace garner::bench {

namespace {

constexpr std::uint32_t kChunk = 500;
constexpr double kAbsent = 0.02;
constexpr unsigned kThreads = 16;  // they share syncs

// A chunk as a harvest leaves it: one request, one pack, some sources absent.
ledger::ChunkRecord settled(std::uint32_t ids, double bytes_a_product, archive_sim::Random& random) {
  ledger::ChunkRecord record;
  record.requests = 1;
  record.outcomes.assign(ids, ledger::Outcome::Delivered);
  ledger::Pack pack;
  for (auto& outcome : record.outcomes) {
    if (random.uniform() < kAbsent)
      outcome = ledger::Outcome::Absent;
    else
      ++pack.products;
  }
  for (auto& byte : pack.hash) byte = static_cast<std::uint8_t>(random.next());
  pack.bytes =
      static_cast<std::uint64_t>(static_cast<double>(pack.products) * bytes_a_product * random.uniform(0.9, 1.1));
  record.packs.push_back(pack);
  return record;
}

void settle_all(ledger::Ledger& ledger, const ledger::HarvestRecord& harvest, double bytes_a_product) {
  std::vector<std::jthread> threads;
  for (unsigned first = 0; first < kThreads; ++first) {
    threads.emplace_back([&ledger, &harvest, bytes_a_product, first] {
      archive_sim::Random random(first);
      for (std::uint32_t block = first; block < harvest.blocks; block += kThreads) {
        const auto ids = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(kChunk, harvest.sources - std::uint64_t{block} * kChunk));
        const auto record = settled(ids, bytes_a_product, random);
        auto delta = ledger::delta_between({}, record, ids);
        delta.bytes_received = static_cast<std::int64_t>(record.packs[0].bytes);
        must(ledger.settle({harvest.no, 0, block}, record, delta));
      }
    });
  }
}

void measure(const Options& options, std::string_view layout, double bytes_a_product, Table& table) {
  const std::uint64_t count = options.quick ? 1'000'000 : 10'000'000;
  const fs::path folder = fresh_folder(options, "ledger");
  const auto per_source = [&folder, count] { return disk_bytes(folder) / static_cast<double>(count); };
  auto ledger = must(ledger::open_rocks_ledger(folder));
  ledger::HarvestRecord harvest;
  {
    auto intake = must(ledger->begin_intake(kChunk));
    std::vector<SourceId> piece;
    const auto flush = [&] {
      must(intake->add(piece));
      piece.clear();
    };
    archive_sim::each_sorted_id({count, 11, 0}, [&](std::uint64_t id) {
      piece.push_back({id});
      if (piece.size() == 100'000) flush();
    });
    flush();
    harvest.name = "sky";
    harvest.manifest = fmt::format("harvest: sky\nretrieval_types: RVS\noutput: {{layout: {}}}\n", layout);
    harvest.retrieval_types = {"RVS"};
    harvest.chunk_size = kChunk;
    harvest = must(intake->commit(std::move(harvest)));
  }
  const double pending = per_source();
  const double begin = now_s();
  settle_all(*ledger, harvest, bytes_a_product);
  const double took = now_s() - begin, straight_after = per_source();
  ledger.reset();
  const double closed = per_source();
  ledger = must(ledger::open_rocks_ledger(folder));
  const auto counters = must(ledger->counters(harvest.no));
  if (counters.at(0).chunks_done != harvest.blocks) give_up("not every chunk is done after reopening");
  const double reopened = per_source();
  ledger.reset();
  fs::remove_all(folder);
  // At rest: the worst of what an operator would find with du.
  table.add(fmt::format("ledger bytes a source at rest, {} million ids, `{}`", count / 1'000'000, layout),
            std::max({straight_after, closed, reopened}), Bound::AtMost, 4, "bytes", 2,
            fmt::format("ids alone {:.2f}; {:.2f} straight after settling, {:.2f} closed, {:.2f} reopened; {:.0f} "
                        "chunks settled a second",
                        pending, straight_after, closed, reopened, harvest.blocks / took));
}

}  // namespace

void measure_ledger(const Options& options, Table& table) {
  measure(options, "zip", 31'000, table);
  measure(options, "tar.zst", 30'000, table);
}

}  // namespace garner::bench
