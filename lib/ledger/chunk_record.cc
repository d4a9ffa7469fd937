#include "ledger/chunk_record.h"

#include <algorithm>

namespace garner::ledger {

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::Pending:
      return "pending";
    case Outcome::Delivered:
      return "delivered";
    case Outcome::Absent:
      return "absent";
    case Outcome::Failed:
      return "failed";
  }
  return "pending";
}

bool ChunkRecord::done(std::uint32_t ids) const {
  return !outcomes.empty() && outcomes.size() >= ids && std::ranges::find(outcomes, Outcome::Pending) == outcomes.end();
}

bool ChunkRecord::only_empties(std::uint32_t ids) const {
  // As many are pending as came back empty, and these are pending, or the ledger would not take the record.
  return !empties.empty() && outcomes.size() >= ids &&
         static_cast<std::size_t>(std::ranges::count(outcomes, Outcome::Pending)) == empties.size();
}

std::uint32_t ChunkRecord::count(Outcome outcome, std::uint32_t ids) const {
  const auto stated = static_cast<std::uint32_t>(std::ranges::count(outcomes, outcome));
  const auto places = static_cast<std::uint32_t>(outcomes.size());
  return outcome == Outcome::Pending && ids > places ? stated + (ids - places) : stated;
}

CounterDelta& CounterDelta::operator+=(const CounterDelta& other) {
  delivered += other.delivered;
  absent += other.absent;
  failed += other.failed;
  bytes_received += other.bytes_received;
  bytes_stored += other.bytes_stored;
  chunks_done += other.chunks_done;
  attempts += other.attempts;
  empty += other.empty;
  found_again += other.found_again;
  return *this;
}

CounterDelta delta_between(const ChunkRecord& before, const ChunkRecord& after, std::uint32_t ids) {
  const auto change = [&](Outcome outcome) {
    return static_cast<std::int64_t>(after.count(outcome, ids)) - static_cast<std::int64_t>(before.count(outcome, ids));
  };
  const auto more = [](std::size_t now, std::size_t then) {
    return static_cast<std::int64_t>(now) - static_cast<std::int64_t>(then);
  };
  const auto stored = [](const ChunkRecord& record) {
    std::uint64_t bytes = 0;
    for (const Pack& pack : record.packs) bytes += pack.bytes;
    return bytes;
  };
  return {.delivered = change(Outcome::Delivered),
          .absent = change(Outcome::Absent),
          .failed = change(Outcome::Failed),
          .bytes_stored = static_cast<std::int64_t>(stored(after) - stored(before)),
          .chunks_done = (after.done(ids) ? 1 : 0) - (before.done(ids) ? 1 : 0),
          .attempts = static_cast<std::int64_t>(after.requests) - static_cast<std::int64_t>(before.requests),
          .empty = more(after.empties.size(), before.empties.size()),
          .found_again = more(after.found_again.size(), before.found_again.size())};
}

}  // namespace garner::ledger
