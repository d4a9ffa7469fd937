#include "harvest/tile_merge.h"

#include <algorithm>

#include "base/durable_step.h"
#include "base/log.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;
using ledger::Outcome;

// What concerns one tile only: the others go on.
bool is_the_tiles_own(Kind kind) {
  return kind == Kind::Corrupt || kind == Kind::Malformed || kind == Kind::TooLarge;
}

std::unexpected<Error> stopped() {
  return fail(Kind::Cancelled, "stopped while tiles were merged");
}

// Holds the sources of a table that is being merged against the account of its tile.
class Account final : public output::TileWitness {
 public:
  Account(ledger::Ledger& ledger, ledger::HarvestNo harvest, const output::TileGeometry& geometry, std::uint64_t tile,
          std::uint32_t first_block, std::span<const ChunkRecord> chunks, std::atomic<std::uint64_t>& steps,
          std::stop_token stop)
      : ledger_(ledger),
        harvest_(harvest),
        geometry_(geometry),
        tile_(tile),
        next_block_(first_block),
        chunks_(chunks),
        steps_(steps),
        stop_(std::move(stop)) {}

  Result<void> go_on() override {
    ++steps_;
    return stop_.stop_requested() ? stopped() : Result<void>();
  }

  Result<void> take(SourceId id) override {
    if (geometry_.of_parts()) return {};
    const auto due = next_delivered();
    if (!due) return std::unexpected(due.error());
    if (*due == id) return {};
    if (*due && **due < id) return missing(**due);
    return fail(Kind::Corrupt, "there are rows of source {}, which is not delivered by the ledger", id.value);
  }

  Result<void> end(std::uint64_t) override {
    if (geometry_.of_parts()) return {};
    const auto due = next_delivered();
    if (!due) return std::unexpected(due.error());
    return *due ? missing(**due) : Result<void>();
  }

 private:
  static std::unexpected<Error> missing(SourceId id) {
    return fail(Kind::Corrupt, "source {} is delivered by the ledger, but there are no rows of it", id.value);
  }

  // The next source of the tile that the ledger calls delivered.
  Result<std::optional<SourceId>> next_delivered() {
    for (;;) {
      if (at_ == delivered_.size()) {
        if (chunks_.empty()) return std::nullopt;
        if (auto read = read_block(); !read) return std::unexpected(read.error());
        continue;
      }
      return delivered_[at_++];
    }
  }

  Result<void> read_block() {
    delivered_.clear();
    at_ = 0;
    const ChunkRecord& record = chunks_.front();
    const auto ids = ledger_.ids(harvest_, next_block_);
    if (!ids) return std::unexpected(ids.error());
    for (std::size_t place = 0; place < ids->size() && place < record.outcomes.size(); ++place) {
      if (record.outcomes[place] == Outcome::Delivered && geometry_.tile_of((*ids)[place]) == tile_)
        delivered_.push_back((*ids)[place]);
    }
    ++next_block_;
    chunks_ = chunks_.subspan(1);
    return {};
  }

  ledger::Ledger& ledger_;
  ledger::HarvestNo harvest_;
  const output::TileGeometry& geometry_;
  std::uint64_t tile_;
  std::uint32_t next_block_;
  std::span<const ChunkRecord> chunks_;  // of next_block_ and those behind
  std::atomic<std::uint64_t>& steps_;
  std::stop_token stop_;
  std::vector<SourceId> delivered_;  // of the block read last
  std::size_t at_ = 0;
};

}  // namespace

std::vector<std::uint32_t> TileMerge::Job::packs() const {
  std::vector<std::uint32_t> counts;
  for (const auto& chunk : chunks) counts.push_back(static_cast<std::uint32_t>(chunk.packs.size()));
  return counts;
}

TileMerge::TileMerge(ledger::Ledger& ledger, const HarvestFiles& files, std::atomic<std::uint64_t>& steps)
    : ledger_(ledger), files_(files), steps_(steps), tables_(files.spec) {}

Result<void> TileMerge::chunk_done(ChunkClaim chunk, std::stop_token stop) {
  if (auto loaded = load(stop); !loaded) return loaded;
  TypeTiles& type = types_[chunk.type];
  type.done[chunk.block] = true;
  for (const std::size_t place : tiles_of_block(chunk.block)) {
    type.current[place] = false;
    if (auto brought = bring_up(chunk.type, place, stop); !brought) return brought;
  }
  return {};
}

Result<void> TileMerge::catch_up(std::stop_token stop) {
  if (auto loaded = load(stop); !loaded) return loaded;
  for (std::uint16_t type = 0; type < types_.size(); ++type) {
    auto done = ledger_.done_blocks(files_.no, type, files_.blocks);
    if (!done) return std::unexpected(done.error());
    types_[type].done = std::move(*done);
    for (std::size_t place = 0; place < tiles_.size(); ++place) {
      if (auto brought = bring_up(type, place, stop); !brought) return brought;
    }
  }
  std::size_t failed = 0;
  const Error* first = nullptr;
  for (const auto& type : types_) {
    failed += type.failed.size();
    if (first == nullptr && !type.failed.empty()) first = &type.failed.begin()->second;
  }
  if (failed == 0) return {};
  return with_context(*first, "{} of {} tiles can't be merged, the first", failed, tiles_.size() * types_.size());
}

// What is on disk and in the ledger when it begins.
Result<void> TileMerge::load(std::stop_token stop) {
  if (loaded_) return {};
  if (auto read = read_tiles(stop); !read) return read;
  types_.assign(files_.types.size(), {});
  for (std::uint16_t type = 0; type < types_.size(); ++type) {
    auto done = ledger_.done_blocks(files_.no, type, files_.blocks);
    if (!done) return std::unexpected(done.error());
    types_[type].done = std::move(*done);
    types_[type].current.resize(tiles_.size());
    if (auto swept = sweep(type); !swept) return swept;
  }
  loaded_ = true;
  return {};
}

Result<void> TileMerge::read_tiles(std::stop_token stop) {
  tiles_.clear();
  for (std::uint32_t block = 0; block < files_.blocks; ++block) {
    ++steps_;
    if (stop.stop_requested()) return stopped();
    const auto ids = ledger_.ids(files_.no, block);
    if (!ids) return std::unexpected(ids.error());
    for (const SourceId id : *ids) {
      const std::uint64_t tile = tables_.geometry().tile_of(id);
      if (tiles_.empty() || tiles_.back().number != tile) tiles_.push_back({tile, block, block});
      tiles_.back().last = block;
    }
  }
  return {};
}

// What a crash left: chunk tables that were merged, tables of tiles that have a newer one.
Result<void> TileMerge::sweep(std::uint16_t type) {
  const auto chunks = tables_.chunks_on_disk(files_.types[type]);
  if (!chunks) return std::unexpected(chunks.error());
  for (const auto& chunk : *chunks) {
    ++steps_;
    if (chunk.block >= files_.blocks) continue;
    const auto merged = merged_everywhere(type, chunk.block, chunk.generation);
    if (!merged) return std::unexpected(merged.error());
    if (!*merged) continue;
    if (auto removed = tables_.remove_chunk(chunk); !removed) return removed;
  }
  Result<void> removed;
  auto scanned = ledger_.scan_tiles(files_.no, type, 0, [&](std::uint64_t tile, const ledger::TileRecord& record) {
    if (record.generation > 0) removed = tables_.remove_tile({files_.types[type], tile, record.generation - 1});
    return removed.has_value();
  });
  return scanned ? removed : scanned;
}

std::vector<std::size_t> TileMerge::tiles_of_block(std::uint32_t block) const {
  std::vector<std::size_t> places;
  for (auto at = std::ranges::lower_bound(tiles_, block, {}, &Tile::last); at != tiles_.end() && at->first <= block;
       ++at)
    places.push_back(static_cast<std::size_t>(at - tiles_.begin()));
  return places;
}

bool TileMerge::complete(const TypeTiles& type, const Tile& tile) const {
  for (std::uint32_t block = tile.first; block <= tile.last; ++block) {
    if (!type.done[block]) return false;
  }
  return true;
}

// Merges the tile if it is complete and behind.
Result<void> TileMerge::bring_up(std::uint16_t type_index, std::size_t place, std::stop_token stop) {
  TypeTiles& type = types_[type_index];
  const Tile& tile = tiles_[place];
  if (type.current[place] || type.failed.contains(place) || !complete(type, tile)) return {};
  if (stop.stop_requested()) return stopped();
  const auto job = job_for(type_index, tile);
  if (!job) return std::unexpected(job.error());
  const auto packs = job->packs();
  const bool nothing_to_merge = std::ranges::all_of(packs, [](std::uint32_t count) { return count == 0; });
  if (nothing_to_merge || (job->before && job->before->packs == packs)) {
    type.current[place] = true;
    return {};
  }
  auto merged = merge(*job, stop);
  if (merged) {
    type.current[place] = true;
    return {};
  }
  auto error = with_context(merged.error(), "{} tile {}", files_.types[type_index], tile.number);
  if (!is_the_tiles_own(error.error().kind)) return error;
  log::warning("{}: {}", files_.name, error.error().detail);
  type.failed.emplace(place, error.error());
  return {};
}

Result<TileMerge::Job> TileMerge::job_for(std::uint16_t type, const Tile& tile) {
  Job job{{files_.no, type, tile.number}, tile, {}, {}};
  auto before = ledger_.tile(job.key);
  if (!before) return std::unexpected(before.error());
  job.before = std::move(*before);
  auto scanned = ledger_.scan(files_.no, type, tile.first, [&](std::uint32_t block, const ChunkRecord& record) {
    if (block > tile.last) return false;
    job.chunks.resize(block - tile.first + 1);
    job.chunks.back() = record;
    return true;
  });
  if (!scanned) return std::unexpected(scanned.error());
  job.chunks.resize(tile.last - tile.first + 1);
  return job;
}

Result<void> TileMerge::merge(const Job& job, std::stop_token stop) {
  const std::string& type = files_.types[job.key.type];
  std::vector<output::PackToMerge> packs;
  for (std::uint32_t i = 0; i < job.chunks.size(); ++i) {
    const std::uint32_t block = job.tile.first + i, merged = job.before ? job.before->packs_of(block) : 0;
    for (std::uint32_t p = merged; p < job.chunks[i].packs.size(); ++p)
      packs.push_back({{type, block, job.chunks[i].packs[p].generation}, job.chunks[i].packs[p]});
  }
  Account account(ledger_, files_.no, tables_.geometry(), job.tile.number, job.tile.first, job.chunks, steps_, stop);
  auto record = tables_.merge(type, job.tile.number, job.before, packs, account);
  if (!record) return std::unexpected(record.error());
  record->first_block = job.tile.first;
  record->packs = job.packs();
  {
    const DurableStepMark mark(DurableStep::Ledger);
    if (auto settled = ledger_.settle_tile(job.key, *record); !settled) return settled;
  }
  return clean_up(job, *record);
}

Result<void> TileMerge::clean_up(const Job& job, const ledger::TileRecord& record) {
  const std::string& type = files_.types[job.key.type];
  if (record.generation > 0) {
    if (auto removed = tables_.remove_tile({type, job.tile.number, record.generation - 1}); !removed) return removed;
  }
  for (std::uint32_t block = job.tile.first; block <= job.tile.last; ++block) {
    for (const auto& pack : job.chunks[block - job.tile.first].packs) {
      const auto merged = merged_everywhere(job.key.type, block, pack.generation);
      if (!merged) return std::unexpected(merged.error());
      if (!*merged) continue;
      if (auto removed = tables_.remove_chunk({type, block, pack.generation}); !removed) return removed;
    }
  }
  return {};
}

// Whether the pack's rows are in the settled tables of all tiles that its block reaches into.
Result<bool> TileMerge::merged_everywhere(std::uint16_t type, std::uint32_t block, std::uint32_t generation) {
  for (const std::size_t place : tiles_of_block(block)) {
    const auto record = ledger_.tile({files_.no, type, tiles_[place].number});
    if (!record) return std::unexpected(record.error());
    if (!*record || (*record)->packs_of(block) <= generation) return false;
  }
  return true;
}

Result<std::optional<output::TileKey>> merged_into(ledger::Ledger& ledger, const HarvestFiles& files,
                                                   ledger::ChunkKey chunk, std::uint32_t generation, SourceId id) {
  const std::uint64_t tile = output::TileGeometry(files.spec).tile_of(id);
  const auto record = ledger.tile({chunk.harvest, chunk.type, tile});
  if (!record) return std::unexpected(record.error());
  if (!*record || (*record)->packs_of(chunk.block) <= generation) return std::nullopt;
  return output::TileKey{files.types[chunk.type], tile, (*record)->generation};
}

}  // namespace garner::harvest
