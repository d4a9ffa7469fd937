#include "archive_sim/report.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/resource.h>
#include <nlohmann/json.hpp>

namespace garner::archive_sim {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

Report::Report() : cpu_at_reset_(cpu_seconds()) {}

Report::RequestPtr Report::begin() {
  auto request = std::make_shared<Request>();
  const std::lock_guard lock(mutex_);
  request->ordinal = ++requests_;
  request->generation = generation_;
  highest_concurrency_ = std::max(highest_concurrency_, ++concurrency_);
  return request;
}

void Report::asked(const RequestPtr& request, std::string type, std::vector<std::uint64_t> ids) {
  const std::lock_guard lock(mutex_);
  request->type = std::move(type);
  request->ids = std::move(ids);
  if (request->generation != generation_) return;
  TypeCounts& counts = types_[request->type];
  ++counts.requests;
  for (const std::uint64_t id : request->ids) ++counts.ids[id].asked;
}

void Report::faulted(const RequestPtr& request, std::string_view fault) {
  const std::lock_guard lock(mutex_);
  request->fault = fault;
  if (request->generation != generation_) return;
  ++faulted_;
  ++faults_[std::string(fault)];
}

void Report::sent(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_sent_ += bytes;
}

void Report::end(const RequestPtr& request, bool complete) {
  const std::lock_guard lock(mutex_);
  if (request->ended) return;
  request->ended = true;
  --concurrency_;
  if (request->generation != generation_ || !complete || !request->proper) return;
  if (request->fault.empty()) ++ok_;
  TypeCounts& counts = types_[request->type];
  for (const std::uint64_t id : request->ids) ++counts.ids[id].answered;
}

void Report::logged_in() {
  const std::lock_guard lock(mutex_);
  ++logins_;
}

void Report::login_refused() {
  const std::lock_guard lock(mutex_);
  ++logins_refused_;
}

void Report::logged_out() {
  const std::lock_guard lock(mutex_);
  ++logouts_;
}

void Report::reset() {
  const std::lock_guard lock(mutex_);
  ++generation_;
  requests_ = ok_ = faulted_ = bytes_sent_ = logins_ = logins_refused_ = logouts_ = 0;
  highest_concurrency_ = concurrency_;
  faults_.clear();
  types_.clear();
  cpu_at_reset_ = cpu_seconds();
}

std::string Report::json() const {
  const std::lock_guard lock(mutex_);
  nlohmann::ordered_json by_type = nlohmann::ordered_json::object();
  std::uint64_t total = 0, repeated = 0, most = 0;
  for (const auto& [type, counts] : types_) {
    std::uint64_t type_total = 0, type_repeated = 0, type_most = 0, answered = 0;
    for (const auto& [id, n] : counts.ids) {
      type_total += n.asked;
      type_repeated += n.asked > 1 ? 1 : 0;
      type_most = std::max<std::uint64_t>(type_most, n.asked);
      answered += n.answered > 0 ? 1 : 0;
    }
    by_type[type] = {{"requests", counts.requests},
                     {"ids", counts.ids.size()},
                     {"ids_asked_total", type_total},
                     {"ids_answered_in_full", answered},
                     {"ids_asked_more_than_once", type_repeated},
                     {"max_times_one_id_asked", type_most}};
    total += type_total;
    repeated += type_repeated;
    most = std::max(most, type_most);
  }
  const nlohmann::ordered_json out = {{"requests", requests_},
                                      {"requests_ok", ok_},
                                      {"requests_faulted", faulted_},
                                      {"faults", faults_},
                                      {"bytes_sent", bytes_sent_},
                                      {"highest_concurrency", highest_concurrency_},
                                      {"cpu_seconds", cpu_seconds() - cpu_at_reset_},
                                      {"ids_asked_total", total},
                                      {"ids_asked_more_than_once", repeated},
                                      {"max_times_one_id_asked", most},
                                      {"logins", logins_},
                                      {"logins_refused", logins_refused_},
                                      {"logouts", logouts_},
                                      {"by_type", by_type}};
  return out.dump(2) + "\n";
}

std::string Report::asked_text(std::string_view type) const {
  const std::lock_guard lock(mutex_);
  const auto found = types_.find(type);
  if (found == types_.end()) return {};
  std::vector<std::pair<std::uint64_t, IdCounts>> rows(found->second.ids.begin(), found->second.ids.end());
  std::ranges::sort(rows, {}, [](const auto& row) { return row.first; });
  std::string out;
  for (const auto& [id, counts] : rows)
    fmt::format_to(std::back_inserter(out), "{}\t{}\t{}\n", id, counts.asked, counts.answered);
  return out;
}

}  // namespace garner::archive_sim
