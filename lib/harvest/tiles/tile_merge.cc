#include "harvest/tiles/tile_merge.h"

#include <algorithm>

#include "base/durable_step.h"
#include "base/log.h"
#include "harvest/tiles/merged_tables.h"
#include "harvest/tiles/tile_account.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;

// What concerns one tile only: the others go on.
bool is_the_tiles_own(Kind kind) {
  return kind == Kind::Corrupt || kind == Kind::Malformed || kind == Kind::TooLarge;
}

std::unexpected<Error> stopped() {
  return fail(Kind::Cancelled, "stopped while tiles were merged");
}

class MergeOnDisk final : public TileMerge {
 public:
  MergeOnDisk(ledger::Ledger& ledger, std::shared_ptr<const HarvestFiles> files, std::atomic<std::uint64_t>& steps)
      : ledger_(ledger), held_(std::move(files)), files_(*held_), steps_(steps), tables_(files_.spec) {}

  Result<void> chunk_done(ChunkClaim chunk, std::stop_token stop) override;
  Result<void> catch_up(std::stop_token stop) override;
  std::vector<std::int64_t> take_bytes_stored() override { return std::exchange(bytes_stored_, {}); }

 private:
  struct Tile {
    std::uint64_t number = 0;
    std::uint32_t first = 0, last = 0;  // blocks with ids in it
  };
  struct TypeTiles {
    std::vector<bool> done;     // by block
    std::vector<bool> current;  // by place in tiles_: merged as far as the ledger goes
    std::map<std::size_t, Error> failed;
  };
  // A tile with the records of its chunks.
  struct Job {
    ledger::TileKey key;
    Tile tile;
    std::optional<ledger::TileRecord> before;
    std::vector<ChunkRecord> chunks;
    std::vector<std::uint32_t> packs() const;
  };

  Result<void> load(std::stop_token stop);
  Result<void> read_tiles(std::stop_token stop);
  Result<void> sweep(std::uint16_t type);
  std::vector<std::size_t> tiles_of_block(std::uint32_t block) const;
  bool complete(const TypeTiles& type, const Tile& tile) const;
  Result<void> bring_all_up(std::stop_token stop);
  Result<void> bring_up(std::uint16_t type, std::size_t place, std::stop_token stop);
  Result<Job> job_for(std::uint16_t type, const Tile& tile);
  Result<void> merge(const Job& job, std::stop_token stop);
  Result<void> settle(const Job& job, ledger::TileRecord record);
  Result<std::int64_t> change_of_stored(const Job& job, const ledger::TileRecord& record);
  Result<bool> brings_rows(const Job& job);
  Result<void> clean_up(const Job& job, const ledger::TileRecord& record);

  ledger::Ledger& ledger_;
  std::shared_ptr<const HarvestFiles> held_;
  const HarvestFiles& files_;
  std::atomic<std::uint64_t>& steps_;
  output::TileTables tables_;
  bool loaded_ = false, cut_short_ = false;  // cut short: tiles may be behind beside that of the next chunk
  std::vector<Tile> tiles_;                  // by number
  std::vector<TypeTiles> types_;
  std::vector<std::int64_t> bytes_stored_;  // see take_bytes_stored()
};

std::vector<std::uint32_t> MergeOnDisk::Job::packs() const {
  std::vector<std::uint32_t> counts;
  for (const auto& chunk : chunks) counts.push_back(static_cast<std::uint32_t>(chunk.packs.size()));
  return counts;
}

Result<void> MergeOnDisk::chunk_done(ChunkClaim chunk, std::stop_token stop) {
  const bool behind = !loaded_ || cut_short_;
  if (auto loaded = load(stop); !loaded) return loaded;
  TypeTiles& type = types_[chunk.type];
  type.done[chunk.block] = true;
  if (behind) return bring_all_up(stop);
  for (const std::size_t place : tiles_of_block(chunk.block)) {
    type.current[place] = false;
    if (auto brought = bring_up(chunk.type, place, stop); !brought) {
      cut_short_ = true;
      return brought;
    }
  }
  return {};
}

Result<void> MergeOnDisk::catch_up(std::stop_token stop) {
  if (auto loaded = load(stop); !loaded) return loaded;
  for (std::uint16_t type = 0; type < types_.size(); ++type) {
    auto states = ledger_.block_states(files_.no, type, files_.blocks);
    if (!states) return std::unexpected(states.error());
    types_[type].done = std::move(states->done);
  }
  if (auto brought = bring_all_up(stop); !brought) return brought;
  std::size_t failed = 0;
  const Error* first = nullptr;
  for (const auto& type : types_) {
    failed += type.failed.size();
    if (first == nullptr && !type.failed.empty()) first = &type.failed.begin()->second;
  }
  if (failed == 0) return {};
  return with_context(*first, "{} of {} tiles can't be merged, the first", failed, tiles_.size() * types_.size());
}

Result<void> MergeOnDisk::bring_all_up(std::stop_token stop) {
  cut_short_ = true;
  for (std::uint16_t type = 0; type < types_.size(); ++type) {
    for (std::size_t place = 0; place < tiles_.size(); ++place) {
      if (auto brought = bring_up(type, place, stop); !brought) return brought;
    }
  }
  cut_short_ = false;
  return {};
}

// What is on disk and in the ledger when it begins.
Result<void> MergeOnDisk::load(std::stop_token stop) {
  if (loaded_) return {};
  if (auto read = read_tiles(stop); !read) return read;
  types_.assign(files_.types.size(), {});
  for (std::uint16_t type = 0; type < types_.size(); ++type) {
    auto states = ledger_.block_states(files_.no, type, files_.blocks);
    if (!states) return std::unexpected(states.error());
    types_[type].done = std::move(states->done);
    types_[type].current.resize(tiles_.size());
    if (auto swept = sweep(type); !swept) return swept;
  }
  loaded_ = true;
  return {};
}

Result<void> MergeOnDisk::read_tiles(std::stop_token stop) {
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
Result<void> MergeOnDisk::sweep(std::uint16_t type) {
  const auto chunks = tables_.chunks_on_disk(files_.types[type]);
  if (!chunks) return std::unexpected(chunks.error());
  for (const auto& chunk : *chunks) {
    ++steps_;
    if (chunk.block >= files_.blocks) continue;
    const auto merged = merged_everywhere(ledger_, files_, {files_.no, type, chunk.block}, chunk.generation);
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

std::vector<std::size_t> MergeOnDisk::tiles_of_block(std::uint32_t block) const {
  std::vector<std::size_t> places;
  for (auto at = std::ranges::lower_bound(tiles_, block, {}, &Tile::last); at != tiles_.end() && at->first <= block;
       ++at)
    places.push_back(static_cast<std::size_t>(at - tiles_.begin()));
  return places;
}

bool MergeOnDisk::complete(const TypeTiles& type, const Tile& tile) const {
  for (std::uint32_t block = tile.first; block <= tile.last; ++block) {
    if (!type.done[block]) return false;
  }
  return true;
}

// Merges the tile if it is complete and behind.
Result<void> MergeOnDisk::bring_up(std::uint16_t type_index, std::size_t place, std::stop_token stop) {
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
  const auto brings = brings_rows(*job);
  if (!brings) return std::unexpected(brings.error());
  auto merged = *brings ? merge(*job, stop) : settle(*job, *job->before);
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

Result<MergeOnDisk::Job> MergeOnDisk::job_for(std::uint16_t type, const Tile& tile) {
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

Result<void> MergeOnDisk::merge(const Job& job, std::stop_token stop) {
  const std::string& type = files_.types[job.key.type];
  std::vector<output::PackToMerge> packs;
  for (std::uint32_t i = 0; i < job.chunks.size(); ++i) {
    const std::uint32_t block = job.tile.first + i, merged = job.before ? job.before->packs_of(block) : 0;
    for (std::uint32_t p = merged; p < job.chunks[i].packs.size(); ++p)
      packs.push_back({{type, block, job.chunks[i].packs[p].generation}, job.chunks[i].packs[p]});
  }
  TileAccount account(ledger_, job.key, tables_.geometry(), job.tile.first, job.chunks, steps_, stop);
  auto record = tables_.merge(type, job.tile.number, job.before, packs, account);
  if (!record) return std::unexpected(record.error());
  return settle(job, std::move(*record));
}

Result<void> MergeOnDisk::settle(const Job& job, ledger::TileRecord record) {
  record.first_block = job.tile.first;
  record.packs = job.packs();
  const auto stored = change_of_stored(job, record);
  if (!stored) return std::unexpected(stored.error());
  {
    const DurableStepMark mark(DurableStep::Ledger);
    if (auto settled = ledger_.settle_tile(job.key, record, *stored); !settled) return settled;
  }
  bytes_stored_.resize(files_.types.size());
  bytes_stored_[job.key.type] += *stored;
  return clean_up(job, record);
}

// The tile's table is larger, and chunk tables that are in all of their tiles now are about to go.
Result<std::int64_t> MergeOnDisk::change_of_stored(const Job& job, const ledger::TileRecord& record) {
  const TilesAsTheyBecome becomes{{job.key.tile, record}};
  std::uint64_t gone = job.before ? job.before->bytes : 0;
  for (std::uint32_t i = 0; i < job.chunks.size(); ++i) {
    const std::uint32_t block = job.tile.first + i;
    if (job.before && job.before->packs_of(block) == record.packs_of(block)) continue;
    const auto let_go = bytes_let_go(ledger_, files_, {files_.no, job.key.type, block}, job.chunks[i], becomes);
    if (!let_go) return std::unexpected(let_go.error());
    gone += *let_go;
  }
  return static_cast<std::int64_t>(record.bytes - gone);
}

// Whether the packs that are not merged yet can have rows in the tile. A chunk at its edge that was asked again for
// sources of the neighbour has none here, and the tile's table stays as it is.
Result<bool> MergeOnDisk::brings_rows(const Job& job) {
  if (!job.before || tables_.geometry().of_parts()) return true;
  for (std::uint32_t i = 0; i < job.chunks.size(); ++i) {
    const ChunkRecord& chunk = job.chunks[i];
    const std::uint32_t merged = job.before->packs_of(job.tile.first + i);
    if (chunk.packs.size() <= merged) continue;
    const auto ids = ledger_.ids(files_.no, job.tile.first + i);
    if (!ids) return std::unexpected(ids.error());
    for (std::size_t place = 0; place < ids->size() && place < chunk.outcomes.size(); ++place) {
      const std::uint32_t pack = place < chunk.pack_of.size() ? chunk.pack_of[place] : 0;
      if (chunk.outcomes[place] == ledger::Outcome::Delivered && pack >= merged &&
          tables_.geometry().tile_of((*ids)[place]) == job.key.tile)
        return true;
    }
  }
  return false;
}

Result<void> MergeOnDisk::clean_up(const Job& job, const ledger::TileRecord& record) {
  const std::string& type = files_.types[job.key.type];
  if (record.rows == 0 && job.before) {  // what was left of a table that was lost, and nothing came instead
    if (auto removed = tables_.remove_tile({type, job.tile.number, job.before->generation}); !removed) return removed;
  }
  if (record.generation > 0) {
    if (auto removed = tables_.remove_tile({type, job.tile.number, record.generation - 1}); !removed) return removed;
  }
  for (std::uint32_t block = job.tile.first; block <= job.tile.last; ++block) {
    for (const auto& pack : job.chunks[block - job.tile.first].packs) {
      const auto merged = merged_everywhere(ledger_, files_, {files_.no, job.key.type, block}, pack.generation);
      if (!merged) return std::unexpected(merged.error());
      if (!*merged) continue;
      if (auto removed = tables_.remove_chunk({type, block, pack.generation}); !removed) return removed;
    }
  }
  return {};
}

}  // namespace

std::unique_ptr<TileMerge> make_tile_merge(ledger::Ledger& ledger, std::shared_ptr<const HarvestFiles> files,
                                           std::atomic<std::uint64_t>& steps) {
  return std::make_unique<MergeOnDisk>(ledger, std::move(files), steps);
}

}  // namespace garner::harvest
