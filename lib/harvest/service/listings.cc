// What is read out of a harvest on the caller's thread: lists of sources, single products. In pages, so that no call
// takes long.
#include "harvest/service/listing_cursor.h"
#include "harvest/service/service_impl.h"
#include "harvest/tiles/merged_tables.h"
#include "output/paths.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;
using ledger::Outcome;

constexpr std::size_t kRowsMost = 50'000;
constexpr std::size_t kChunksAPage = 20'000;  // looked through for a page of a listing, so that no call takes long

Outcome outcome_at(const ChunkRecord& record, std::size_t place) {
  return record.outcomes.empty() ? Outcome::Pending : record.outcomes[place];
}

const ledger::Pack* pack_at(const ChunkRecord& record, std::size_t place) {
  if (record.packs.empty()) return nullptr;
  const std::size_t index = place < record.pack_of.size() ? record.pack_of[place] : 0;
  return index < record.packs.size() ? &record.packs[index] : nullptr;
}

// In which file the products of a chunk's packs lie, looked up pack by pack only when a listing asks.
class Places {
 public:
  Places(ledger::Ledger& ledger, const HarvestFiles& files, std::uint16_t type, std::uint32_t block)
      : ledger_(ledger), files_(files), type_(type), block_(block) {}

  Result<std::string> of(SourceId id, const ledger::Pack& pack) {
    if (files_.spec.layout == LayoutKind::Table) {
      const auto tile = merged_into(ledger_, files_, {files_.no, type_, block_}, pack.generation, id);
      if (!tile) return std::unexpected(tile.error());
      if (*tile) return output::tile_path(files_.spec, **tile);
    }
    auto& places = by_generation_[pack.generation];
    if (!places) {
      auto listed = files_.layout->list({files_.types[type_], block_, pack.generation});
      if (!listed) return std::unexpected(listed.error());
      places.emplace();
      for (const auto& place : *listed) {
        if (place.id)
          places->by_id.emplace(*place.id, place.file);
        else
          places->table = place.file;
      }
    }
    const auto found = places->by_id.find(id);
    return found != places->by_id.end() ? found->second : places->table;
  }

 private:
  struct Listed {
    std::map<SourceId, std::string> by_id;
    std::string table;
  };
  ledger::Ledger& ledger_;
  const HarvestFiles& files_;
  std::uint16_t type_;
  std::uint32_t block_;
  std::map<std::uint32_t, std::optional<Listed>> by_generation_;
};

Result<Outcome> parse_outcome(const std::string& text) {
  for (const Outcome outcome : {Outcome::Pending, Outcome::Delivered, Outcome::Absent, Outcome::Failed}) {
    if (ledger::outcome_name(outcome) == text) return outcome;
  }
  return fail(Kind::Invalid, "outcome '{}' is none of delivered, absent, failed, pending, refused",
              printable(text, 40));
}

std::string why_pending(const ChunkRecord& record, std::size_t place) {
  if (!std::ranges::binary_search(record.empties, static_cast<std::uint32_t>(place))) return record.last_error;
  return std::string(kEmptySoFar) + ", asked for once more when the others of its type have been";
}

std::string why_absent(const ChunkRecord& record, std::size_t place) {
  if (std::ranges::binary_search(record.hopeless, static_cast<std::uint32_t>(place)))
    return "the archive's own table says that it has none (prefilter)";
  return record.sampled ? "a second look at a sample of what came back empty of its type found nothing" : std::string();
}

// The rows of one chunk from a place on, until the page is full. Returns the place to go on at, or the chunk's size.
Result<std::size_t> list_chunk(ledger::Ledger& ledger, const HarvestFiles& files, std::uint16_t type,
                               std::uint32_t block, Outcome wanted, std::size_t from, std::size_t rows_most,
                               std::vector<SourceRow>& rows) {
  auto record = ledger.chunk({files.no, type, block});
  if (!record) return std::unexpected(record.error());
  const bool none = record->outcomes.empty() ? wanted != Outcome::Pending
                                             : std::ranges::find(record->outcomes, wanted) == record->outcomes.end();
  if (none) return 0;
  auto ids = ledger.ids(files.no, block);
  if (!ids) return std::unexpected(ids.error());
  Places places(ledger, files, type, block);
  for (std::size_t place = from; place < ids->size(); ++place) {
    if (outcome_at(*record, place) != wanted) continue;
    if (rows.size() == rows_most) return place;
    SourceRow row{(*ids)[place], files.types[type], {}};
    if (wanted == Outcome::Pending) row.detail = why_pending(*record, place);
    if (wanted == Outcome::Failed) {
      const auto reason = record->failures.find(static_cast<std::uint32_t>(place));
      row.detail = reason != record->failures.end() ? reason->second : record->last_error;
    }
    if (wanted == Outcome::Delivered) {
      if (const auto* pack = pack_at(*record, place)) {
        auto where = places.of(row.id, *pack);
        row.detail = where ? *where : where.error().detail;
      }
    }
    if (wanted == Outcome::Absent) row.detail = why_absent(*record, place);
    rows.push_back(std::move(row));
  }
  return ids->size();
}

// Layout `table`: out of the tile's table, or of the chunk's while that is not merged.
Result<output::ReadProduct> read_rows(ledger::Ledger& ledger, const HarvestFiles& files, ledger::ChunkKey chunk,
                                      std::uint32_t generation, SourceId id, output::ReadRoom& room) {
  for (bool again = false;; again = true) {
    const auto tile = merged_into(ledger, files, chunk, generation, id);
    if (!tile) return std::unexpected(tile.error());
    auto rows = *tile ? output::TileTables(files.spec).read(**tile, id, room)
                      : files.layout->read({files.types[chunk.type], chunk.block, generation}, id, room);
    const bool may_have_moved = !rows && rows.error().kind == Kind::NotFound && !again;  // merged in between
    if (!may_have_moved) return rows;
  }
}

}  // namespace

Result<SourcesPage> EngineService::sources(const std::string& name, const std::string& outcome,
                                           const std::string& cursor_text, std::size_t rows_most) {
  auto harvest = files(name);
  if (!harvest) return std::unexpected(harvest.error());
  auto cursor = parse_cursor(cursor_text);
  if (!cursor) return std::unexpected(cursor.error());
  rows_most = std::clamp<std::size_t>(rows_most, 1, kRowsMost);
  SourcesPage page;
  if (outcome == "refused") {
    auto listed = ledger_.refused((*harvest)->no, cursor->place, [&](const ledger::RefusedRow& row) {
      page.refused_rows.push_back(row);
      return page.refused_rows.size() < rows_most;
    });
    if (!listed) return std::unexpected(listed.error());
    if (page.refused_rows.size() == rows_most) page.next = Cursor{0, 0, cursor->place + rows_most}.text();
    return page;
  }
  auto wanted = parse_outcome(outcome);
  if (!wanted) return std::unexpected(wanted.error());
  const HarvestFiles& h = **harvest;
  std::size_t chunks = 0;
  for (; cursor->type < h.types.size(); ++cursor->type, cursor->block = 0) {
    for (; cursor->block < h.blocks; ++cursor->block, cursor->place = 0) {
      if (chunks++ == kChunksAPage) {
        page.next = cursor->text();
        return page;
      }
      auto next =
          list_chunk(ledger_, h, static_cast<std::uint16_t>(cursor->type), static_cast<std::uint32_t>(cursor->block),
                     *wanted, static_cast<std::size_t>(cursor->place), rows_most, page.rows);
      if (!next) return std::unexpected(next.error());
      if (page.rows.size() == rows_most) {
        page.next = Cursor{cursor->type, cursor->block, *next}.text();
        return page;
      }
    }
  }
  return page;
}

Result<FoundProduct> EngineService::product(const std::string& name, SourceId id, const std::string& retrieval_type) {
  auto harvest = files(name);
  if (!harvest) return std::unexpected(harvest.error());
  const HarvestFiles& h = **harvest;
  std::string type_name = retrieval_type;
  if (type_name.empty()) {
    if (h.types.size() != 1)
      return fail(Kind::Invalid, "'{}' holds {}; name the one you want", name, fmt::join(h.types, ", "));
    type_name = h.types[0];
  }
  const auto type = std::ranges::find(h.types, type_name);
  if (type == h.types.end())
    return fail(Kind::NotFound, "'{}' holds {}, not {}", name, fmt::join(h.types, ", "), printable(type_name, 60));
  auto block = ledger_.find_block(h.no, id);
  if (!block) return std::unexpected(block.error());
  const auto not_asked = [&] { return fail(Kind::NotFound, "{} is not among the sources of '{}'", id.value, name); };
  if (!*block) return not_asked();
  auto ids = ledger_.ids(h.no, **block);
  if (!ids) return std::unexpected(ids.error());
  const auto at = std::ranges::lower_bound(*ids, id);
  if (at == ids->end() || *at != id) return not_asked();
  const auto place = static_cast<std::size_t>(at - ids->begin());
  const ledger::ChunkKey chunk{h.no, static_cast<std::uint16_t>(type - h.types.begin()), **block};
  auto record = ledger_.chunk(chunk);
  if (!record) return std::unexpected(record.error());
  const auto* pack = pack_at(*record, place);
  if (const Outcome outcome = outcome_at(*record, place); outcome != Outcome::Delivered || pack == nullptr) {
    return fail(Kind::NotFound, "{} {} is {}: there is no product{}{}", id.value, type_name,
                ledger::outcome_name(outcome), record->last_error.empty() ? "" : "; last answer: ", record->last_error);
  }
  const bool tables = h.spec.layout == LayoutKind::Table;
  auto bytes = tables ? read_rows(ledger_, h, chunk, pack->generation, id, read_room_)
                      : h.layout->read({type_name, **block, pack->generation}, id, read_room_);
  if (!bytes) return std::unexpected(bytes.error());
  FoundProduct found{std::move(bytes->bytes),
                     product::individual_name(type_name, h.manifest.release, id, h.manifest.format), type_name,
                     h.manifest.data_structure == DataStructure::Raw && !tables};
  found.share = std::move(bytes->share);
  if (tables) found.file_name = fmt::format("{}-{}.fits", type_name, id.value);
  if (found.whole_table) found.file_name = output::raw_name(h.spec, {type_name, **block, pack->generation});
  return found;
}

}  // namespace garner::harvest
