#include "ledger/chunk_record.h"

#include <bit>
#include <bitset>

#include "ledger/bytes.h"
#include "ledger/rows.h"

namespace garner::ledger {
namespace {

// The first byte. How the chunk stands is told there, so that a restart reads no further.
enum Standing : std::uint8_t { kOpen = 0, kDone = 1, kBlocked = 2, kOnlyEmpties = 3 };
constexpr std::uint8_t kStanding = 0x03;
constexpr std::uint8_t kHasLastError = 0x04;
constexpr std::uint8_t kHasFailures = 0x08;
constexpr std::uint8_t kHasPackOf = 0x10;
constexpr unsigned kOutcomesShift = 5;
enum OutcomesForm : std::uint8_t { kNoOutcomes = 0, kUniform = 1, kTwoKinds = 2, kTwoBits = 3 };
constexpr std::uint8_t kHasMore = 0x80;  // a second byte of flags stands at the record's end, with what they announce
// The second byte.
constexpr std::uint8_t kHasQuery = 0x01;
constexpr std::uint8_t kByJob = 0x02;
constexpr std::uint8_t kSifted = 0x04;
constexpr std::uint8_t kHasHopeless = 0x08;
constexpr std::uint8_t kHasEmpties = 0x10;  // not where all that is pending came back empty: the first byte says so
constexpr std::uint8_t kHasFoundAgain = 0x20;
constexpr std::uint8_t kSampled = 0x40;
constexpr std::uint8_t kUnusedMore = 0x80;
constexpr std::size_t kSmallestPack = 1 + std::tuple_size_v<Sha256> + 1 + 1;

Standing standing_of(const ChunkRecord& record) {
  const auto ids = static_cast<std::uint32_t>(record.outcomes.size());
  if (record.done(ids)) return kDone;
  if (record.blocked) return kBlocked;
  return record.only_empties(ids) ? kOnlyEmpties : kOpen;
}

struct Kinds {  // which outcomes occur; first and second are the lowest two
  int count = 0;
  Outcome first = Outcome::Pending, second = Outcome::Pending;
};

Kinds kinds_of(const std::vector<Outcome>& outcomes) {
  std::bitset<4> seen;
  for (const Outcome outcome : outcomes) seen.set(static_cast<std::size_t>(outcome));
  Kinds kinds;
  for (std::uint8_t i = 0; i < 4; ++i) {
    if (!seen.test(i)) continue;
    if (kinds.count == 0) kinds.first = Outcome{i};
    if (kinds.count == 1) kinds.second = Outcome{i};
    ++kinds.count;
  }
  return kinds;
}

OutcomesForm form_of(const Kinds& kinds) {
  return kinds.count == 0 ? kNoOutcomes : kinds.count == 1 ? kUniform : kinds.count == 2 ? kTwoKinds : kTwoBits;
}

// Numbers of `width` bits, low bits first.
template <class Number>
void put_packed(std::string& out, std::size_t count, unsigned width, Number number) {
  std::uint64_t word = 0;
  unsigned used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    word |= static_cast<std::uint64_t>(number(i)) << used;
    for (used += width; used >= 8; used -= 8, word >>= 8) put_byte(out, static_cast<std::uint8_t>(word));
  }
  if (used > 0) put_byte(out, static_cast<std::uint8_t>(word));
}

constexpr std::uint64_t packed_size(std::uint64_t count, unsigned width) {
  return (count * width + 7) / 8;
}

template <class Take>
void take_packed(std::string_view bytes, std::size_t count, unsigned width, Take take) {
  std::uint64_t word = 0;
  unsigned have = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    for (; have < width; have += 8) word |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[at++])) << have;
    take(i, static_cast<std::uint32_t>(word & ((std::uint64_t{1} << width) - 1)));
    word >>= width;
    have -= width;
  }
}

void put_outcomes(std::string& out, const std::vector<Outcome>& outcomes, const Kinds& kinds) {
  if (kinds.count == 0) return;
  put_varint(out, outcomes.size());
  if (kinds.count == 1) {
    put_byte(out, static_cast<std::uint8_t>(kinds.first));
  } else if (kinds.count == 2) {
    put_byte(out,
             static_cast<std::uint8_t>(static_cast<unsigned>(kinds.first) | static_cast<unsigned>(kinds.second) << 2));
    put_packed(out, outcomes.size(), 1, [&](std::size_t i) { return outcomes[i] == kinds.second ? 1U : 0U; });
  } else {
    put_packed(out, outcomes.size(), 2, [&](std::size_t i) { return static_cast<unsigned>(outcomes[i]); });
  }
}

const char* take_outcomes(ByteReader& reader, OutcomesForm form, std::vector<Outcome>& outcomes) {
  if (form == kNoOutcomes) return nullptr;
  const std::uint64_t count = reader.varint();
  if (!reader.ok() || count == 0 || count > kMaxChunkSize) return "its number of outcomes is out of range";
  if (form == kTwoBits) {
    const auto packed = reader.take(packed_size(count, 2));
    if (!reader.ok()) return "its outcomes are cut";
    outcomes.resize(count);
    take_packed(packed, count, 2,
                [&](std::size_t i, std::uint32_t value) { outcomes[i] = static_cast<Outcome>(value); });
    return nullptr;
  }
  const std::uint8_t kinds = reader.byte();
  const auto first = static_cast<Outcome>(kinds & 3);
  const auto second = static_cast<Outcome>(kinds >> 2 & 3);
  if (!reader.ok() || kinds > (form == kUniform ? 3 : 15)) return "its kind of outcome is unknown";
  if (form == kUniform) {
    outcomes.assign(count, first);
    return nullptr;
  }
  const auto packed = reader.take(packed_size(count, 1));
  if (!reader.ok()) return "its outcomes are cut";
  outcomes.resize(count);
  take_packed(packed, count, 1, [&](std::size_t i, std::uint32_t bit) { outcomes[i] = bit != 0 ? second : first; });
  return nullptr;
}

// Reasons are few and ids many: each text stands once.
void put_failures(std::string& out, const std::map<std::uint32_t, std::string>& failures) {
  std::map<std::string_view, std::size_t> number_of;
  std::vector<std::string_view> texts;
  for (const auto& [place, reason] : failures) {
    if (number_of.emplace(reason, texts.size()).second) texts.push_back(reason);
  }
  put_varint(out, texts.size());
  for (const auto text : texts) put_text(out, text);
  put_varint(out, failures.size());
  std::uint32_t next = 0;
  for (const auto& [place, reason] : failures) {
    put_varint(out, place - next);
    put_varint(out, number_of.at(reason));
    next = place + 1;
  }
}

const char* take_failures(ByteReader& reader, std::size_t places, std::map<std::uint32_t, std::string>& failures) {
  const std::uint64_t text_count = reader.varint();
  if (text_count > reader.rest().size()) return "it claims more reasons than it can hold";
  std::vector<std::string_view> texts;
  for (std::uint64_t i = 0; i < text_count && reader.ok(); ++i) texts.push_back(reader.text());
  const std::uint64_t count = reader.varint();
  if (!reader.ok() || count == 0 || count > places) return "its failures are cut";
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t place = next + reader.varint32();
    const std::uint64_t text = reader.varint();
    if (!reader.ok() || place >= places || text >= texts.size())
      return "a failure names a place or a reason that is not there";
    failures.emplace_hint(failures.end(), static_cast<std::uint32_t>(place), texts[text]);
    next = place + 1;
  }
  return nullptr;
}

void put_packs(std::string& out, const std::vector<Pack>& packs) {
  put_varint(out, packs.size());
  for (const Pack& pack : packs) {
    put_varint(out, pack.generation);
    out.append(pack.hash.begin(), pack.hash.end());
    put_varint(out, pack.bytes);
    put_varint(out, pack.products);
  }
}

const char* take_packs(ByteReader& reader, std::vector<Pack>& packs) {
  const std::uint64_t count = reader.varint();
  if (!reader.ok() || count > reader.rest().size() / kSmallestPack) return "it claims more packs than it can hold";
  packs.resize(count);
  for (Pack& pack : packs) {
    pack.generation = reader.varint32();
    std::ranges::copy(reader.take(pack.hash.size()), pack.hash.begin());
    pack.bytes = reader.varint();
    pack.products = reader.varint32();
  }
  return reader.ok() ? nullptr : "a pack is cut";
}

void put_pack_of(std::string& out, const std::vector<std::uint32_t>& pack_of) {
  const auto width = static_cast<unsigned>(std::bit_width(*std::ranges::max_element(pack_of)));
  put_varint(out, pack_of.size());
  put_byte(out, static_cast<std::uint8_t>(width));
  put_packed(out, pack_of.size(), width, [&](std::size_t i) { return pack_of[i]; });
}

// Rising places that are there, and pending.
bool all_pending(const ChunkRecord& record, std::span<const std::uint32_t> places) {
  std::uint64_t next = 0;
  for (const std::uint32_t place : places) {
    if (place < next || place >= record.outcomes.size() || record.outcomes[place] != Outcome::Pending) return false;
    next = std::uint64_t{place} + 1;
  }
  return true;
}

// Delivered places must point at a pack; what stands at others means nothing.
bool points_at_packs(const ChunkRecord& record) {
  if (record.pack_of.size() != record.outcomes.size()) return false;
  for (std::size_t i = 0; i < record.pack_of.size(); ++i) {
    if (record.outcomes[i] == Outcome::Delivered && record.pack_of[i] >= record.packs.size()) return false;
  }
  return true;
}

const char* take_pack_of(ByteReader& reader, ChunkRecord& record) {
  const std::uint64_t count = reader.varint();
  const unsigned width = reader.byte();
  if (!reader.ok() || count == 0 || count != record.outcomes.size() || width > 32)
    return "its pack numbers do not match its outcomes";
  const auto packed = reader.take(packed_size(count, width));
  if (!reader.ok()) return "its pack numbers are cut";
  record.pack_of.resize(count);
  take_packed(packed, count, width, [&](std::size_t i, std::uint32_t value) { record.pack_of[i] = value; });
  return points_at_packs(record) ? nullptr : "a delivered place points at no pack";
}

std::uint8_t more_flags(const ChunkRecord& record) {
  return static_cast<std::uint8_t>((record.query == QueryProgress{} ? 0 : kHasQuery) |
                                   (record.query.by_job ? kByJob : 0) | (record.sifted ? kSifted : 0) |
                                   (record.hopeless.empty() ? 0 : kHasHopeless) |
                                   (record.empties.empty() || standing_of(record) == kOnlyEmpties ? 0 : kHasEmpties) |
                                   (record.found_again.empty() ? 0 : kHasFoundAgain) | (record.sampled ? kSampled : 0));
}

// Rising places: the first as it is, the others by how many lie between.
void put_places(std::string& out, std::span<const std::uint32_t> places) {
  put_varint(out, places.size());
  std::uint32_t next = 0;
  for (const std::uint32_t place : places) {
    put_varint(out, place - next);
    next = place + 1;
  }
}

// False: they are cut, or not below `most`.
bool take_places(ByteReader& reader, std::size_t most, std::vector<std::uint32_t>& places) {
  const std::uint64_t count = reader.varint();
  if (!reader.ok() || count == 0 || count > most) return false;
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t place = next + reader.varint32();
    if (!reader.ok() || place >= most) return false;
    places.push_back(static_cast<std::uint32_t>(place));
    next = place + 1;
  }
  return true;
}

void put_found_again(std::string& out, const std::map<std::uint32_t, std::uint32_t>& found_again) {
  std::vector<std::uint32_t> places;
  for (const auto& [place, times] : found_again) places.push_back(place);
  put_places(out, places);
  for (const auto& [place, times] : found_again) put_varint(out, times);
}

bool take_found_again(ByteReader& reader, ChunkRecord& record) {
  std::vector<std::uint32_t> places;
  if (!take_places(reader, record.outcomes.size(), places)) return false;
  for (const std::uint32_t place : places) record.found_again.emplace(place, reader.varint32());
  return reader.ok();
}

void put_more(std::string& out, std::uint8_t flags, const ChunkRecord& record) {
  put_byte(out, flags);
  if ((flags & kHasQuery) != 0) {
    put_text(out, record.query.job);
    for (const std::uint64_t number : {record.query.width, record.query.suspects, record.query.done, record.query.rows})
      put_varint(out, number);
  }
  if ((flags & kHasHopeless) != 0) put_places(out, record.hopeless);
  if ((flags & kHasEmpties) != 0) put_places(out, record.empties);
  if ((flags & kHasFoundAgain) != 0) put_found_again(out, record.found_again);
}

const char* take_more(ByteReader& reader, ChunkRecord& record) {
  const std::uint8_t flags = reader.byte();
  if (!reader.ok() || flags == 0 || (flags & kUnusedMore) != 0) return "unknown flags";
  record.sifted = (flags & kSifted) != 0;
  record.sampled = (flags & kSampled) != 0;
  record.query.by_job = (flags & kByJob) != 0;
  if ((flags & kHasQuery) != 0) {
    record.query.job = reader.text();
    for (std::uint64_t* number : {&record.query.width, &record.query.suspects, &record.query.done, &record.query.rows})
      *number = reader.varint();
    if (!reader.ok()) return "its query is cut";
  }
  const std::size_t places = record.outcomes.size();
  if ((flags & kHasHopeless) != 0 && !take_places(reader, places, record.hopeless))
    return "its hopeless sources are cut, or have places that are not there";
  if ((flags & kHasEmpties) != 0 && !take_places(reader, places, record.empties))
    return "what came back empty is cut, or has places that are not there";
  if ((flags & kHasFoundAgain) != 0 && !take_found_again(reader, record))
    return "what was found again is cut, or has places that are not there";
  return nullptr;
}

// How the chunk stands must be what its outcomes make of it.
const char* take_standing(Standing stated, ChunkRecord& record) {
  record.blocked = stated == kBlocked;
  if (stated == kOnlyEmpties) {
    if (!record.empties.empty()) return "what came back empty is told twice";
    for (std::uint32_t place = 0; place < record.outcomes.size(); ++place) {
      if (record.outcomes[place] == Outcome::Pending) record.empties.push_back(place);
    }
  }
  if (!all_pending(record, record.empties)) return "what came back empty is not pending";
  return standing_of(record) == stated ? nullptr : "its first byte does not match its outcomes";
}

const char* take_record(ByteReader& reader, ChunkRecord& record) {
  const std::uint8_t flags = reader.byte();
  if (!reader.ok()) return "unknown flags";
  record.attempts = reader.varint32();
  record.requests = reader.varint32();
  if ((flags & kHasLastError) != 0) record.last_error = reader.text();
  if (const char* flaw = take_outcomes(reader, static_cast<OutcomesForm>(flags >> kOutcomesShift & 3), record.outcomes))
    return flaw;
  if (const char* flaw = take_packs(reader, record.packs)) return flaw;
  if ((flags & kHasFailures) != 0) {
    if (const char* flaw = take_failures(reader, record.outcomes.size(), record.failures)) return flaw;
  }
  if ((flags & kHasPackOf) != 0) {
    if (const char* flaw = take_pack_of(reader, record)) return flaw;
  }
  if ((flags & kHasMore) != 0) {
    if (const char* flaw = take_more(reader, record)) return flaw;
  }
  if (const char* flaw = take_standing(static_cast<Standing>(flags & kStanding), record)) return flaw;
  return reader.finished() ? nullptr : "bytes after its end";
}

}  // namespace

std::string encode(const ChunkRecord& record) {
  const Kinds kinds = kinds_of(record.outcomes);
  const std::uint8_t more = more_flags(record);
  std::string out;
  put_byte(out, static_cast<std::uint8_t>(
                    (more == 0 ? 0 : kHasMore) | standing_of(record) | (record.last_error.empty() ? 0 : kHasLastError) |
                    (record.failures.empty() ? 0 : kHasFailures) | (record.pack_of.empty() ? 0 : kHasPackOf) |
                    form_of(kinds) << kOutcomesShift));
  put_varint(out, record.attempts);
  put_varint(out, record.requests);
  if (!record.last_error.empty()) put_text(out, record.last_error);
  put_outcomes(out, record.outcomes, kinds);
  put_packs(out, record.packs);
  if (!record.failures.empty()) put_failures(out, record.failures);
  if (!record.pack_of.empty()) put_pack_of(out, record.pack_of);
  if (more != 0) put_more(out, more, record);
  return out;
}

Result<ChunkRecord> decode_chunk(std::string_view bytes) {
  ByteReader reader(bytes);
  ChunkRecord record;
  if (const char* flaw = take_record(reader, record)) return fail(Kind::Corrupt, "chunk record: {}", flaw);
  return record;
}

bool is_done(std::string_view chunk_bytes) {
  return !chunk_bytes.empty() && (static_cast<std::uint8_t>(chunk_bytes[0]) & kStanding) == kDone;
}

bool holds_only_empties(std::string_view chunk_bytes) {
  return !chunk_bytes.empty() && (static_cast<std::uint8_t>(chunk_bytes[0]) & kStanding) == kOnlyEmpties;
}

std::string flaw_of(const ChunkRecord& record, std::uint32_t ids) {
  if (!record.outcomes.empty() && record.outcomes.size() != ids) {
    return fmt::format("{} outcomes for {} ids", record.outcomes.size(), ids);
  }
  for (const Outcome outcome : record.outcomes) {
    if (outcome > Outcome::Failed) return fmt::format("unknown outcome {}", static_cast<int>(outcome));
  }
  if (!record.failures.empty() && record.failures.rbegin()->first >= record.outcomes.size())
    return "a reason for a place without an outcome";
  if (!record.hopeless.empty() && record.hopeless.back() >= record.outcomes.size())
    return "a hopeless source without an outcome";
  if (!record.found_again.empty() && record.found_again.rbegin()->first >= record.outcomes.size())
    return "a source that was found again without an outcome";
  if (!all_pending(record, record.empties)) return "what came back empty is not pending";
  if (record.blocked && record.done(ids)) return "it is blocked, although nothing is pending";
  if (!record.pack_of.empty() && !points_at_packs(record)) return "a delivered place points at no pack";
  return {};
}

}  // namespace garner::ledger
