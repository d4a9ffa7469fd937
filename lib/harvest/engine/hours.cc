// Windows and rate caps: when a request may leave, and what it costs.
#include "harvest/engine/engine.h"

namespace garner::harvest {

RateLimits Engine::limits_of(const std::string& archive_name, const archive::Profile& profile) const {
  RateLimits limits = profile.manners.limits;
  const auto operators = world_.rate_limits.find(archive_name);
  if (operators == world_.rate_limits.end()) return limits;
  if (operators->second.requests_per_minute > 0) limits.requests_per_minute = operators->second.requests_per_minute;
  if (operators->second.bytes_per_s > 0) limits.bytes_per_s = operators->second.bytes_per_s;
  return limits;
}

// Under a cap one chunk at a time is made ready: those behind it could not be asked for at once anyway.
bool Engine::may_claim(const std::string& archive_name, const ArchiveSeat& seat) const {
  if (seat.pacer.limits().none()) return true;
  if (!seat.pacer.may_start(world_.executor.now())) return false;
  return std::ranges::none_of(runs_, [&](const auto& named) {
    return named.second->files()->manifest.archive == archive_name && named.second->has_unasked();
  });
}

bool Engine::may_ask(const std::string& archive_name, ArchiveSeat& seat, HarvestRun& run, ChunkWorld::Pace pace) {
  const SteadyTime now = world_.executor.now();
  run.keep_hours(world_.executor.wall_now());
  const bool in_pace = run.pacer.may_start(now) && seat.pacer.may_start(now);
  if (run.closed() || run.held(now) || (pace == ChunkWorld::Pace::Kept && !in_pace)) return false;
  run.pacer.started(now);
  seat.pacer.started(now);
  if (run.pacer.limits().none() && seat.pacer.limits().none()) return true;
  // The next one was not made ready before this one left: now it may be, or the caps say when.
  seat.due = world_.executor.call_at(now, [this, archive_name] { pump(archive_name, seats_.at(archive_name)); });
  return true;
}

void Engine::received(ArchiveSeat& seat, HarvestRun* run, std::uint64_t bytes) {
  const SteadyTime now = world_.executor.now();
  if (run != nullptr) run->pacer.received(now, bytes);
  seat.pacer.received(now, bytes);
}

// The rate cap that holds the harvest's next request back, in words; empty: none.
std::string Engine::cap_on(const HarvestRun& run) {
  const SteadyTime now = world_.executor.now();
  if (auto own = run.pacer.holds(now); !own.empty()) return own + " (the manifest's)";
  const auto* seat = seat_of(run);
  const auto archives = seat == nullptr ? std::string() : seat->pacer.holds(now);
  return archives.empty() ? archives : fmt::format("{} (for {})", archives, run.files()->manifest.archive);
}

}  // namespace garner::harvest
