// Rows of the ledger, damaged: what can be decoded is encoded and decoded again to the same.
#include "ledger/chunk_record.h"
#include "ledger/journal.h"
#include "ledger/rows.h"
#include "ledger/tile_record.h"
#include "target.h"

namespace garner::fuzz {
namespace {

// Runs of outcomes are packed: a few bytes may stand for a million, which take their time.
constexpr std::size_t kMostPlaces = 5000;

void check_chunk(std::string_view bytes) {
  (void)ledger::is_done(bytes);
  (void)ledger::holds_only_empties(bytes);
  const auto record = ledger::decode_chunk(bytes);
  if (!record || record->outcomes.size() > kMostPlaces) return;
  const auto ids = static_cast<std::uint32_t>(std::max<std::size_t>(record->outcomes.size(), 1));
  (void)record->count(ledger::Outcome::Delivered, ids);
  (void)ledger::delta_between({}, *record, ids);
  if (!ledger::flaw_of(*record, ids).empty()) return;  // never written
  const auto again = ledger::decode_chunk(ledger::encode(*record));
  require(again.has_value() && *again == *record, "a chunk's record");
  require(ledger::is_done(ledger::encode(*record)) == record->done(ids), "whether a chunk is done");
  require(ledger::holds_only_empties(ledger::encode(*record)) == (!record->blocked && record->only_empties(ids)),
          "whether a chunk holds only what came back empty");
}

void check_ids(std::string_view bytes) {
  const auto first = ledger::first_id(bytes);
  const auto ids = ledger::decode_ids(bytes);
  if (!ids || ids->empty()) return;
  for (std::size_t i = 1; i < ids->size(); ++i) require((*ids)[i - 1] < (*ids)[i], "ids rise");
  require(ids->back().value <= kMaxSourceId, "ids are ids");
  require(first.has_value() && *first == ids->front(), "the first id");
  const auto again = ledger::decode_ids(ledger::encode_ids(*ids));
  require(again.has_value() && *again == *ids, "a block's ids");
}

void run(Bytes bytes) {
  const auto text = text_of(bytes);
  check_chunk(text);
  check_ids(text);
  if (const auto tile = ledger::decode_tile(text)) {
    const auto again = ledger::decode_tile(ledger::encode(*tile));
    require(again.has_value() && *again == *tile, "a tile's record");
    (void)tile->packs_of(0);
  }
  if (const auto entry = ledger::decode_entry(text)) {
    const auto again = ledger::decode_entry(ledger::encode(*entry));
    require(again.has_value() && *again == *entry, "a journal's entry");
  }
  if (const auto reason = ledger::decode_reason(text)) {
    const auto again = ledger::decode_reason(ledger::encode(*reason));
    require(again.has_value() && *again == *reason, "a reason");
  }
  if (const auto counters = ledger::decode_counters(text)) {
    const auto again = ledger::decode_counters(ledger::encode_counters(*counters));
    require(again.has_value() && *again == *counters, "counters");
  }
  if (const auto row = ledger::decode_refused(text)) {
    const auto again = ledger::decode_refused(ledger::encode_refused(*row));
    require(again.has_value() && again->text == row->text, "a refused row");
  }
  if (const auto record = ledger::decode_harvest(text, "harvest: x\n")) {
    const auto written = ledger::encode_harvest(*record);
    require(written.has_value(), "what was JSON can be JSON");
    const auto again = ledger::decode_harvest(*written, "harvest: x\n");
    require(again.has_value() && *ledger::encode_harvest(*again) == *written, "a harvest's record");
  }
}

const Target kTarget("ledger", run);

}  // namespace
}  // namespace garner::fuzz
