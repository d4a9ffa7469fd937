#include "archive_sim/tap/tap_report.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "archive_sim/random.h"

namespace garner::archive_sim {
namespace {

void append_line(std::string& out, const nlohmann::ordered_json& line) {
  out += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

std::uint64_t TapReport::begin(std::string_view endpoint) {
  const std::lock_guard lock(mutex_);
  highest_concurrency_ = std::max(highest_concurrency_, ++concurrency_);
  return ++requests_[std::string(endpoint)];
}

void TapReport::end() {
  const std::lock_guard lock(mutex_);
  --concurrency_;
}

void TapReport::sent(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_sent_ += bytes;
}

void TapReport::ran(Query query) {
  const std::lock_guard lock(mutex_);
  queries_.push_back(std::move(query));
}

TapReport::JobRecord* TapReport::record_of(std::string_view id) {
  const auto found = place_of_job_.find(id);
  return found == place_of_job_.end() ? nullptr : &jobs_[found->second];
}

void TapReport::job_created(JobRecord record) {
  const std::lock_guard lock(mutex_);
  place_of_job_[record.id] = jobs_.size();
  jobs_.push_back(std::move(record));
}

void TapReport::job_asked_to_run(std::string_view id) {
  const std::lock_guard lock(mutex_);
  if (JobRecord* record = record_of(id)) ++record->runs_asked;
}

void TapReport::job_run(std::string_view id, std::uint64_t running_now) {
  const std::lock_guard lock(mutex_);
  ++run_;
  highest_running_ = std::max(highest_running_, running_now);
  if (JobRecord* record = record_of(id)) ++record->runs;
}

void TapReport::job_deleted(std::string_view id) {
  const std::lock_guard lock(mutex_);
  ++deleted_;
  if (JobRecord* record = record_of(id)) record->deleted = true;
}

std::optional<std::pair<TapFault, TapFaultKnob>> TapReport::fault(const TapKnobs& knobs, std::uint64_t seed,
                                                                  std::string_view endpoint, std::uint64_t ordinal,
                                                                  std::string_view query) {
  const bool has_rows = endpoint == "sync" || endpoint == "result";
  for (std::size_t i = 0; i < kTapFaultCount; ++i) {
    if (!knobs.faults[i]) continue;
    const TapFaultKnob& knob = *knobs.faults[i];
    const auto fault = static_cast<TapFault>(i);
    const bool here =
        knob.endpoints.empty() ? has_rows : std::ranges::find(knob.endpoints, endpoint) != knob.endpoints.end();
    const bool wants_rows = fault >= TapFault::ErrorAfterRows && fault <= TapFault::LostRows;
    if (!here || (wants_rows && !has_rows)) continue;
    const bool fires = std::ranges::find(knob.script, ordinal) != knob.script.end() ||
                       (!knob.contains.empty() && query.find(knob.contains) != std::string_view::npos) ||
                       unit_interval(mix(mix(seed, hash_text(fault_name(fault))), mix(hash_text(endpoint), ordinal))) <
                           knob.probability;
    if (!fires) continue;
    const std::lock_guard lock(mutex_);
    if (knob.times > 0 && fired_[i] >= knob.times) continue;
    ++fired_[i];
    ++faults_[std::string(fault_name(fault))];
    return std::pair{fault, knob};
  }
  return std::nullopt;
}

void TapReport::reset() {
  const std::lock_guard lock(mutex_);
  requests_.clear();
  faults_.clear();
  fired_ = {};
  queries_.clear();
  jobs_.clear();
  place_of_job_.clear();
  bytes_sent_ = run_ = deleted_ = highest_running_ = 0;
  highest_concurrency_ = concurrency_;
}

nlohmann::ordered_json TapReport::json() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t total = 0, rows = 0, upload_rows = 0, errors = 0;
  for (const auto& [endpoint, n] : requests_) total += n;
  for (const Query& query : queries_) {
    rows += query.rows;
    upload_rows += query.upload_rows;
    errors += query.outcome == "OK" || query.outcome == "OVERFLOW" ? 0 : 1;
  }
  return {{"requests", total},
          {"requests_by_endpoint", requests_},
          {"faults", faults_},
          {"bytes_sent", bytes_sent_},
          {"highest_concurrency", highest_concurrency_},
          {"queries", queries_.size()},
          {"queries_failed", errors},
          {"rows", rows},
          {"upload_rows", upload_rows},
          {"jobs_created", jobs_.size()},
          {"jobs_created_with_upload",
           std::ranges::count_if(jobs_, [](const JobRecord& job) { return job.upload_rows > 0; })},
          {"jobs_run", run_},
          {"jobs_deleted", deleted_},
          {"highest_running_jobs", highest_running_}};
}

std::string TapReport::queries_text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const Query& q : queries_) {
    append_line(out, {{"endpoint", q.endpoint},
                      {"job", q.job},
                      {"run_id", q.run_id},
                      {"user", q.user},
                      {"query", q.adql},
                      {"rows", q.rows},
                      {"upload_rows", q.upload_rows},
                      {"outcome", q.outcome}});
  }
  return out;
}

std::string TapReport::jobs_text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const JobRecord& job : jobs_) {
    append_line(out, {{"job", job.id},
                      {"run_id", job.run_id},
                      {"user", job.user},
                      {"query", job.adql},
                      {"upload_rows", job.upload_rows},
                      {"runs_asked", job.runs_asked},
                      {"runs", job.runs},
                      {"deleted", job.deleted}});
  }
  return out;
}

}  // namespace garner::archive_sim
