#include "ledger/journal.h"

#include <algorithm>
#include <array>

#include "ledger/bytes.h"

namespace garner::ledger {

namespace {

constexpr std::size_t kTextMost = 400, kNextMost = 160, kReasonMost = 160, kKindMost = 40;
constexpr std::array<std::string_view, 4> kAgainst{"chunk", "archive", "request", "ourselves"};
constexpr std::array<std::string_view, 3> kRoutes{"products", "sync", "job"};
constexpr std::uint8_t kHasAttempt = 1, kHasTrouble = 2;

void put_attempt(std::string& out, const Attempt& attempt) {
  for (const std::uint64_t number :
       {std::uint64_t{attempt.type}, std::uint64_t{attempt.block}, std::uint64_t{attempt.ids},
        static_cast<std::uint64_t>(attempt.first.value), static_cast<std::uint64_t>(attempt.last.value)})
    put_varint(out, number);
  put_byte(out, static_cast<std::uint8_t>(attempt.route));
}

// Nothing if it is none.
std::optional<Attempt> take_attempt(ByteReader& reader) {
  Attempt attempt;
  const std::uint32_t type = reader.varint32();
  attempt.block = reader.varint32();
  attempt.ids = reader.varint32();
  attempt.first = SourceId{reader.varint()};
  attempt.last = SourceId{reader.varint()};
  const std::uint8_t route = reader.byte();
  if (!reader.ok() || type > UINT16_MAX || route >= kRoutes.size()) return std::nullopt;
  attempt.type = static_cast<std::uint16_t>(type);
  attempt.route = static_cast<Route>(route);
  return attempt;
}

std::unexpected<Error> corrupt(std::string_view what, std::string_view bytes) {
  return fail(Kind::Corrupt, "journal: {} bytes that are no {}", bytes.size(), what);
}

}  // namespace

std::string_view against_name(Against against) {
  return kAgainst[static_cast<std::size_t>(against)];
}

std::string_view route_name(Route route) {
  return kRoutes[static_cast<std::size_t>(route)];
}

bool fits(const JournalEntry& entry, const JournalWanted& wanted) {
  if (entry.order <= wanted.after) return false;
  if (wanted.block && (!entry.attempt || entry.attempt->block != *wanted.block)) return false;
  return !wanted.type || (entry.attempt && entry.attempt->type == *wanted.type);
}

std::vector<Journal::Change> Journal::add(JournalEntry entry) {
  entry.order = next_order_++;
  entry.text = printable(entry.text, kTextMost);
  entry.next = printable(entry.next, kNextMost);
  std::vector<Change> changes;
  if (entry.trouble) {
    entry.trouble->kind = printable(entry.trouble->kind, kKindMost);
    entry.trouble->reason = printable(entry.trouble->reason, kReasonMost);
    changes.push_back(count(entry, *entry.trouble));
  }
  const Part part = entry.attempt ? Part::Attempts : Part::Events;
  std::uint64_t& next = entry.attempt ? next_attempt_ : next_event_;
  const std::uint64_t most = entry.attempt ? kAttemptsMost : kEventsMost;
  if (next >= most) changes.push_back({part, next - most, std::nullopt});
  changes.push_back({part, next++, encode(entry)});
  return changes;
}

// The first reasons that come have rows of their own; what comes when all are taken is counted together.
Journal::Change Journal::count(const JournalEntry& entry, const Trouble& trouble) {
  auto row = std::ranges::find_if(reasons_, [&](const Reason& reason) {
    return reason.reason == trouble.reason && reason.kind == trouble.kind && reason.against == trouble.against;
  });
  if (row == reasons_.end() && reasons_.size() > kReasonsMost) row = std::prev(reasons_.end());
  if (row == reasons_.end()) {
    Reason fresh{trouble.kind, trouble.reason, trouble.against, 0, entry.at_s, entry.at_s, entry.text, entry.attempt};
    if (reasons_.size() == kReasonsMost) {
      fresh.kind = "other";
      fresh.reason = "other reasons";
    }
    row = reasons_.insert(reasons_.end(), std::move(fresh));
  }
  const bool names_the_culprit = entry.attempt && entry.attempt->ids == 1 && row->attempt && row->attempt->ids > 1;
  if (names_the_culprit) {
    row->text = entry.text;
    row->attempt = entry.attempt;
  }
  ++row->count;
  row->last_s = entry.at_s;
  return {Part::Reasons, static_cast<std::uint64_t>(row - reasons_.begin()), encode(*row)};
}

Result<void> Journal::take_up(Part part, std::uint64_t row, std::string_view bytes) {
  if (part == Part::Reasons) {
    auto reason = decode_reason(bytes);
    if (!reason) return std::unexpected(reason.error());
    if (row != reasons_.size() || row > kReasonsMost) return fail(Kind::Corrupt, "journal: its reasons have gaps");
    reasons_.push_back(std::move(*reason));
    return {};
  }
  const auto entry = decode_entry(bytes);
  if (!entry) return std::unexpected(entry.error());
  (part == Part::Attempts ? next_attempt_ : next_event_) = row + 1;
  next_order_ = std::max(next_order_, entry->order + 1);
  return {};
}

std::string encode(const JournalEntry& entry) {
  std::string out;
  put_byte(out, static_cast<std::uint8_t>((entry.attempt ? kHasAttempt : 0) | (entry.trouble ? kHasTrouble : 0)));
  put_varint(out, entry.order);
  put_varint(out, static_cast<std::uint64_t>(entry.at_s));
  put_text(out, entry.text);
  put_text(out, entry.next);
  if (entry.attempt) put_attempt(out, *entry.attempt);
  if (entry.trouble) {
    put_text(out, entry.trouble->kind);
    put_byte(out, static_cast<std::uint8_t>(entry.trouble->against));
    put_text(out, entry.trouble->reason);
  }
  return out;
}

Result<JournalEntry> decode_entry(std::string_view bytes) {
  ByteReader reader(bytes);
  JournalEntry entry;
  const std::uint8_t flags = reader.byte();
  entry.order = reader.varint();
  entry.at_s = static_cast<std::int64_t>(reader.varint());
  entry.text = reader.text();
  entry.next = reader.text();
  if ((flags & kHasAttempt) != 0) {
    entry.attempt = take_attempt(reader);
    if (!entry.attempt) return corrupt("entry", bytes);
  }
  if ((flags & kHasTrouble) != 0) {
    Trouble trouble;
    trouble.kind = reader.text();
    const std::uint8_t against = reader.byte();
    trouble.reason = reader.text();
    if (against >= kAgainst.size()) return corrupt("entry", bytes);
    trouble.against = static_cast<Against>(against);
    entry.trouble = std::move(trouble);
  }
  if (!reader.finished() || (flags & ~(kHasAttempt | kHasTrouble)) != 0) return corrupt("entry", bytes);
  return entry;
}

std::string encode(const Reason& reason) {
  std::string out;
  put_byte(out, reason.attempt ? kHasAttempt : 0);
  put_text(out, reason.kind);
  put_byte(out, static_cast<std::uint8_t>(reason.against));
  put_text(out, reason.reason);
  for (const std::uint64_t number :
       {reason.count, static_cast<std::uint64_t>(reason.first_s), static_cast<std::uint64_t>(reason.last_s)})
    put_varint(out, number);
  put_text(out, reason.text);
  if (reason.attempt) put_attempt(out, *reason.attempt);
  return out;
}

Result<Reason> decode_reason(std::string_view bytes) {
  ByteReader reader(bytes);
  Reason reason;
  const std::uint8_t flags = reader.byte();
  reason.kind = reader.text();
  const std::uint8_t against = reader.byte();
  reason.reason = reader.text();
  reason.count = reader.varint();
  reason.first_s = static_cast<std::int64_t>(reader.varint());
  reason.last_s = static_cast<std::int64_t>(reader.varint());
  reason.text = reader.text();
  if ((flags & kHasAttempt) != 0) {
    reason.attempt = take_attempt(reader);
    if (!reason.attempt) return corrupt("reason", bytes);
  }
  if (!reader.finished() || against >= kAgainst.size() || (flags & ~kHasAttempt) != 0) return corrupt("reason", bytes);
  reason.against = static_cast<Against>(against);
  return reason;
}

}  // namespace garner::ledger
