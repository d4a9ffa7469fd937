#include "harvest/account/settled_packs.h"

namespace garner::harvest {

namespace {

constexpr std::size_t kBatch = 1000;  // chunks with packs

using ChunkPacks = std::pair<std::uint32_t, std::vector<ledger::Pack>>;  // block

Result<std::vector<ChunkPacks>> next_batch(ledger::Ledger& ledger, const HarvestFiles& files, std::uint16_t type,
                                           std::uint32_t from) {
  std::vector<ChunkPacks> batch;
  auto scanned = ledger.scan(files.no, type, from, [&batch](std::uint32_t block, const ledger::ChunkRecord& record) {
    if (!record.packs.empty()) batch.emplace_back(block, record.packs);
    return batch.size() < kBatch;
  });
  if (!scanned) return std::unexpected(scanned.error());
  return batch;
}

}  // namespace

output::EachPack each_pack_of(ledger::Ledger& ledger, const HarvestFiles& files, std::atomic<std::uint64_t>& steps,
                              std::stop_token stop) {
  return [&ledger, &files, &steps,
          stop](const std::function<Result<void>(const output::PackKey&, const ledger::Pack&)>& visit) -> Result<void> {
    for (std::uint16_t type = 0; type < files.types.size(); ++type) {
      std::uint32_t from = 0;
      for (bool more = true; more;) {
        if (stop.stop_requested()) return fail(Kind::Cancelled, "stopped");
        const auto batch = next_batch(ledger, files, type, from);
        if (!batch) return std::unexpected(batch.error());
        for (const auto& [block, packs] : *batch) {
          for (const auto& pack : packs) {
            if (auto visited = visit({files.types[type], block, pack.generation}, pack); !visited) return visited;
            ++steps;
          }
          from = block + 1;
        }
        more = batch->size() == kBatch;
      }
    }
    return {};
  };
}

}  // namespace garner::harvest
