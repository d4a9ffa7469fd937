#include "archive_sim/tap/jobs.h"

#include <algorithm>

#include <fmt/format.h>

#include "archive_sim/random.h"

namespace garner::archive_sim {

std::string Job::phase(Steady::time_point now) const {
  if (!started) return last_phase == "ABORTED" || last_phase == "ARCHIVED" ? last_phase : "PENDING";
  double left = std::chrono::duration<double>(now - start).count();
  for (const auto& [step, seconds] : timeline) {
    if (left < seconds || step == "HELD") return step;  // held until it is run again
    left -= seconds;
  }
  return last_phase;
}

double Job::length_s() const {
  double sum = 0;
  for (const auto& [step, seconds] : timeline) sum += seconds;
  return sum;
}

std::string Job::parameter(std::string_view upper_name) const {
  for (auto it = parameters.rbegin(); it != parameters.rend(); ++it)
    if (it->first == upper_name) return it->second;
  return {};
}

std::string Jobs::add(Job job, bool uuid, std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t n = ++serial_;
  const std::uint64_t h = mix(mix(seed, hash_text("job")), n);
  job.id = uuid ? fmt::format("{:08x}-{:04x}-11f0-{:04x}-{:012x}-O", h >> 32, h & 0xffff, mix(h) & 0xffff,
                              mix(h, 1) & 0xffffffffffffU)
                : fmt::format("{}O", 1'763'700'000'000 + n);
  order_.push_back(job.id);
  const std::string id = job.id;
  jobs_.emplace(id, std::move(job));
  return id;
}

std::optional<Job> Jobs::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? std::nullopt : std::optional(found->second);
}

void Jobs::put(const Job& job) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(job.id);
  if (found != jobs_.end()) found->second = job;
}

bool Jobs::claim(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || found->second.claimed) return false;
  return found->second.claimed = true;
}

bool Jobs::remove(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return false;
  std::erase(order_, found->first);
  jobs_.erase(found);
  return true;
}

std::vector<Job> Jobs::list(std::string_view owner, bool gaia) const {
  const std::lock_guard lock(mutex_);
  std::vector<Job> out;
  for (const std::string& id : order_) {
    const Job& job = jobs_.find(id)->second;
    if (job.owner == owner && job.gaia == gaia) out.push_back(job);
  }
  return out;
}

std::uint64_t Jobs::running() const {
  const auto now = Job::Steady::now();
  const std::lock_guard lock(mutex_);
  return static_cast<std::uint64_t>(std::ranges::count_if(jobs_, [&](const auto& entry) {
    const std::string phase = entry.second.started ? entry.second.phase(now) : "";
    return phase == "QUEUED" || phase == "EXECUTING";
  }));
}

std::uint64_t Jobs::next_start() {
  const std::lock_guard lock(mutex_);
  return ++starts_;
}

void Jobs::clear() {
  const std::lock_guard lock(mutex_);
  jobs_.clear();
  order_.clear();
}

void Jobs::archive_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, job] : jobs_) {
    job.timeline.clear();
    job.last_phase = "ARCHIVED";
    job.answer = {};
  }
}

}  // namespace garner::archive_sim
