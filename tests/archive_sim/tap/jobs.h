// The jobs of both TAP services: phases in time, owners, lists (UWS 1.1 §2). A job's query runs when the job is
// started; what follows is only told by the clock: the phases of its timeline, in real seconds, then its last phase.
// Thread-safe; copies are handed out.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archive_sim/tap/engine.h"

namespace garner::archive_sim {

struct Job {
  using Steady = std::chrono::steady_clock;

  std::string id, owner, run_id, name;
  bool gaia = true;
  std::vector<std::pair<std::string, std::string>> parameters;
  Uploads uploads;
  std::chrono::system_clock::time_point created;
  double execution_duration_s = 0, destruction_s = 0;

  std::uint64_t runs_lost = 0;
  bool claimed = false;  // somebody starts it
  bool started = false;
  std::chrono::system_clock::time_point start_wall;
  Steady::time_point start;
  std::vector<std::pair<std::string, double>> timeline;  // phases and real seconds
  std::string last_phase = "COMPLETED";
  std::string error, error_type;
  TapAnswer answer;

  std::string phase(Steady::time_point now) const;
  // Seconds from the start to the last phase.
  double length_s() const;
  std::string parameter(std::string_view upper_name) const;
};

class Jobs {
 public:
  std::string add(Job job, bool uuid, std::uint64_t seed);
  std::optional<Job> find(std::string_view id) const;
  void put(const Job& job);  // only while the job exists
  // True for one caller only: it starts the job.
  bool claim(std::string_view id);
  bool remove(std::string_view id);
  std::vector<Job> list(std::string_view owner, bool gaia) const;  // oldest first
  std::uint64_t running() const;                                   // QUEUED or EXECUTING
  // The next number of the jobs that were started (from 1).
  std::uint64_t next_start();
  void clear();
  void archive_all();

 private:
  mutable std::mutex mutex_;
  std::uint64_t serial_ = 0, starts_ = 0;
  std::map<std::string, Job, std::less<>> jobs_;
  std::vector<std::string> order_;
};

}  // namespace garner::archive_sim
