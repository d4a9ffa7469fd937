#include "harvest/run/harvest_run.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <ctime>

#include "base/number_text.h"

namespace garner::harvest {

namespace {

void add(std::uint64_t& counter, std::int64_t delta) {
  counter += static_cast<std::uint64_t>(delta);
}

std::string time_until(SteadyTime when, SteadyTime now) {
  return policy::duration_words(std::chrono::ceil<std::chrono::seconds>(when - now));
}

}  // namespace

HarvestRun::HarvestRun(ledger::HarvestRecord record, std::shared_ptr<HarvestFiles> files,
                       std::vector<ledger::BlockStates> states, std::vector<ledger::Counters> counters)
    : record_(std::move(record)), files_(std::move(files)), types_(record_.retrieval_types.size()) {
  const auto mode = files_->manifest.mode;
  asks_by_job = files_->manifest.kind == manifest::HarvestKind::Query ? mode != manifest::QueryMode::Sync
                                                                      : mode == manifest::QueryMode::Async;
  reopen(std::move(states), std::move(counters));
}

void HarvestRun::reopen(std::vector<ledger::BlockStates> states, std::vector<ledger::Counters> counters) {
  assert(in_hand_ == 0);
  waiting_.clear();
  held_until_.reset();
  own_trouble_.hurry();
  for (std::size_t i = 0; i < types_.size(); ++i) {
    TypeRun& type = types_[i];
    type = TypeRun{};
    if (i < states.size()) type.done = std::move(states[i].done);
    if (i < states.size()) type.started = states[i].only_empties;
    type.done.resize(record_.blocks, false);
    type.started.resize(record_.blocks, false);
    type.look = policy::SecondLook(type.started);
    type.blocks_done = static_cast<std::uint64_t>(std::ranges::count(type.done, true));
    if (i < counters.size()) type.counters = counters[i];
  }
}

std::optional<ChunkClaim> HarvestRun::claim(SteadyTime now) {
  if (!may_start() || held(now) || closed() || !has_room() || !can_keep_more() || !pacer.may_start(now))
    return std::nullopt;
  if (!pacer.limits().none() && has_unasked()) return std::nullopt;  // it is its turn first
  if (const auto due = waiting_.begin(); due != waiting_.end() && due->first <= now) {
    const ChunkClaim claim = due->second.claim;
    waiting_.erase(due);
    unasked_.insert(claim);
    ++in_hand_;
    rate_.start(now);
    return claim;
  }
  for (std::size_t i = 0; i < types_.size(); ++i) {
    TypeRun& type = types_[i];
    if (!type.type_blocked.empty()) continue;
    if (const auto alone = type.look.claim_alone()) {
      ++in_hand_;
      rate_.start(now);
      return *unasked_.insert(ChunkClaim{static_cast<std::uint16_t>(i), *alone, true}).first;
    }
    while (type.next < record_.blocks && (type.done[type.next] || type.started[type.next])) ++type.next;
    if (type.next == record_.blocks) continue;
    type.started[type.next] = true;
    ++in_hand_;
    rate_.start(now);
    return *unasked_.insert(ChunkClaim{static_cast<std::uint16_t>(i), type.next}).first;
  }
  return std::nullopt;
}

void HarvestRun::count(TypeRun& type, const ledger::CounterDelta& delta) {
  ledger::Counters& counters = type.counters;
  add(counters.delivered, delta.delivered);
  add(counters.absent, delta.absent);
  add(counters.failed, delta.failed);
  add(counters.bytes_received, delta.bytes_received);
  add(counters.bytes_stored, delta.bytes_stored);
  add(counters.chunks_done, delta.chunks_done);
  add(counters.attempts, delta.attempts);
  add(counters.empty, delta.empty);
  add(counters.found_again, delta.found_again);
}

void HarvestRun::note_trouble(const std::string& what) {
  last_trouble_s_ = std::time(nullptr);
  last_trouble_ = what;
}

// Whoever says it, and how often: it counts once.
void HarvestRun::set_done(TypeRun& type, std::uint32_t block) {
  if (type.done[block]) return;
  type.done[block] = true;
  ++type.blocks_done;
  // Its tables may be merged into a tile now, which the indexes don't list.
  indexes_stale = indexes_stale || files_->spec.layout == LayoutKind::Table;
}

// May be started at once, in its old place.
void HarvestRun::put_back(TypeRun& type, std::uint32_t block) {
  type.started[block] = false;
  type.next = std::min(type.next, block);
}

void HarvestRun::block_chunk(TypeRun& type, std::uint32_t block, const std::string& reason) {
  if (type.blocked++ > 0) return;
  type.first_blocked = block;
  type.first_blocked_reason = reason;
}

void HarvestRun::block_type(std::size_t type, const std::string& reason) {
  if (!type_blocked(type)) types_[type].type_blocked = reason.empty() ? "the archive refuses it" : reason;
}

void HarvestRun::end(ChunkClaim claim, const ChunkEnd& end, SteadyTime now) {
  assert(in_hand_ > 0);
  --in_hand_;
  unasked_.erase(claim);
  answered(claim);
  TypeRun& type = types_[claim.type];
  count(type, end.delta);
  if (end.how != ChunkEnd::How::Settled && end.how != ChunkEnd::How::Stopped) {
    note_trouble(fmt::format("{} chunk {}: {}", record_.retrieval_types[claim.type], claim.block, end.reason));
  }
  if (end.how == ChunkEnd::How::Settled) {
    rate_.add(now, end.sources_settled,
              static_cast<std::uint64_t>(std::max<std::int64_t>(end.delta.bytes_received, 0)));
    last_pace_ = rate_.sources_per_s(now);
    indexes_stale = indexes_stale || end.delta.delivered > 0;
    if (end.done || end.only_empties) suspected_since.erase(claim);
    if (end.sources_settled > 0) own_trouble_.kept();
  }
  if (claim.second_look && end.how != ChunkEnd::How::Retry) end_alone(claim, end);
  switch (end.how) {
    case ChunkEnd::How::Settled:
      ++moves_;
      if (end.done)
        set_done(type, claim.block);
      else if (!claim.second_look && end.only_empties)
        type.look.enter(claim.block);
      else if (!end.only_empties)
        put_back(type, claim.block);
      break;
    case ChunkEnd::How::Retry:
      waiting_.emplace(now + end.wait, Waiting{claim, end.reason});
      break;
    case ChunkEnd::How::BlockChunk:
      block_chunk(type, claim.block, end.reason);
      break;
    case ChunkEnd::How::BlockType:
      block_type(claim.type, end.reason);
      if (!claim.second_look) put_back(type, claim.block);
      break;
    case ChunkEnd::How::HoldHarvest:
      if (!claim.second_look) put_back(type, claim.block);
      own_fault(now, end.reason);
      break;
    case ChunkEnd::How::Stopped:
      if (!claim.second_look) put_back(type, claim.block);
      break;
  }
}

bool HarvestRun::complete() const {
  if (record_.wants_sources()) return false;
  return std::ranges::all_of(types_, [&](const TypeRun& type) { return type.blocks_done == record_.blocks; });
}

std::uint64_t HarvestRun::pending() const {
  std::uint64_t sum = 0;
  for (const TypeRun& type : types_) sum += type.counters.pending();
  return sum;
}

bool HarvestRun::only_blocked() const {
  if (in_hand_ > 0 || !waiting_.empty() || complete()) return false;
  if (!broken_.empty()) return true;
  if (record_.wants_sources()) return false;
  return std::ranges::all_of(types_, [&](const TypeRun& type) {
    return !type.type_blocked.empty() || type.blocks_done + type.blocked == record_.blocks;
  });
}

bool HarvestRun::wants_settling(SteadyTime now) const {
  using enum ledger::HarvestState;
  if (in_hand_ > 0 || indexing || being_reopened || !broken_.empty() || held(now)) return false;
  if (index_stop.stop_requested()) return false;
  if (record_.state == Finished || record_.state == Cancelled || record_.wants_sources()) return false;
  if (record_.state == Paused) return indexes_stale;
  if (closed() && (!complete() || ends_with_question())) return indexes_stale;
  return complete() || (indexes_stale && only_blocked());
}

bool HarvestRun::forgotten(SteadyTime now) const {
  if (wants_settling(now)) return true;
  if (!may_start() || held(now) || in_hand_ > 0 || complete() || only_blocked()) return false;
  if (closed() || !has_room() || !pacer.may_start(now)) return false;
  if (record_.wants_sources()) return !asking_for_sources;
  const auto due = next_due(now);
  return !due || *due <= now;
}

bool HarvestRun::holds_products() const {
  return std::ranges::any_of(types_, [](const TypeRun& type) { return type.counters.delivered > 0; });
}

std::uint64_t HarvestRun::blocked_with_its_type(std::size_t type) const {
  const ledger::Counters& c = types_[type].counters;
  return types_[type].type_blocked.empty() ? 0 : c.pending();
}

std::optional<SteadyTime> HarvestRun::next_due(SteadyTime now) const {
  if (held(now) && (may_start() || indexes_stale)) return held_until_;
  if (!may_start() || closed()) return std::nullopt;
  if (!pacer.may_start(now)) return pacer.due();
  std::optional<SteadyTime> first = own_trouble_.due();
  if (first) return first;
  if (!waiting_.empty()) first = waiting_.begin()->first;
  for (const TypeRun& type : types_) {
    const auto due = type.type_blocked.empty() ? type.look.next_due() : std::nullopt;
    if (due && (!first || *due < *first)) first = due;
  }
  return first;
}

void HarvestRun::set_state(ledger::HarvestState state, std::string reason) {
  ++moves_;
  record_.state = state;
  record_.reason = std::move(reason);
}

void HarvestRun::hold(SteadyTime until, std::string reason) {
  held_until_ = until;
  held_reason_ = std::move(reason);
}

void HarvestRun::end_trial(SteadyTime now, const Result<void>& tried) {
  let_go();
  if (!own_trouble_.trying()) return;
  if (tried)
    own_trouble_.trial_went_well();
  else
    hold(own_trouble_.trial_failed(now), "our own disk takes no writes: " + printable(tried.error().detail));
}

void HarvestRun::hurry_trial() {
  if (!own_trouble_.due()) return;
  own_trouble_.hurry();
  held_until_.reset();
}

std::string HarvestRun::why_not_moving(SteadyTime now, const std::string& archive_rest) const {
  if (!broken_.empty()) return broken_;
  if (being_reopened) return "its chunks are being put back to pending";
  if (record_.state != ledger::HarvestState::Active) return record_.reason;
  if (closed() && !(complete() && !ends_with_question()) && !only_blocked()) return why_closed_;
  if (!has_room() && !complete() && !only_blocked()) return no_room_;
  if (held(now)) return fmt::format("tried again in {}: {}", time_until(*held_until_, now), held_reason_);
  if (own_trouble_.trying()) return held_reason_ + "; the disk is being tried";
  if (!archive_rest.empty() && !complete() && !only_blocked()) return archive_rest;
  if (record_.wants_sources())
    return asking_for_sources ? "the archive is asked for its sources" : "its turn to ask the archive for its sources";
  if (in_hand_ > 0) return {};
  if (!waiting_.empty()) {
    const auto& [due, waiting] = *waiting_.begin();
    return fmt::format("chunk {} is tried again in {}: {}", waiting.claim.block, time_until(due, now), waiting.reason);
  }
  for (std::size_t i = 0; i < types_.size(); ++i) {
    const auto due = types_[i].type_blocked.empty() ? types_[i].look.next_due() : std::nullopt;
    if (due && *due > now)
      return fmt::format("the second look at {} is taken again in {}: {}", record_.retrieval_types[i],
                         time_until(*due, now), types_[i].look.why_waiting());
  }
  return only_blocked() ? why_blocked() : std::string();
}

// Every blocked type, those with the same reason together; of chunks the first of each type.
std::string HarvestRun::why_blocked() const {
  std::vector<std::pair<std::string, std::string>> rows;  // who, why
  for (std::size_t i = 0; i < types_.size(); ++i) {
    const TypeRun& type = types_[i];
    const std::string& name = record_.retrieval_types[i];
    if (!type.type_blocked.empty()) {
      const auto same = std::ranges::find(rows, type.type_blocked, &std::pair<std::string, std::string>::second);
      if (same == rows.end())
        rows.emplace_back(name, type.type_blocked);
      else
        same->first += ", " + name;
    } else if (type.blocked > 0) {
      rows.emplace_back(fmt::format("{} chunk {}{}", name, type.first_blocked,
                                    type.blocked == 1 ? "" : fmt::format(" and {} more", thousands(type.blocked - 1))),
                        type.first_blocked_reason);
    }
  }
  std::string out;
  for (const auto& [who, why] : rows) out += fmt::format("{}{}: {}", out.empty() ? "" : " · ", who, why);
  return out;
}

std::string HarvestRun::state_word(SteadyTime now, const std::string& archive_rest) const {
  switch (record_.state) {
    case ledger::HarvestState::Paused:
      return "paused";
    case ledger::HarvestState::Cancelled:
      return "cancelled";
    case ledger::HarvestState::Finished:
      return "finished";
    case ledger::HarvestState::Active:
      break;
  }
  if (!broken_.empty() && !being_reopened) return "blocked";
  if (only_blocked()) return "blocked";
  if (past_deadline() && in_hand_ == 0 && !complete()) return "blocked";
  if (record_.wants_sources()) return held(now) || closed() || !has_room() ? "waiting" : "ingesting";
  if (!asking_.empty()) return "running";
  if (!why_not_moving(now, archive_rest).empty()) return "waiting";
  return in_hand_ > 0 || indexing || complete() ? "running" : "queued";
}

double HarvestRun::capped_s(const HarvestStatus& out, const RateLimits& archives) const {
  double requests = 0;
  for (const TypeRun& type : types_) {
    requests += static_cast<double>(record_.blocks) - static_cast<double>(type.blocks_done + type.look.blocks());
    requests += std::ceil(static_cast<double>(type.counters.empty) / std::max(record_.chunk_size, 1u));
  }
  const double came = static_cast<double>(std::max<std::uint64_t>(out.delivered, 1));
  const double bytes = static_cast<double>(out.bytes_received) / came * static_cast<double>(out.pending);
  return std::max(policy::seconds_for(pacer.limits(), requests, bytes), policy::seconds_for(archives, requests, bytes));
}

// Only where it moves, or waits for what ends by itself at a known time: its window, a rate cap.
void HarvestRun::tell_eta(HarvestStatus& out, SteadyTime now, WallTime wall_now, double least_s) {
  const bool for_window = standing_.opens && out.waiting_for == why_closed_;
  const bool for_cap = !out.limited_by.empty() && out.waiting_for.ends_with(out.limited_by);
  if (out.pending == 0 || (out.state != "running" && !(out.state == "waiting" && (for_window || for_cap)))) return;
  const double pace = schedule_.is_set() ? last_pace_ : rate_.sources_per_s(now);
  if (pace <= 0 && least_s <= 0) return;
  const double work = std::max(pace > 0 ? static_cast<double>(out.pending) / pace : 0, least_s);
  if (!schedule_.is_set()) {
    out.eta_s = work;
    return;
  }
  // What is left is done while the window is open.
  constexpr double kMost = 1e9;
  const auto reached =
      schedule_.reach(wall_now, std::chrono::seconds(static_cast<std::int64_t>(std::min(work, kMost)) + 1));
  if (reached) out.eta_s = std::chrono::duration<double>(reached->end - wall_now).count();
}

HarvestStatus HarvestRun::status(SteadyTime now, WallTime wall_now, const AtArchive& archive) {
  const std::string archive_rest =
      archive.rest.empty() && !archive.cap.empty() ? "kept to a limit of " + archive.cap : archive.rest;
  HarvestStatus out;
  out.limited_by = archive.cap;
  out.name = record_.name;
  out.number = record_.no;
  out.state = state_word(now, archive_rest);
  if (out.state != "running" && out.state != "finished") out.waiting_for = why_not_moving(now, archive_rest);
  if (out.state == "queued" && out.waiting_for.empty()) out.waiting_for = "its turn at the archive";
  if (files_) {
    out.archive = files_->manifest.archive;
    out.release = files_->manifest.release;
    out.kind = manifest::harvest_kind_name(files_->manifest.kind);
    out.layout = layout_name(files_->spec.layout);
  }
  out.output_directory = record_.output_directory;
  out.sources = record_.sources;
  out.duplicates = record_.duplicates;
  out.refused = record_.refused;
  for (std::size_t i = 0; i < types_.size(); ++i) {
    const TypeRun& type = types_[i];
    const ledger::Counters& c = type.counters;
    TypeStatus row{record_.retrieval_types[i], c.requested, c.pending(),  c.delivered, c.absent, c.failed,
                   type.type_blocked,          c.empty,     c.found_again};
    out.empty_so_far += row.empty_so_far;
    out.requested += row.requested;
    out.pending += row.pending;
    out.delivered += row.delivered;
    out.absent += row.absent;
    out.failed += row.failed;
    out.bytes_received += c.bytes_received;
    out.bytes_stored += c.bytes_stored;
    out.attempts += c.attempts;
    out.chunks_total += record_.blocks;
    out.chunks_done += c.chunks_done;
    out.chunks_blocked += type.blocked;
    out.chunks_to_look_at += type.look.blocks();
    out.types.push_back(std::move(row));
  }
  for (const auto& [claim, since] : asking_) {
    out.in_flight.push_back(
        {record_.retrieval_types[claim.type], claim.block, std::chrono::duration<double>(now - since).count()});
  }
  out.chunks_in_flight = asking_.size();
  if (record_.state == ledger::HarvestState::Active) {
    out.rate_sources_per_s = rate_.sources_per_s(now);
    out.rate_bytes_per_s = rate_.bytes_per_s(now);
    tell_eta(out, now, wall_now, capped_s(out, archive.limits));
  }
  tell_hours(out, wall_now);
  out.submitter_uid = record_.submitter_uid;
  out.submitter_gid = record_.submitter_gid;
  out.submitted_s = record_.submitted_s;
  out.started_s = record_.started_s;
  out.finished_s = record_.finished_s;
  out.last_trouble_s = last_trouble_s_;
  out.last_trouble = last_trouble_;
  return out;
}

}  // namespace garner::harvest
