#include "harvest/tiles/tile_account.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;
using ledger::Outcome;

std::unexpected<Error> missing(SourceId id) {
  return fail(Kind::Corrupt, "source {} is delivered by the ledger, but there are no rows of it", id.value);
}

}  // namespace

TileAccount::TileAccount(ledger::Ledger& ledger, ledger::TileKey key, const output::TileGeometry& geometry,
                         std::uint32_t first_block, std::span<const ChunkRecord> chunks,
                         std::atomic<std::uint64_t>& steps, std::stop_token stop)
    : ledger_(ledger),
      key_(key),
      geometry_(geometry),
      next_block_(first_block),
      chunks_(chunks),
      steps_(steps),
      stop_(std::move(stop)) {}

Result<void> TileAccount::go_on() {
  ++steps_;
  if (stop_.stop_requested()) return fail(Kind::Cancelled, "stopped while tables were merged");
  return {};
}

Result<void> TileAccount::take(SourceId id) {
  if (geometry_.of_parts()) return {};
  const auto due = next_delivered();
  if (!due) return std::unexpected(due.error());
  if (*due == id) return {};
  if (*due && **due < id) return missing(**due);
  return fail(Kind::Corrupt, "there are rows of source {}, which is not delivered by the ledger", id.value);
}

Result<void> TileAccount::end(std::uint64_t rows) {
  if (geometry_.of_parts()) return rows_add_up(rows);
  const auto due = next_delivered();
  if (!due) return std::unexpected(due.error());
  return *due ? missing(**due) : Result<void>();
}

Result<void> TileAccount::rows_add_up(std::uint64_t rows) const {
  std::uint64_t delivered = 0;
  for (const auto& chunk : chunks_) delivered += chunk.query.rows;
  if (rows == delivered) return {};
  return fail(Kind::Corrupt, "its parts have {} rows, the ledger says {}", rows, delivered);
}

Result<std::optional<SourceId>> TileAccount::next_delivered() {
  while (at_ == delivered_.size()) {
    if (chunks_.empty()) return std::nullopt;
    if (auto read = read_block(); !read) return std::unexpected(read.error());
  }
  return delivered_[at_++];
}

Result<void> TileAccount::read_block() {
  delivered_.clear();
  at_ = 0;
  const ChunkRecord& record = chunks_.front();
  const auto ids = ledger_.ids(key_.harvest, next_block_);
  if (!ids) return std::unexpected(ids.error());
  for (std::size_t place = 0; place < ids->size() && place < record.outcomes.size(); ++place) {
    if (record.outcomes[place] == Outcome::Delivered && geometry_.tile_of((*ids)[place]) == key_.tile)
      delivered_.push_back((*ids)[place]);
  }
  ++next_block_;
  chunks_ = chunks_.subspan(1);
  return {};
}

}  // namespace garner::harvest
