// What the TAP services were asked: the truth against which a client is checked. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "archive_sim/tap/tap_knobs.h"

namespace garner::archive_sim {

class TapReport {
 public:
  struct Query {
    std::string endpoint, job, run_id, user, adql, outcome;  // outcome: "OK", "OVERFLOW" or the error's text
    std::uint64_t rows = 0, upload_rows = 0;
  };
  // One that was ever made; it stays here when it is deleted.
  struct JobRecord {
    std::string id, run_id, user, adql;
    std::uint64_t upload_rows = 0;
    std::uint64_t runs_asked = 0, runs = 0;  // PHASE=RUN that came for it, and what of that started it
    bool deleted = false;
  };

  // Counts a request to `endpoint` and says the how-manieth of its kind it is.
  std::uint64_t begin(std::string_view endpoint);
  void end();
  void sent(std::uint64_t bytes);
  void ran(Query query);
  void job_created(JobRecord record);
  void job_asked_to_run(std::string_view id);
  void job_run(std::string_view id, std::uint64_t running_now);
  void job_deleted(std::string_view id);

  // The fault of this request, if there is one.
  std::optional<std::pair<TapFault, TapFaultKnob>> fault(const TapKnobs& knobs, std::uint64_t seed,
                                                         std::string_view endpoint, std::uint64_t ordinal,
                                                         std::string_view query);
  void reset();
  nlohmann::ordered_json json() const;
  std::string queries_text() const;  // one line of JSON a query that was run
  std::string jobs_text() const;     // one line of JSON a job that was made, in that order

 private:
  JobRecord* record_of(std::string_view id);  // null: made before the last reset

  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> requests_, faults_;
  std::array<std::uint64_t, kTapFaultCount> fired_{};
  std::vector<Query> queries_;
  std::vector<JobRecord> jobs_;
  std::map<std::string, std::size_t, std::less<>> place_of_job_;
  std::uint64_t bytes_sent_ = 0, concurrency_ = 0, highest_concurrency_ = 0;
  std::uint64_t run_ = 0, deleted_ = 0, highest_running_ = 0;
};

}  // namespace garner::archive_sim
