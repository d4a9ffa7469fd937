// The check of what lies on disk against the ledger, on the caller's thread, in pages.
#include "harvest/service/listing_cursor.h"
#include "harvest/service/service_impl.h"
#include "harvest/tiles/merged_tables.h"

namespace garner::harvest {

namespace {

using ledger::ChunkRecord;

constexpr std::uint64_t kBytesAPage = 256u << 20;
constexpr std::size_t kLooksAPage = 20'000;  // packs and tiles, so that no call takes long

class Verifier {
 public:
  Verifier(ledger::Ledger& ledger, const HarvestFiles& files, VerifyPage& page)
      : ledger_(ledger), files_(files), page_(page), tiles_(files.spec) {}

  // Where there was damage.
  const Suspects& suspects() const { return suspects_; }
  bool full() const { return page_.bytes >= kBytesAPage || looks_ >= kLooksAPage; }

  // From a block on. Returns the block to go on at, if the page is full before the end.
  Result<std::optional<std::uint64_t>> packs(std::uint16_t type, std::uint64_t from) {
    std::optional<std::uint64_t> next;
    Result<void> good;
    auto scanned = ledger_.scan(
        files_.no, type, static_cast<std::uint32_t>(from), [&](std::uint32_t block, const ChunkRecord& record) {
          if (full()) {
            next = block;
            return false;
          }
          page_.products += static_cast<std::uint64_t>(std::ranges::count(record.outcomes, ledger::Outcome::Delivered));
          for (std::size_t i = 0; i < record.packs.size() && good; ++i)
            good = pack({files_.no, type, block}, record.packs[i]);
          return good.has_value();
        });
    if (!good) return std::unexpected(good.error());
    if (!scanned) return std::unexpected(scanned.error());
    return next;
  }

  // The merged tables, from a tile on; the same.
  Result<std::optional<std::uint64_t>> tiles(std::uint16_t type, std::uint64_t from) {
    std::optional<std::uint64_t> next;
    Result<void> good;
    auto scanned =
        ledger_.scan_tiles(files_.no, type, from, [&](std::uint64_t number, const ledger::TileRecord& record) {
          if (full()) {
            next = number;
            return false;
          }
          good = tile({files_.no, type, number}, record);
          return good.has_value();
        });
    if (!good) return std::unexpected(good.error());
    if (!scanned) return std::unexpected(scanned.error());
    return next;
  }

 private:
  Result<void> pack(ledger::ChunkKey chunk, const ledger::Pack& pack) {
    ++looks_;
    auto damages = files_.layout->verify({files_.types[chunk.type], chunk.block, pack.generation}, pack);
    if (!damages) return std::unexpected(damages.error());
    if (!damages->empty() && files_.spec.layout == LayoutKind::Table) {
      const auto merged = merged_everywhere(ledger_, files_, chunk, pack.generation);
      if (!merged) return std::unexpected(merged.error());
      if (*merged) return {};  // its own table has gone, or is about to
    }
    const bool known = !suspects_.chunks.empty() && suspects_.chunks.back() == chunk;
    if (!damages->empty() && !known) suspects_.chunks.push_back(chunk);
    count(*damages, pack.bytes);
    return {};
  }

  Result<void> tile(ledger::TileKey key, ledger::TileRecord record) {
    ++looks_;
    if (record.rows == 0) return {};
    for (;;) {
      auto damages = tiles_.verify({files_.types[key.type], key.tile, record.generation}, record);
      if (!damages) return std::unexpected(damages.error());
      const auto now = ledger_.tile(key);
      if (!now) return std::unexpected(now.error());
      if (damages->empty() || !*now || **now == record) {
        if (!damages->empty()) suspects_.tiles.push_back(key);
        count(*damages, record.bytes);
        return {};
      }
      record = **now;  // it was made again in between
    }
  }

  void count(std::vector<std::string>& damages, std::uint64_t bytes) {
    page_.damages.insert(page_.damages.end(), damages.begin(), damages.end());
    ++page_.packs;
    page_.bytes += bytes;
  }

  ledger::Ledger& ledger_;
  const HarvestFiles& files_;
  VerifyPage& page_;
  Suspects suspects_;
  output::TileTables tiles_;
  std::size_t looks_ = 0;
};

// Cursor::type counts through the packs of each retrieval_type, then, for layout `table`, through the merged tables of
// each.
Result<VerifyPage> verify_page(ledger::Ledger& ledger, const HarvestFiles& h, const std::string& cursor_text,
                               Suspects& suspects) {
  auto cursor = parse_cursor(cursor_text);
  if (!cursor) return std::unexpected(cursor.error());
  const std::uint64_t types = h.types.size(), stages = h.spec.layout == LayoutKind::Table ? 2 * types : types;
  VerifyPage page;
  Verifier verifier(ledger, h, page);
  for (; cursor->type < stages; ++cursor->type, cursor->block = 0) {
    if (verifier.full()) {
      page.next = Cursor{cursor->type, 0, 0}.text();
      break;
    }
    const auto type = static_cast<std::uint16_t>(cursor->type % types);
    const auto next = cursor->type < types ? verifier.packs(type, cursor->block) : verifier.tiles(type, cursor->block);
    if (!next) return std::unexpected(next.error());
    if (*next) {
      page.next = Cursor{cursor->type, **next, 0}.text();
      break;
    }
  }
  suspects = verifier.suspects();
  return page;
}

}  // namespace

Result<VerifyPage> EngineService::verify(const std::string& name, const std::string& cursor) {
  const auto harvest = files(name);
  if (!harvest) return std::unexpected(harvest.error());
  Suspects suspects;
  return verify_page(ledger_, **harvest, cursor, suspects);
}

// What a page finds is put back before the next page is looked at.
Result<VerifyPage> EngineService::repair(Peer peer, const std::string& name, const std::string& cursor) {
  if (auto rights = check_rights(peer, name); !rights) return std::unexpected(rights.error());
  const auto harvest = files(name);
  if (!harvest) return std::unexpected(harvest.error());
  Suspects suspects;
  auto page = verify_page(ledger_, **harvest, cursor, suspects);
  if (!page || suspects.empty()) return page;
  const auto put_back = on_loop<Result<std::uint64_t>>(
      [this, &name, &suspects, by = options_.user_name(peer.uid)] { return engine_.repair(name, suspects, by); });
  if (!put_back) return std::unexpected(put_back.error());
  page->put_back = *put_back;
  return page;
}

}  // namespace garner::harvest
